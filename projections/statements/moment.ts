import { instant, position } from '../http/query-parameters.ts';

/** A point in the life of an account: a calendar day (UTC), an instant, or a position of the log. */
export type Moment =
  | { readonly kind: 'day'; readonly day: string }
  | { readonly kind: 'instant'; readonly instant: string }
  | { readonly kind: 'position'; readonly position: bigint };

/** Reads `2026-01-31`, `2026-01-31T09:30:00.000Z` or `1234`. */
export function moment(text: string): Moment | undefined {
  const place = position(text);
  if (place !== undefined) return { kind: 'position', position: place };
  if (instant(text) !== undefined) return { kind: 'instant', instant: text };
  return instant(`${text}T00:00:00.000Z`) === undefined ? undefined : { kind: 'day', day: text };
}

/** By which order a statement is cut: places in the log, or one of the two times (STYLE: recorded is ours, effective is business). */
export type StatementOrder = 'position' | 'recorded' | 'effective';

/**
 * What lies before, inside and behind a statement. A row is *inside* when it is not before and not behind:
 * - by time: before means earlier than `fromTime`, behind means `toTime` or later;
 * - by position: before means `fromPosition` or less, behind means above `toPosition`.
 * So statements of neighbouring ranges meet without gap or overlap, and `to` of one is the opening of the next.
 */
export interface StatementRange {
  readonly order: StatementOrder;
  /** `timestamptz` text, with `-infinity` and `infinity` where there is no bound or where the order is not by time. */
  readonly fromTime: string;
  readonly toTime: string;
  readonly fromPosition: bigint;
  readonly toPosition: bigint;
}

const positionMax = 2n ** 63n - 1n;
const dayMs = 86_400_000;

export interface RangeAsked {
  readonly from?: Moment | undefined;
  readonly to?: Moment | undefined;
  readonly by: 'recorded' | 'effective';
}

/** A day stands for the whole day: `from` at its beginning, `to` at its end. Undefined when a position is mixed with a time. */
export function statementRange({ from, to, by }: RangeAsked): StatementRange | undefined {
  const kinds = [from?.kind, to?.kind].filter((kind) => kind !== undefined);
  const byPosition = kinds.includes('position');
  if (byPosition && kinds.some((kind) => kind !== 'position')) return undefined;
  return {
    order: byPosition ? 'position' : by,
    fromTime: from === undefined ? '-infinity' : beginOf(from),
    toTime: to === undefined ? 'infinity' : endOf(to),
    fromPosition: from?.kind === 'position' ? from.position : 0n,
    toPosition: to?.kind === 'position' ? to.position : positionMax,
  };
}

function beginOf(from: Moment): string {
  if (from.kind === 'position') return '-infinity';
  return from.kind === 'instant' ? from.instant : `${from.day}T00:00:00.000Z`;
}

/** Behind the last day that four digits can write there is nothing any more. */
const lastDay = '9999-12-31';

function endOf(to: Moment): string {
  if (to.kind === 'position' || (to.kind === 'day' && to.day === lastDay)) return 'infinity';
  return to.kind === 'instant' ? to.instant : new Date(Date.parse(`${to.day}T00:00:00.000Z`) + dayMs).toISOString();
}
