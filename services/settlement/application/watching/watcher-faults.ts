import { ChainFault } from '../../../chain/application/chain-faults.ts';

/** A node gave an answer that cannot be: it contradicts itself, or what was asked. */
export class NodeAnswerFault extends ChainFault {
  override readonly name = 'NodeAnswerFault';
  readonly retryable = true;
}

/** Too few nodes are well, or know what was asked, to believe anything. */
export class QuorumFault extends ChainFault {
  override readonly name = 'QuorumFault';
  readonly retryable = true;
}

/** Nodes say different things of what is the same for everybody. Nobody is outvoted: it waits until they agree. */
export class NodesDisagreeFault extends ChainFault {
  override readonly name = 'NodesDisagreeFault';
  readonly retryable = true;
}

/** Another process moved the checkpoint: what was read belongs to no checkpoint any more, and is read again. */
export class CheckpointMovedFault extends Error {
  override readonly name = 'CheckpointMovedFault';
  readonly retryable = true;
}

/** Nodes call less final than the ledger was told of: what is not in their final blocks yet is not gone. Once they have come as far it can be told. */
export class NodesBehindLedgerFault extends Error {
  override readonly name = 'NodesBehindLedgerFault';
  readonly retryable = true;
}

/**
 * Why a chain is not followed any more until somebody has looked.
 *
 * - `nodes_away`: for a while too few nodes answered, or they stood still. They are asked on.
 * - `nodes_disagree`: nodes show different blocks or logs where there can be only one. Nothing moves until they agree.
 * - `finality_failed`: a block that was final is another one now. The chain failed, or all nodes serve another chain.
 * - `wrong_chain`: nodes serve another chain, or other code at the address of a contract.
 * - `bit_without_event`: a contract has a slot closed of which no log tells, and none was found in the whole chain.
 * - `event_without_bit`: a log says that a slot is closed which the contract has open.
 * - `key_twice`: a second log for what a contract can do only once.
 * - `operator_halt`: an operator stopped it, to adopt what the chain shows.
 * - `ledger_refused`: what was seen does not fit what the ledger has. It is offered on, and nothing behind it of its provider.
 * - `ledger_away`: for a while the ledger did not take what was seen. It is offered on.
 */
export type WatcherAlarmCode =
  | 'nodes_away'
  | 'nodes_disagree'
  | 'finality_failed'
  | 'wrong_chain'
  | 'bit_without_event'
  | 'event_without_bit'
  | 'key_twice'
  | 'operator_halt'
  | 'ledger_refused'
  | 'ledger_away';

/** Nothing is written for the chain while the cause lasts. */
export class WatcherAlarm extends Error {
  override readonly name = 'WatcherAlarm';
  readonly retryable = false;
  readonly code: WatcherAlarmCode;

  constructor(code: WatcherAlarmCode, message: string) {
    super(message);
    this.code = code;
  }
}
