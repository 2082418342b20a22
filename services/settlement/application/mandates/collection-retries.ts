import type { CommandBus } from '@nestjs/cqrs';
import type { Clock } from '../../../commands/application/clock.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { envelopeOf } from '../../../commands/application/envelope.ts';
import type { DispatchFailure } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { slot } from '../../domain/slot.ts';
import { CollectInvoice } from './collect-invoice.handler.ts';
import { forEachDue } from '../due-round.ts';
import { dispatchStream } from '../sending/sending-streams.ts';
import { slotStream } from '../settlement-streams.ts';

/** A collection that came to nothing, as far as this was read. */
export interface FailedCollection {
  readonly provider: string;
  /** Of the dispatch within the provider. */
  readonly id: string;
  /** When it was ordered last. */
  readonly orderedAt: Date;
}

/** Finds what may be collected again. What is decided is decided by the streams. */
export interface FailedCollections {
  /** Ordered since then and failed, the oldest first; read as it is gone through. */
  failedSince(since: Date): AsyncIterable<FailedCollection>;
}

export interface CollectionRetriesOptions {
  readonly executor: CommandExecutor;
  readonly commands: CommandBus;
  readonly failed: FailedCollections;
  readonly clock: Clock;
  /** How long after each order that came to nothing the next one follows; after the last of them the invoice is left to whoever looks. */
  readonly afterMsOn: (chainId: string) => readonly number[];
}

/** A day, three days and a week behind each other. */
export const retryAfterMsDefault: readonly number[] = [86_400_000, 259_200_000, 604_800_000];
/** Far beyond the longest wait, so that a service that was down for weeks still finds what was due. */
const lookBackMs = 90 * 86_400_000;
const hourMs = 3_600_000;

/** What time can mend. A mandate that is over, and a contract that burns gas, stay as they are. */
const mendable: readonly DispatchFailure['code'][] = ['balance_short', 'allowance_short', 'expired', 'reverted'];

/**
 * Collects again what came to nothing: the wallet may have been filled, or an allowance given. Nothing is remembered here: how often it was
 * tried is the number of orders in the dispatch, so a restart neither forgets a retry nor adds one.
 */
export class CollectionRetries {
  readonly #options: CollectionRetriesOptions;

  constructor(options: CollectionRetriesOptions) {
    this.#options = options;
  }

  /** Everything that is due, once. What a decision refuses (the rate, the caps, a paid invoice) is asked again within the hour. */
  async round(): Promise<void> {
    const { failed, clock } = this.#options;
    const due = failed.failedSince(new Date(Date.parse(clock.now()) - lookBackMs));
    await forEachDue(due, { look: (each) => this.#again(each), failed: 'collections could not be tried again' });
  }

  async #again({ provider, id, orderedAt }: FailedCollection): Promise<void> {
    const { executor, commands, clock, afterMsOn } = this.#options;
    const stream = dispatchStream(provider, id);
    const state = await executor.current(dispatch, stream, provider);
    if (state.status !== 'failed' || state.order.type !== 'CollectOrdered/1' || !mendable.includes(state.failure.code)) return;
    // An order and its failure are two events.
    const wait = afterMsOn(state.order.data.chainId)[Number(state.orderedAt / 2n)];
    if (wait === undefined || Date.parse(clock.now()) < orderedAt.getTime() + wait) return;
    const { mandate, slot: seq, byPayer } = state.order.data;
    const opened = await executor.current(slot, slotStream(provider, seq), provider);
    if (opened.status !== 'open' || opened.opened.purpose.kind !== 'invoice') return;
    const { invoice } = opened.opened.purpose;
    // A quote is good for minutes: what was refused is asked anew, at a quote of its own, in the next hour. The mandate collects a slot once.
    const hour = Math.floor(Date.parse(clock.now()) / hourMs);
    const envelope = envelopeOf({
      ...{ provider, actor: { id: 'process:collection-retries', type: 'process' }, command: 'CollectInvoice', body: { invoice, mandate } },
      key: `${stream}:${state.orderedAt}:${hour}`,
    });
    await commands.execute(new CollectInvoice(envelope, { invoice, mandate, ...(byPayer === true && { byPayer }) }));
  }
}
