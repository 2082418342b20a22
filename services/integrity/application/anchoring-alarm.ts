/**
 * Why a log is not anchored any more until somebody has looked.
 *
 * - `chain_ahead`: the contract holds a larger tree than we signed. Somebody has the publisher key, or we run on an old backup.
 * - `chain_foreign`: the contract holds a root that our tree never had.
 * - `finality_failed`: a block that was final is another one now: the chain failed, or the node serves another chain.
 * - `frozen`: a guardian closed the log in the contract, for ever.
 * - `publisher_foreign`: another key may anchor the log, ours may not.
 * - `not_registered`: the contract does not know the log, and we have no right to register it.
 * - `inconsistent`: the contract refuses our proof.
 * - `wrong_chain`: the node serves another chain, or other code at the contract's address, than the log lists.
 * - `chain_away`: no node of the chain has answered for a while. It is asked on.
 * - `unfunded`: the publisher's key has not enough coins for gas. It is tried on.
 * - `fees_high`: the chain has asked for more than may be paid for a while. It is tried on.
 * - `funds_low`: the publisher's key can pay for few more anchors. Anchoring goes on.
 * - `store_differs`: the event store does not hold what the leaves say.
 */
export type AlarmCode =
  | 'chain_ahead'
  | 'chain_foreign'
  | 'finality_failed'
  | 'frozen'
  | 'publisher_foreign'
  | 'not_registered'
  | 'inconsistent'
  | 'wrong_chain'
  | 'chain_away'
  | 'unfunded'
  | 'fees_high'
  | 'funds_low'
  | 'store_differs';

/** Nothing is written or sent for the log on that chain while the cause lasts. */
export class AnchoringAlarm extends Error {
  override readonly name = 'AnchoringAlarm';
  readonly retryable = false;
  readonly code: AlarmCode;

  constructor(code: AlarmCode, message: string) {
    super(message);
    this.code = code;
  }
}
