import type { TransactionStore } from '../../../chain/application/transaction-store.ts';
import type { Known, QueuedTransaction } from '../../../chain/application/transaction.ts';
import { uuidv5 } from '../../../commands/application/uuid-v5.ts';
import { partsOf } from '../../../event-store/domain/stream-name.ts';
import { type Operation, operations } from '../../domain/dispatch.events.ts';
import type { NextCall } from './dispatch-calls.ts';

/** Namespace of the ids of transactions that dispatches ask for. */
const transactions = '5a3a1dcb-8d0b-5b6c-9d3e-7f6a1f3b2c41';

export interface DispatchStep {
  readonly stream: string;
  /** Revision of the order. */
  readonly orderedAt: bigint;
  readonly step: NextCall['step'];
  /** Counts from 0: the next one only where somebody else took the nonce of the last. */
  readonly trial: number;
}

/** The one transaction of a step, for whoever asks for it and however often: so a crash anywhere signs nothing twice. */
export function transactionIdOf({ stream, orderedAt, step, trial }: DispatchStep): string {
  return uuidv5(`${stream}\n${orderedAt}\n${step}\n${trial}`, transactions);
}

/** Its nonce was freed for good: whatever else was signed under it can be in no block. */
export function isFreed(known: Known): boolean {
  return known.state === 'final' && known.place?.outcome === 'cancelled';
}

/**
 * The newest transaction of an order that nobody else took the nonce of, and that was not freed before another one was signed; undefined where
 * none was signed.
 */
export async function lastTransactionOf(
  kept: Pick<TransactionStore, 'find'>,
  order: Pick<DispatchStep, 'stream' | 'orderedAt'>,
): Promise<QueuedTransaction | undefined> {
  let freed: QueuedTransaction | undefined;
  for (let trial = 0; ; trial++) {
    const found = await kept.find(transactionIdOf({ ...order, step: 'main', trial }));
    if (found?.state === 'given-up') return undefined;
    if (found === undefined) return freed;
    if (isFreed(found)) freed = found;
    else if (found.state !== 'overtaken') return found;
  }
}

/** What the queue keeps a transaction as. */
export function subjectOf(operation: Operation, stream: string): string {
  return `${operation} ${stream}`;
}

/** Whose transaction it was and what for; undefined for one that no dispatch asked for. */
export function readSubject(
  subject: string,
): { readonly operation: Operation; readonly provider: string; readonly stream: string } | undefined {
  const [word = '', stream = ''] = subject.split(' ');
  const operation = operations.find((known) => known === word);
  const provider = partsOf(stream)?.slug;
  return operation === undefined || provider === undefined ? undefined : { operation, provider, stream };
}
