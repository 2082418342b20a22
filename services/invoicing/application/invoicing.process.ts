import type { CommandBus } from '@nestjs/cqrs';
import type { ChargesClosed } from '../../accounts/domain/account.events.ts';
import { type Envelope, envelopeOf } from '../../commands/application/envelope.ts';
import type { Json } from '../../event-store/domain/canonical-json.ts';
import type { LedgerEvent } from '../../event-store/domain/ledger-event.ts';
import { chunks } from '../../read-store/chunks.ts';
import type { Projection } from '../../read-store/projection.ts';
import { AssignNumbers } from './assign-numbers.handler.ts';
import { IssueInvoice } from './issue-invoice.handler.ts';

/** One append numbers at most this many invoices: well below the store's limit of 1 MiB. */
const numbersPerAppendMax = 500;
const issuedAtOnceMax = 32;
const patienceMs = 60_000;

/** Under which it says how far it is. */
export const invoicingProcess = { name: 'invoicing-process', version: 1 } as const;

/**
 * From charges that an account closed to the issued document (DESIGN 4.4): events in, commands out. It runs like a read model without
 * rows: one owner, a checkpoint, a halt at what cannot be. Every command is safe to repeat, so a crash anywhere only means that the
 * batch is handled again.
 */
export class InvoicingProcess implements Projection {
  readonly name = invoicingProcess.name;
  readonly version = invoicingProcess.version;
  readonly schema = '';
  readonly tables = [];
  readonly filter = { typePrefixes: ['ChargesClosed/'] };
  readonly #bus: CommandBus;

  constructor(bus: CommandBus) {
    this.#bus = bus;
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    const closings = [...events].filter(({ type }) => type === 'ChargesClosed/1').map(closingOf);
    for (const some of numberedTogether(closings)) {
      const numbers = await this.#bus.execute(assignment(some));
      for (const atOnce of chunks(some, issuedAtOnceMax)) await Promise.all(atOnce.map((closing) => this.#issue(closing, numbers)));
    }
  }

  async #issue(closing: Closing, numbers: ReadonlyMap<string, string>): Promise<void> {
    const { invoice } = closing.closed;
    const outcome = await this.#bus.execute(issuing(closing, numbers.get(invoice) as string));
    // An invoice has one number for ever: a refusal here is a defect, and the process halts at it.
    if (outcome.kind === 'rejected') throw new Error(`Invoice ${invoice} was refused: ${JSON.stringify(outcome.rejection)}`);
  }
}

/** A closing with where it stands. */
interface Closing {
  readonly event: LedgerEvent;
  readonly closed: ChargesClosed;
}

function closingOf(event: LedgerEvent): Closing {
  return { event, closed: event.fin as unknown as ChargesClosed };
}

/** In log order, one append's worth of one series each. */
function numberedTogether(closings: readonly Closing[]): Closing[][] {
  const bySeries = Map.groupBy(closings, ({ event, closed }) => `${event.provider}\n${closed.series}`);
  return [...bySeries.values()].flatMap((all) => [...chunks(all, numbersPerAppendMax)]);
}

function issuing({ event, closed }: Closing, number: string): IssueInvoice {
  const body = { invoice: closed.invoice, number };
  return new IssueInvoice(processEnvelope(event, `issue:${event.id}`, 'IssueInvoice', body), { closed, stream: event.stream, number });
}

function assignment(closings: readonly Closing[]): AssignNumbers {
  const [first, ...rest] = closings as [Closing, ...Closing[]];
  const invoices: [string, ...string[]] = [first.closed.invoice, ...rest.map(({ closed }) => closed.invoice)];
  const last = rest.at(-1) ?? first;
  const key = `number:${first.event.id}:${last.event.id}:${invoices.length}`;
  const envelope = processEnvelope(first.event, key, 'AssignNumbers', { invoices });
  return new AssignNumbers(envelope, { series: first.closed.series, invoices });
}

function processEnvelope(cause: LedgerEvent, key: string, command: string, body: Json): Envelope {
  return envelopeOf({
    provider: cause.provider,
    actor: { id: 'process:invoicing', type: 'process' },
    key,
    command,
    body,
    causationId: cause.id,
    correlationId: cause.body.correlation,
    patienceMs,
  });
}
