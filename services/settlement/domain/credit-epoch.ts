/* Months of the credit contract: counted from January 2020, UTC. Credit carries the last one in which it can be spent. */

const firstYear = 2020;
/** Credit can be spent for at most eleven months after the running one. */
export const monthsAfterIssueMax = 11;
/** A unit that can be spent no more may still be refunded for so many months; behind that anybody burns it. */
export const graceMonths = 1;

/** The month of an instant. */
export function epochOf(instant: string): number {
  const at = new Date(instant);
  return (at.getUTCFullYear() - firstYear) * 12 + at.getUTCMonth();
}

/** The first moment that lies behind a month. */
export function endOfEpoch(epoch: number): string {
  return new Date(Date.UTC(firstYear, epoch + 1, 1)).toISOString();
}

/** Whether `expire` burns credit of this month. */
export function isExpired(epoch: number, now: string): boolean {
  return epoch + graceMonths < epochOf(now);
}
