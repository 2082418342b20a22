/** From and until are instants, UTC with milliseconds; half-open. */
export interface Period {
  readonly from: string;
  readonly until: string;
}

const instantPattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Text of which the order is that of time. */
export function isInstant(text: unknown): text is string {
  return typeof text === 'string' && instantPattern.test(text) && !Number.isNaN(Date.parse(text));
}

/** The calendar month or year (UTC) of an instant; undefined where a price has no such cycle. */
export function cycleOf(cycle: string, instant: string): Period | undefined {
  const [year, month] = [Number(instant.slice(0, 4)), Number(instant.slice(5, 7)) - 1];
  const at = (years: number, months: number) => new Date(Date.UTC(years, months)).toISOString();
  if (cycle === 'month') return { from: at(year, month), until: at(year, month + 1) };
  return cycle === 'year' ? { from: at(year, 0), until: at(year + 1, 0) } : undefined;
}

export function lengthMsOf({ from, until }: Period): bigint {
  return BigInt(Date.parse(until) - Date.parse(from));
}

/** Milliseconds that are in at least one of the periods. */
export function coveredMsOf(periods: readonly Period[]): bigint {
  let [covered, reached] = [0, 0];
  for (const { from, until } of periods.toSorted((left, right) => Date.parse(left.from) - Date.parse(right.from))) {
    const [begin, end] = [Math.max(Date.parse(from), reached), Date.parse(until)];
    if (end <= begin) continue;
    covered += end - begin;
    reached = end;
  }
  return BigInt(covered);
}
