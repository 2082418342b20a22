import type { CommandExecutor } from '../../commands/application/command-executor.ts';
import { type Envelope, envelopeOf } from '../../commands/application/envelope.ts';
import type { LedgerEvent } from '../../event-store/domain/ledger-event.ts';
import type { Projection } from '../../read-store/projection.ts';
import type { DispatchFailed, OrderEvent } from '../domain/dispatch.events.ts';
import { dispatch } from '../domain/dispatch.ts';
import { releaseCollection } from '../domain/mandate.decider.ts';
import type { CollectionDecided, MandateRevoked } from '../domain/mandate.events.ts';
import { mandate } from '../domain/mandate.ts';
import { orderDispatch } from './dispatch-commands.ts';
import { mandateStream } from './sending-streams.ts';

const patienceMs = 60_000;

/**
 * From what mandates decide to what is sent, and from what came to nothing back to the mandate. It runs like a read model without rows; every
 * command is safe to repeat, so a crash anywhere only means that the batch is handled again.
 */
export class SendingProcess implements Projection {
  readonly name = 'sending-process';
  readonly version = 1;
  readonly schema = '';
  readonly tables = [];
  readonly filter = { typePrefixes: ['CollectionDecided/', 'MandateRevoked/', 'DispatchFailed/'] };
  readonly #executor: CommandExecutor;

  constructor(executor: CommandExecutor) {
    this.#executor = executor;
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    for (const event of events) await this.#handle(event);
  }

  /** The type names the shape of the payload. */
  #handle(event: LedgerEvent): Promise<void> {
    const { type, fin } = event;
    if (type === 'CollectionDecided/1') return this.#collect(event, fin as unknown as CollectionDecided);
    if (type === 'MandateRevoked/1') return this.#revoke(event, fin as unknown as MandateRevoked);
    if (type === 'DispatchFailed/1') return this.#release(event, fin as unknown as DispatchFailed);
    return Promise.resolve();
  }

  /** A mandate that was ended meanwhile is not collected from, although that was decided before. */
  async #collect(event: LedgerEvent, decided: CollectionDecided): Promise<void> {
    const state = await this.#executor.current(mandate, mandateStream(event.provider, decided.mandate), event.provider);
    if (state.status !== 'agreed') return;
    const { offered, signature } = state;
    const { terms, chainId, contract } = offered;
    const { slot, invoiceRef, account, amount, currency, tokenUnits, deadline } = decided;
    await this.#order(event, {
      type: 'CollectOrdered/1',
      data: {
        ...{ chainId, contract, providerId: terms.providerId, mandate: decided.mandate, terms, signature },
        ...{ decision: event.revision.toString(), slot, invoiceRef, account, amount, currency, tokenUnits, deadline },
      },
    });
  }

  /** The payer's signature is brought to the contract at our cost, so that nobody else can collect either. */
  async #revoke(event: LedgerEvent, { mandate: id, signature }: MandateRevoked): Promise<void> {
    if (signature === undefined) return;
    const state = await this.#executor.current(mandate, mandateStream(event.provider, id), event.provider);
    if (state.status === 'none') return;
    const { terms, chainId, contract } = state.offered;
    const data = { chainId, contract, providerId: terms.providerId, mandate: id, terms, signature };
    await this.#order(event, { type: 'RevocationOrdered/1', data });
  }

  /** A newer order in the same stream was decided after a release: then there is nothing to give up. */
  async #release(event: LedgerEvent, { ordered }: DispatchFailed): Promise<void> {
    const { provider, stream } = event;
    const state = await this.#executor.current(dispatch, stream, provider);
    if (state.status === 'none' || state.order.type !== 'CollectOrdered/1' || state.orderedAt.toString() !== ordered) return;
    const { mandate: id, slot, decision } = state.order.data;
    await this.#executor.execute({
      ...{ aggregate: mandate, stream: mandateStream(provider, id), envelope: this.#envelope(event, 'ReleaseCollection') },
      decide: (current) => releaseCollection(current, { slot, decided: decision }),
    });
  }

  async #order(cause: LedgerEvent, order: OrderEvent): Promise<void> {
    const outcome = await orderDispatch(this.#executor, this.#envelope(cause, 'OrderDispatch'), order);
    // A mandate decides a slot again only after a release: a refusal here is a defect, and the process halts at it.
    if (outcome.kind === 'rejected') throw new Error(`${order.type} was refused: ${JSON.stringify(outcome.rejection)}`);
  }

  #envelope(cause: LedgerEvent, command: string): Envelope {
    return envelopeOf({
      provider: cause.provider,
      actor: { id: 'process:sending', type: 'process' },
      key: `${command}:${cause.id}`,
      command,
      body: { cause: cause.id },
      causationId: cause.id,
      correlationId: cause.body.correlation,
      patienceMs,
    });
  }
}
