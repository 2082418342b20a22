/* Contracts count time in whole seconds since 1970; the ledger writes instants as ISO 8601 in UTC. */

/** The second that an instant is in. */
export function secondsAt(instant: string): bigint {
  return BigInt(Date.parse(instant)) / 1000n;
}

/** The instant at which a second begins. */
export function instantOf(seconds: bigint | string): string {
  return new Date(Number(seconds) * 1000).toISOString();
}
