import { accept } from '../../commands/domain/decision.ts';
import { amountText, type Money, moneyOf } from '../../money/money.ts';
import type { EffectOf } from './chain-effect.ts';
import type { CreditShare } from './credit-holding.ts';
import { final, type FinalContext, type FinalDecision } from './final-event.ts';
import {
  creditExpiredPostings,
  creditIssuedPostings,
  creditRedeemedPostings,
  creditRefundedPostings,
  unmatchedCreditPostings,
} from './settlement-postings.ts';
import { type MatchedCredit, type MatchedCreditShare, placeOf, type SettlementEvent } from './settlement.events.ts';
import type { PendingSettlement } from './settlement.ts';
import { type KnownToken, tokenMoney } from './token-amount.ts';

/* Prepaid credit that was given out, spent, taken back or is over, for good. Its supply on chain is what the provider owes for it, to the unit. */

type CreditLog = EffectOf<'CreditIssued' | 'CreditRedeemed' | 'CreditExpired' | 'CreditRefunded'>['log'];

export function creditMoved(state: PendingSettlement, context: FinalContext, log: CreditLog): FinalDecision {
  const { token, creditShares } = context;
  const seen = state.seen.credit;
  const credit = seen === undefined || token === undefined ? seen : creditOf(seen, creditShares ?? [], token);
  return accept(credit === undefined ? unmatchedCredit(state, context, log) : final(state, { credit }, postingsOf(log, credit)));
}

/**
 * Whose the credit really was. It pays what it was spent for where it was all of the account that was to pay; otherwise it is the money of
 * whoever had it. Undefined where it was nobody's.
 */
function creditOf(seen: MatchedCredit, shares: readonly CreditShare[], token: KnownToken): MatchedCredit | undefined {
  const [share] = shares;
  if (share === undefined || (shares.length === 1 && share.account === seen.account)) return seen;
  const owner = shares.find(({ account }) => account !== undefined)?.account;
  if (owner === undefined) return undefined;
  const { slot, purpose: _, ...credit } = seen;
  // What is taken back was decided of one account's purchase, whoever else lost by it.
  const whose = seen.refund === undefined ? { account: owner } : { account: seen.account, ...(slot !== undefined && { slot }) };
  if (shares.length === 1 && whose.account === owner) return { ...credit, ...whose };
  return { ...credit, ...whose, shares: shares.map((each) => shareOf(each, token)) };
}

function shareOf({ account, units }: CreditShare, token: KnownToken): MatchedCreditShare {
  const amount = amountText(tokenMoney(units.toString(), token));
  return { ...(account !== undefined && { account }), amount, units: units.toString() };
}

function postingsOf(
  { name }: CreditLog,
  { account, amount, units, currency, shares = [{ account, amount, units }], refund }: MatchedCredit,
) {
  const decidedFor = refund === undefined ? undefined : account;
  return shares.flatMap((share) => {
    const money = moneyOf(share.amount, currency);
    return share.account === undefined
      ? unmatchedCreditPostings('out', [{ money }])
      : shareOfPostings(name, share.account, money, decidedFor);
  });
}

function shareOfPostings(name: CreditLog['name'], account: string, money: Money, decidedFor: string | undefined) {
  switch (name) {
    case 'CreditIssued':
      return creditIssuedPostings(account, money);
    case 'CreditRedeemed':
      return creditRedeemedPostings(account, money);
    case 'CreditExpired':
      return creditExpiredPostings(account, money);
    case 'CreditRefunded':
      return account === decidedFor ? creditRefundedPostings(account, money) : creditRedeemedPostings(account, money);
  }
}

/** The books follow the contract all the same: what was given out can be spent. Somebody has to look. */
function unmatchedCredit({ seen }: PendingSettlement, { token, creditShares }: FinalContext, log: CreditLog): SettlementEvent {
  const { block, contract, unmatched: reason = 'holder_unknown' } = seen;
  const direction = log.name === 'CreditIssued' ? 'in' : 'out';
  const holder = log.name === 'CreditIssued' ? log.to : log.holder;
  const place = { ...placeOf(seen), name: log.name, holding: 'credit', direction, from: holder, tokenAddress: contract } as const;
  if (token === undefined) {
    return { type: 'ReceiptUnmatched/1', data: { ...place, reason: 'token_unknown', effectiveAt: block.time, postings: [] } };
  }
  const amount = tokenMoney(log.amount, token);
  const known = { token: token.currency, tokenAmount: amountText(amount), effectiveAt: block.time };
  const lost = creditShares?.map(({ account, units }) => ({ account, money: tokenMoney(units.toString(), token) }));
  const postings = unmatchedCreditPostings(direction, direction === 'in' || lost === undefined ? [{ money: amount }] : lost);
  return { type: 'ReceiptUnmatched/1', data: { ...place, reason, ...known, postings } };
}
