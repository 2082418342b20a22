import { moneyOf } from '../../money/money.ts';
import type { KnownOutage, OpenAccount } from './open-account.ts';
import type { SlaEvent } from './sla.events.ts';

export interface Cycle {
  readonly from: string;
  readonly until: string;
}

/** The calendar month or year (UTC) of an instant; undefined for an offer without a cycle. */
export function cycleOf(cycle: string, instant: string): Cycle | undefined {
  const [year, month] = [Number(instant.slice(0, 4)), Number(instant.slice(5, 7)) - 1];
  const at = (years: number, months: number) => new Date(Date.UTC(years, months)).toISOString();
  if (cycle === 'month') return { from: at(year, month), until: at(year, month + 1) };
  return cycle === 'year' ? { from: at(year, 0), until: at(year + 1, 0) } : undefined;
}

/** Terms of another version are another promise. */
export function cycleKey(terms: string, { from }: Cycle): string {
  return `${terms}\n${from}`;
}

export const nothingCredited = '0';

export function withSla(state: OpenAccount, event: SlaEvent): OpenAccount {
  const key = cycleKey(event.data.terms.hash, event.data.cycle);
  const known = state.outageCycles.get(key) ?? { outages: [], credited: nothingCredited };
  const cycles = new Map(state.outageCycles);
  if (event.type === 'OutageRecorded/1') {
    const { from, until, source, evidence } = event.data;
    cycles.set(key, { ...known, outages: [...known.outages, { from, until, source, evidence, revision: state.revision }] });
    return { ...state, outageCycles: cycles };
  }
  const { amount, currency, creditPercent } = event.data;
  cycles.set(key, { ...known, credited: creditPercent });
  return { ...state, outageCycles: cycles, wallet: state.wallet + moneyOf(amount, currency).amount };
}

/** Milliseconds that are in at least one outage. */
export function downMsOf(outages: readonly Pick<KnownOutage, 'from' | 'until'>[]): bigint {
  let [down, reached] = [0, 0];
  for (const { from, until } of outages.toSorted((left, right) => (left.from < right.from ? -1 : 1))) {
    const [begin, end] = [Math.max(Date.parse(from), reached), Date.parse(until)];
    if (end <= begin) continue;
    down += end - begin;
    reached = end;
  }
  return BigInt(down);
}
