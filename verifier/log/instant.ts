/** The last instant that has four digits of a year, seconds since 1970. */
const secondsMax = 253_402_300_799;

/** Text of an instant, whose order is that of time. Whoever states one may state anything: before 1970 and behind the year 9999 there is one each. */
export function instantText(seconds: number): string {
  return new Date(Math.min(Math.max(seconds, 0), secondsMax) * 1000).toISOString();
}
