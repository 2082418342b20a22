import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import type { LedgerEvent } from '../../../event-store/domain/ledger-event.ts';
import type { Projection } from '../../../read-store/projection.ts';
import { providerIdOf } from '../../domain/chain-number.ts';
import { retry } from '../../domain/dispatch.decider.ts';
import type { DispatchFailed } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { isOvertaken, refundClaims } from '../../domain/refund-claims.ts';
import type { SettlementFinalized } from '../../domain/settlement.events.ts';
import { orderDispatch } from '../sending/dispatch-commands.ts';
import { processEnvelope } from '../process-envelope.ts';
import type { EscrowPurchases } from './escrow-purchases.ts';

export interface CancelledEventProcessParts {
  readonly executor: CommandExecutor;
  readonly purchases: EscrowPurchases;
}

/**
 * Brings what the escrow holds for an event back to everybody who bought, once the event is cancelled for good, whoever cancelled it. Anybody
 * may claim it for them; that somebody does is ours to see to. It runs like a read model without rows; every command is safe to repeat, so a
 * crash anywhere only means that the batch is handled again.
 */
export class CancelledEventProcess implements Projection {
  readonly name = 'cancelled-event-process';
  readonly version = 1;
  readonly schema = '';
  readonly tables = [];
  readonly filter = { typePrefixes: ['SettlementFinalized/', 'DispatchFailed/'] };
  readonly #parts: CancelledEventProcessParts;

  constructor(parts: CancelledEventProcessParts) {
    this.#parts = parts;
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    for (const event of events) await this.#handle(event);
  }

  /** The type names the shape of the payload. */
  #handle(event: LedgerEvent): Promise<void> {
    const { type, fin } = event;
    if (type === 'SettlementFinalized/1') return this.#final(event, fin as unknown as SettlementFinalized);
    if (type === 'DispatchFailed/1') return this.#failed(event, fin as unknown as DispatchFailed);
    return Promise.resolve();
  }

  async #final(event: LedgerEvent, { name, chainId, contract, eventId }: SettlementFinalized): Promise<void> {
    if (name !== 'EventCancelled' || eventId === undefined) return;
    const { executor, purchases } = this.#parts;
    const { provider } = event;
    const bought = await purchases.boughtIn(provider, { chainId, contract, eventId });
    for (const data of refundClaims({ chainId, contract, providerId: providerIdOf(provider), eventId }, bought)) {
      const envelope = this.#envelope(event, `OrderDispatch:${data.slots[0]}`);
      const outcome = await orderDispatch(executor, envelope, { type: 'RefundClaimOrdered/1', data });
      // The orders follow from what was bought, and nothing is bought any more: a refusal here is a defect, and the process halts at it.
      if (outcome.kind === 'rejected') throw new Error(`Slot ${data.slots[0]} was not claimed: ${JSON.stringify(outcome.rejection)}`);
    }
  }

  /** Each time somebody was paid who is left out from then on, so that this ends. */
  async #failed(event: LedgerEvent, { ordered, failure }: DispatchFailed): Promise<void> {
    if (!isOvertaken(failure)) return;
    const { provider, stream } = event;
    const { executor } = this.#parts;
    const state = await executor.current(dispatch, stream, provider);
    if (state.status !== 'failed' || state.order.type !== 'RefundClaimOrdered/1' || state.orderedAt.toString() !== ordered) return;
    const outcome = await executor.execute({
      aggregate: dispatch,
      stream,
      envelope: this.#envelope(event, 'RetryDispatch'),
      decide: retry,
    });
    // Somebody else has ordered it again in between.
    if (outcome.kind === 'rejected' && outcome.rejection.code !== 'dispatch_not_failed')
      throw new Error(`${stream} was not ordered again: ${JSON.stringify(outcome.rejection)}`);
  }

  #envelope(cause: LedgerEvent, command: string): Envelope {
    return processEnvelope('cancelled-event', cause, command);
  }
}
