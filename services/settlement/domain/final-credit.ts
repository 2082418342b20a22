import { accept } from '../../commands/domain/decision.ts';
import { amountText, moneyOf } from '../../money/money.ts';
import type { EffectOf } from './chain-effect.ts';
import { final, type FinalContext, type FinalDecision } from './final-event.ts';
import {
  creditExpiredPostings,
  creditIssuedPostings,
  creditRedeemedPostings,
  creditRefundedPostings,
  unmatchedCreditPostings,
} from './settlement-postings.ts';
import { type MatchedCredit, placeOf, type SettlementEvent } from './settlement.events.ts';
import type { PendingSettlement } from './settlement.ts';
import { tokenMoney } from './token-amount.ts';

/* Prepaid credit that was given out, spent, taken back or is over, for good. Its supply on chain is what the provider owes for it, to the unit. */

type CreditLog = EffectOf<'CreditIssued' | 'CreditRedeemed' | 'CreditExpired' | 'CreditRefunded'>['log'];

export function creditMoved(state: PendingSettlement, context: FinalContext, log: CreditLog): FinalDecision {
  const { credit } = state.seen;
  return accept(credit === undefined ? unmatchedCredit(state, context, log) : final(state, { credit }, postingsOf(log, credit)));
}

function postingsOf({ name }: CreditLog, { account, amount, currency }: MatchedCredit) {
  const money = moneyOf(amount, currency);
  switch (name) {
    case 'CreditIssued':
      return creditIssuedPostings(account, money);
    case 'CreditRedeemed':
      return creditRedeemedPostings(account, money);
    case 'CreditExpired':
      return creditExpiredPostings(money);
    case 'CreditRefunded':
      return creditRefundedPostings(account, money);
  }
}

/** The books follow the contract all the same: what was given out can be spent. Somebody has to look. */
function unmatchedCredit({ seen }: PendingSettlement, { token }: FinalContext, log: CreditLog): SettlementEvent {
  const { block, contract, unmatched: reason = 'holder_unknown' } = seen;
  const direction = log.name === 'CreditIssued' ? 'in' : 'out';
  const holder = log.name === 'CreditIssued' ? log.to : log.holder;
  const place = { ...placeOf(seen), name: log.name, holding: 'credit', direction, from: holder, tokenAddress: contract } as const;
  if (token === undefined) {
    return { type: 'ReceiptUnmatched/1', data: { ...place, reason: 'token_unknown', effectiveAt: block.time, postings: [] } };
  }
  const amount = tokenMoney(log.amount, token);
  const known = { token: token.currency, tokenAmount: amountText(amount), effectiveAt: block.time };
  return { type: 'ReceiptUnmatched/1', data: { ...place, reason, ...known, postings: unmatchedCreditPostings(direction, amount) } };
}
