import type { MatchedCredit, SettlementFinalized } from './settlement.events.ts';

/* What becomes of prepaid credit that was burnt and was not all of one account (docs/decisions/0172). */

/** What of the credit that was taken back is of the account that this was decided for; undefined where it had nothing. */
export function decidedPart({ account, amount, shares }: MatchedCredit): string | undefined {
  return shares === undefined ? amount : shares.find((share) => share.account === account)?.amount;
}

/** What is money of those who had it, since nothing was paid with it; what was nobody's is nobody's money, and what is over is earned. */
export function returnedParts(
  name: SettlementFinalized['name'],
  { account: decidedFor, shares = [] }: MatchedCredit,
): readonly { readonly account: string; readonly amount: string }[] {
  if (name !== 'CreditRedeemed' && name !== 'CreditRefunded') return [];
  return shares.flatMap(({ account, amount }) => {
    const isReturned = account !== undefined && (name === 'CreditRedeemed' || account !== decidedFor);
    return isReturned ? [{ account, amount }] : [];
  });
}
