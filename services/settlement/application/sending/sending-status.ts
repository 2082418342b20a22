/**
 * What somebody has to look at. `chain_away`: no node answers. `unfunded`: a key cannot pay for gas. `funds_low`: it can for few more.
 * `fees_high`: the chain asks for more than may be paid. `key_foreign`: somebody else sends by a key. `key_unusable`: a key cannot be opened.
 * `refused`: a node refuses, and not a contract. `ledger_away`: the event store or the database does not answer. `effect_unseen`: what one
 * node said was done did nothing that the watcher saw.
 */
export type SendingAlarmCode =
  'chain_away' | 'unfunded' | 'funds_low' | 'fees_high' | 'key_foreign' | 'key_unusable' | 'refused' | 'ledger_away' | 'effect_unseen';

export interface SendingAlarm {
  readonly chainId: string;
  /** Of the key; absent where none is to blame. */
  readonly address?: string;
  readonly code: SendingAlarmCode;
  readonly message: string;
}
