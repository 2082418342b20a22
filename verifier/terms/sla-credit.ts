import { amountText, parseAmount } from '../fold/amount.ts';
import type { Scales } from '../log/policy.ts';
import { coveredMsOf, lengthMsOf, type Period } from './availability.ts';
import { compareDecimals, type Decimal, decimalOf } from './decimal.ts';
import type { AgreedTerms, SlaPromise } from './terms-document.ts';

/** What terms give back for the outages of one cycle. */
export interface DueCredit extends SlaPromise {
  readonly downMs: string;
  readonly cycleMs: string;
  readonly before: string;
  readonly price: string;
  readonly amount: string;
}

export interface Breach {
  readonly terms: AgreedTerms;
  readonly cycle: Period;
  readonly outages: readonly Period[];
  /** Percent of the price that were credited for the cycle already. */
  readonly before: string;
  readonly scales: Scales;
}

/**
 * The credit that is due (docs/reference/log-format.md, "Credits of terms"), once for each promise that gives the most, since the format lets
 * either be named; nothing where no promise is broken, or all that it gives was credited. Undefined where the terms cannot be computed with.
 * Written for this verifier alone: it shares nothing with the code that made the credit.
 */
export function creditsDue({ terms, cycle, outages, before, scales }: Breach): readonly DueCredit[] | undefined {
  const price = parseAmount(terms.price.amount, scales);
  const credited = decimalOf(before);
  const promises = terms.slaCredits.map((promise) => {
    return { promise, below: decimalOf(promise.availabilityBelow), percent: decimalOf(promise.creditPercent) };
  });
  if (price === undefined || credited === undefined) return undefined;
  const [downMs, cycleMs] = [coveredMsOf(outages), lengthMsOf(cycle)];
  const broken: { readonly promise: SlaPromise; readonly percent: Decimal }[] = [];
  for (const { promise, below, percent } of promises) {
    if (below === undefined || percent === undefined) return undefined;
    // Exactly: nothing is rounded before it is compared.
    if ((cycleMs - downMs) * 100n * 10n ** BigInt(below.scale) < below.digits * cycleMs) broken.push({ promise, percent });
  }
  const most = broken.filter(({ percent }) => broken.every((other) => compareDecimals(percent, other.percent) >= 0n));
  return most.flatMap(({ promise, percent }): DueCredit[] => {
    const due = partOf(price, percent, scales) - partOf(price, credited, scales);
    if (compareDecimals(percent, credited) <= 0n || due <= 0n) return [];
    const amounts = { price: amountText(price, scales), amount: amountText(due, scales) };
    return [{ ...promise, ...amounts, downMs: downMs.toString(), cycleMs: cycleMs.toString(), before }];
  });
}

/** Rounded half-up to the ledger scale, and then to what can be paid. */
function partOf(price: bigint, { digits, scale }: Decimal, { ledgerScale, payableScale }: Scales): bigint {
  const exact = halfUp(price * digits, 100n * 10n ** BigInt(scale));
  const step = 10n ** BigInt(ledgerScale - payableScale);
  return halfUp(exact, step) * step;
}

/** Nothing here is below zero. */
function halfUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend * 2n + divisor) / (divisor * 2n);
}
