import { moneyOf } from '../../money/money.ts';
import type { CreditIssueOrdered, CreditRefundOrdered, DispatchFailure } from './dispatch.events.ts';
import { invoiceRefOf } from './quote.ts';
import type { CreditRefundDecided } from './slot.events.ts';
import { noTerms } from './terms.ts';

/** Units of the credit for an amount of what was bought; undefined for an amount with digits that the token does not have. */
export function creditRefundUnits(issue: Pick<CreditIssueOrdered, 'amount' | 'currency' | 'units'>, amount: string): bigint | undefined {
  const [whole, part] = [moneyOf(issue.amount, issue.currency).amount, moneyOf(amount, issue.currency).amount];
  const units = BigInt(issue.units) * part;
  return units % whole === 0n ? units / whole : undefined;
}

export interface CreditRefundSource {
  /** What gave the credit out: it is taken back where it is. */
  readonly issue: CreditIssueOrdered;
  /** Of the slot that it was bought in: with it nobody learns from the reference on chain which decision it is of. */
  readonly salt: string;
  readonly refundSeq: string;
}

/** The order that carries out what was decided: the same for the same decision, whenever it is asked for. */
export function creditRefundOrdered(
  { refund, seq: slot, account, holder, amount, currency }: CreditRefundDecided,
  { issue, salt, refundSeq }: CreditRefundSource,
): CreditRefundOrdered {
  const { chainId, contract, providerId } = issue;
  const units = creditRefundUnits(issue, amount);
  if (units === undefined) throw new RangeError(`${amount} ${currency} are no units of the credit at ${contract}.`);
  const ref = invoiceRefOf({ salt, invoiceId: refund, termsHash: noTerms });
  return { chainId, contract, providerId, refund, refundSeq, slot, account, amount, currency, holder, units: units.toString(), ref };
}

/** Whether it failed because the contract has seen its number before. Whose transaction that was, the chain says. */
export function isCreditNumberTaken(failure: DispatchFailure): boolean {
  return failure.code === 'reverted' && failure.error.startsWith('PrepaidCreditSeqUsed(');
}
