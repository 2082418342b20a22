import { epochOf, graceMonths } from '../../services/settlement/domain/credit-epoch.ts';

/** One effect on a holder's credit that is final, in units. */
export interface CreditEntry {
  readonly name: 'CreditIssued' | 'CreditRedeemed' | 'CreditExpired' | 'CreditRefunded';
  /** Above zero. */
  readonly units: bigint;
  /** ISO text. */
  readonly time: string;
  /** Of what was given out, and of what was burnt. */
  readonly epoch: number | undefined;
}

/**
 * What a holder has by the last month in which it can be spent, from everything that happened to it in the order of the chain: as the contract
 * does it, the oldest that is not over is spent first, and what is over may still be given back for a month.
 */
export function heldCredit(entries: readonly CreditEntry[]): ReadonlyMap<number, bigint> {
  const held = new Map<number, bigint>();
  for (const { name, units, time, epoch } of entries) {
    if (name === 'CreditIssued') add(held, epochOfEntry(epoch), units);
    else if (name === 'CreditExpired') add(held, epochOfEntry(epoch), -units);
    else take(held, { units, first: epochOf(time) - (name === 'CreditRefunded' ? graceMonths : 0) });
  }
  return new Map([...held].sort(([left], [right]) => left - right));
}

function take(held: Map<number, bigint>, { units, first }: { readonly units: bigint; readonly first: number }): void {
  let left = units;
  for (const epoch of [...held.keys()].filter((each) => each >= first).sort((one, other) => one - other)) {
    const part = min(left, held.get(epoch) ?? 0n);
    add(held, epoch, -part);
    left -= part;
  }
  if (left > 0n) throw new RangeError(`${units} units were taken, of which ${left} were never there.`);
}

function add(held: Map<number, bigint>, epoch: number, units: bigint): void {
  const sum = (held.get(epoch) ?? 0n) + units;
  if (sum < 0n) throw new RangeError(`${units} units of month ${epoch} were burnt that were never there.`);
  if (sum === 0n) held.delete(epoch);
  else held.set(epoch, sum);
}

function epochOfEntry(epoch: number | undefined): number {
  if (epoch === undefined) throw new RangeError('What was given out or burnt names its month.');
  return epoch;
}

function min(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
