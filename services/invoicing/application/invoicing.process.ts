import type { ChargesClosed } from '../../accounts/domain/account.events.ts';
import { type Envelope, envelopeOf } from '../../commands/application/envelope.ts';
import type { Json } from '../../event-store/domain/canonical-json.ts';
import type { LedgerEvent } from '../../event-store/domain/ledger-event.ts';
import { AssignNumbers } from './assign-numbers.handler.ts';
import { IssueInvoice } from './issue-invoice.handler.ts';

/*
 * From charges that an account closed to the issued document (DESIGN 4.4): events in, commands out. Every command is safe to
 * repeat, so the process may crash anywhere and begin again at its checkpoint.
 */

/** The only events that begin an invoice. */
export const invoicingFilter = { typePrefixes: ['ChargesClosed/'] };

/** One append numbers at most this many invoices: well below the store's limit of 1 MiB. */
const numbersPerAppendMax = 500;

const patienceMs = 60_000;

/** A closing with where it stands. */
export interface Closing {
  readonly event: LedgerEvent;
  readonly closed: ChargesClosed;
}

export function closingOf(event: LedgerEvent): Closing {
  return { event, closed: event.fin as unknown as ChargesClosed };
}

/** Numbers in log order, one command a series and append. */
export function numbering(closings: readonly Closing[]): { readonly command: AssignNumbers; readonly closings: readonly Closing[] }[] {
  const bySeries = Map.groupBy(closings, ({ event, closed }) => `${event.provider}\n${closed.series}`);
  return [...bySeries.values()]
    .flatMap((all) => chunks(all, numbersPerAppendMax))
    .map((some) => ({ command: assignment(some), closings: some }));
}

export function issuing({ event, closed }: Closing, number: string): IssueInvoice {
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

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const parts: Item[][] = [];
  for (let start = 0; start < items.length; start += size) parts.push(items.slice(start, start + size));
  return parts;
}
