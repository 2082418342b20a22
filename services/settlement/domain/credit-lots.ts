/* Prepaid credit under one address by month and account, and what is burnt of it. */

/** Credit of one account that is over in the same month. */
export interface CreditLot {
  readonly epoch: bigint;
  /** Absent for what is nobody's. */
  readonly account?: string;
  readonly units: bigint;
}

/** What is nobody's has no account: a snapshot tells nothing of what is undefined. */
export function lotOf({ epoch, account, units }: Omit<CreditLot, 'account'> & { readonly account?: string | undefined }): CreditLot {
  return { epoch, ...(account !== undefined && { account }), units };
}

/** As the contract does it: the oldest first. What is missing was given out in a log that nobody has seen: it is nobody's. */
export function takenFrom(lots: readonly CreditLot[], units: bigint, first: bigint): CreditLot[] {
  const taken: CreditLot[] = [];
  let left = units;
  for (const lot of lots) {
    const part = smaller(lot.units, left);
    if (part <= 0n) continue;
    taken.push({ ...lot, units: -part });
    left -= part;
  }
  return left === 0n ? taken : [...taken, { epoch: first, units: -left }];
}

/**
 * Who spends pays with its own: for what the contract burnt of others they get as much of what the account has left, which is good at least as
 * long. The months then hold what the contract says, and every other account has as much as before.
 */
export function madeGood(burnt: readonly CreditLot[], own: readonly CreditLot[], account: string): CreditLot[] {
  const left = burnt.filter((lot) => lot.account === account).reduce(changedLot, own);
  const changes: CreditLot[] = [];
  let rest = left;
  for (const { account: to, units } of burnt) {
    if (to === account) continue;
    for (const { epoch, units: part } of takenFrom(rest, -units, 0n)) {
      changes.push({ epoch, account, units: part }, lotOf({ epoch, account: to, units: -part }));
      rest = changedLot(rest, { epoch, account, units: part });
    }
  }
  return changes;
}

/** One lot more, or more or less of one that is there; none of which nothing is left. */
export function changedLot(lots: readonly CreditLot[], change: CreditLot): readonly CreditLot[] {
  const { epoch, account, units } = change;
  const index = lots.findIndex((lot) => lot.epoch === epoch && lot.account === account);
  if (index >= 0) {
    const sum = (lots[index] as CreditLot).units + units;
    return sum === 0n ? lots.toSpliced(index, 1) : lots.with(index, { ...change, units: sum });
  }
  const later = lots.findIndex((lot) => lot.epoch > epoch);
  return lots.toSpliced(later < 0 ? lots.length : later, 0, change);
}

/** Of all of them together. */
export function unitsOf(lots: readonly CreditLot[]): bigint {
  return lots.reduce((sum, { units }) => sum + units, 0n);
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
