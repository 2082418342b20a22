import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, repeated } from '../../commands/domain/decision.ts';
import { GrowingMap } from '../../commands/domain/growing-map.ts';
import { type SeriesEvent, seriesEvents } from './invoice.events.ts';

/** A gapless sequence of invoice numbers of one legal entity. */
export interface Series {
  readonly last: bigint;
  /** By invoice: an invoice gets one number, once. */
  readonly numbers: GrowingMap<string, AssignedNumber>;
}

export interface AssignedNumber {
  readonly number: string;
  readonly revision: bigint;
}

export const series: Aggregate<Series, SeriesEvent> = {
  initial: { last: 0n, numbers: GrowingMap.empty() },
  evolve: (state, { event, revision }) => {
    const { invoice, number, sequence } = event.data;
    return { last: BigInt(sequence), numbers: state.numbers.with(invoice, { number, revision }) };
  },
  version: 1,
  events: seriesEvents,
};

export interface AssignNumbersData {
  readonly series: string;
  /** At least one, in the order in which they shall be numbered. */
  readonly invoices: readonly [string, ...string[]];
}

/** Numbers every invoice that has none, in one append; invoices that have one keep it. */
export function assignNumbers(state: Series, data: AssignNumbersData): Decision<SeriesEvent, never> {
  const fresh = data.invoices.filter((invoice) => !state.numbers.has(invoice));
  const events = fresh.map((invoice, index): SeriesEvent => {
    const sequence = state.last + BigInt(index) + 1n;
    return {
      type: 'NumberAssigned/1',
      data: { series: data.series, invoice, sequence: sequence.toString(), number: numberText(sequence) },
    };
  });
  const [first, ...rest] = events;
  if (first !== undefined) return accept(first, ...rest);
  return repeated(state.numbers.get(data.invoices[0])?.revision ?? 0n);
}

/** Where the event that gave a number stands in its series, which counts from 1 without a gap; undefined for a text that is no number. */
export function numberRevision(number: string): bigint | undefined {
  const sequence = BigInt(/^INV-([0-9]{1,18})$/.exec(number)?.[1] ?? '0');
  return sequence === 0n ? undefined : sequence - 1n;
}

function numberText(sequence: bigint): string {
  return `INV-${sequence.toString().padStart(6, '0')}`;
}
