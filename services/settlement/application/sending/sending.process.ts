import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import type { LedgerEvent } from '../../../event-store/domain/ledger-event.ts';
import type { Projection } from '../../../read-store/projection.ts';
import type { DispatchRejection } from '../../domain/dispatch.decider.ts';
import {
  type CollectOrdered,
  type DispatchFailed,
  dispatchIdOf,
  type Operation,
  operationOf,
  type OrderEvent,
} from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { failureText } from '../../domain/refund-order.ts';
import { releaseCollection } from '../../domain/mandate.decider.ts';
import type { CollectionDecided, MandateRevoked } from '../../domain/mandate.events.ts';
import { mandate } from '../../domain/mandate.ts';
import { orderDispatch } from './dispatch-commands.ts';
import { processEnvelope } from '../process-envelope.ts';
import { dispatchStream, mandateStream } from './sending-streams.ts';
import type { OnUndone } from '../settlement-alarms.ts';

/** What no other aggregate decides anew: what failed of it waits for a retry. The end of a mandate, too: until then the contract does not know of it. */
const orderedByHand: readonly Operation[] = ['capture', 'cancel', 'issue', 'revoke'];

/**
 * From what mandates decide to what is sent, and from what came to nothing back to the mandate, or to whoever has to look. It runs like a
 * read model without rows; every command is safe to repeat, so a crash anywhere only means that the batch is handled again.
 */
export class SendingProcess implements Projection {
  readonly name = 'sending-process';
  readonly version = 1;
  readonly schema = '';
  readonly tables = [];
  readonly filter = { typePrefixes: ['CollectionDecided/', 'MandateRevoked/', 'DispatchFailed/'] };
  readonly #executor: CommandExecutor;
  readonly #onUndone: OnUndone;

  constructor(executor: CommandExecutor, onUndone: OnUndone) {
    [this.#executor, this.#onUndone] = [executor, onUndone];
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    for (const event of events) await this.#handle(event);
  }

  /** The type names the shape of the payload. */
  #handle(event: LedgerEvent): Promise<void> {
    const { type, fin } = event;
    if (type === 'CollectionDecided/1') return this.#collect(event, fin as unknown as CollectionDecided);
    if (type === 'MandateRevoked/1') return this.#revoke(event, fin as unknown as MandateRevoked);
    if (type === 'DispatchFailed/1') return this.#failed(event, fin as unknown as DispatchFailed);
    return Promise.resolve();
  }

  /**
   * Nothing is collected any more under a mandate that was ended meanwhile, or that gave the collection up. A slot is collected once, and a
   * mandate knows only of its own decisions: another one of the payer may be at this slot, or done with it. Then this one gives it up.
   */
  async #collect(event: LedgerEvent, decided: CollectionDecided): Promise<void> {
    const { slot, invoiceRef, account, amount, currency, tokenUnits, deadline, byPayer } = decided;
    const decision = event.revision.toString();
    const state = await this.#executor.current(mandate, mandateStream(event.provider, decided.mandate), event.provider);
    if (state.status !== 'agreed' || state.collections.get(slot)?.revision !== event.revision) return;
    const { offered, signature } = state;
    const { terms, chainId, contract } = offered;
    const order = {
      type: 'CollectOrdered/1' as const,
      data: {
        ...{ chainId, contract, providerId: terms.providerId, mandate: decided.mandate, terms, signature },
        ...{ decision, slot, invoiceRef, account, amount, currency, tokenUnits, deadline },
        ...(byPayer === true && { byPayer }),
      },
    };
    await this.#releaseFailed(event, dispatchStream(event.provider, dispatchIdOf(order)), decided.mandate);
    if (!(await this.#order(event, order, 'dispatch_under_way', 'dispatch_done'))) await this.#giveUp(event, order.data);
  }

  /** What came to nothing under another mandate is given up before its order is replaced: `#failed` does not find it behind that. */
  async #releaseFailed(event: LedgerEvent, stream: string, except: string): Promise<void> {
    const state = await this.#executor.current(dispatch, stream, event.provider);
    if (state.status !== 'failed' || state.order.type !== 'CollectOrdered/1' || state.order.data.mandate === except) return;
    await this.#giveUp(event, state.order.data);
  }

  /**
   * The payer's signature is brought to the contract at our cost, so that nobody else can collect either. Not where the payer never agreed:
   * there is nothing that anybody could collect with, and offers cost nothing, so whoever ends its own in a loop would spend our gas.
   */
  async #revoke(event: LedgerEvent, { mandate: id, signature }: MandateRevoked): Promise<void> {
    if (signature === undefined) return;
    const state = await this.#executor.current(mandate, mandateStream(event.provider, id), event.provider);
    if (state.status !== 'revoked' || !state.wasAgreed) return;
    const { terms, chainId, contract } = state.offered;
    const data = { chainId, contract, providerId: terms.providerId, mandate: id, terms, signature };
    await this.#order(event, { type: 'RevocationOrdered/1', data });
  }

  /** A newer order in the same stream was decided after a release, or is a retry: then there is nothing to give up, or to tell. */
  async #failed(event: LedgerEvent, { ordered, failure }: DispatchFailed): Promise<void> {
    const { provider, stream } = event;
    const state = await this.#executor.current(dispatch, stream, provider);
    if (state.status === 'none' || state.orderedAt.toString() !== ordered) return;
    if (state.order.type === 'CollectOrdered/1') return this.#giveUp(event, state.order.data);
    const what = operationOf(state.order);
    if (orderedByHand.includes(what)) this.#onUndone({ provider, stream, what, reason: failureText(failure) });
  }

  async #giveUp(cause: LedgerEvent, { mandate: id, slot, decision }: CollectOrdered): Promise<void> {
    await this.#executor.execute({
      aggregate: mandate,
      stream: mandateStream(cause.provider, id),
      envelope: this.#envelope(cause, `ReleaseCollection:${id}`),
      decide: (current) => releaseCollection(current, { slot, decided: decision }),
    });
  }

  /** Whether it is ordered. A refusal that is not among those that the caller answers is a defect, and the process halts at it. */
  async #order(cause: LedgerEvent, order: OrderEvent, ...answered: readonly DispatchRejection['code'][]): Promise<boolean> {
    const outcome = await orderDispatch(this.#executor, this.#envelope(cause, 'OrderDispatch'), order);
    if (outcome.kind === 'accepted') return true;
    const { rejection } = outcome;
    if (answered.some((code) => code === rejection.code)) return false;
    throw new Error(`${order.type} was refused: ${JSON.stringify(rejection)}`);
  }

  #envelope(cause: LedgerEvent, command: string): Envelope {
    return processEnvelope('sending', cause, command);
  }
}
