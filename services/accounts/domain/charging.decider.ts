import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { amountText, largestPayable, type Money } from '../../money/money.ts';
import { credit, debit, type Posting } from '../../money/posting.ts';
import type { AccountEvent, ChargeSource } from './account.events.ts';
import type { AccountRejection, PostChargeData, PurchaseTitleData, TopUpData } from './account.commands.ts';
import { owedForTitles } from './known-settlements.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { ledgerAccount } from './chart.ts';

/* Money out of and into the wallet, and charges that wait for the invoice. Rejections are listed in precedence order. */

type AccountDecision = Decision<AccountEvent, AccountRejection>;

export function topUp(account: Account, data: TopUpData): AccountDecision {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  if (data.amount.currency !== account.currency) return reject(currencyMismatch(account, data.amount));
  const { method, channel, effectiveAt } = data;
  const postings = [debit(ledgerAccount.cash(method), data.amount), credit(ledgerAccount.wallet(account.account), data.amount)];
  return accept({
    type: 'ToppedUp/1',
    data: { account: account.account, ...textOf(data.amount), method, channel, effectiveAt, postings },
  });
}

export function postCharge(account: Account, data: PostChargeData): AccountDecision {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  const source = data.source ?? defaultSource(account);
  const refusal = refusalOf(account, data.amount, source);
  if (refusal !== undefined) return reject(refusal);
  const { product, description, effectiveAt, rating, usageRecord } = data;
  return accept({
    type: 'ChargePosted/1',
    data: {
      account: account.account,
      ...textOf(data.amount),
      description,
      effectiveAt,
      postings: postingsOf(account, source, product, data.amount),
      product,
      ...(rating !== undefined && { rating }),
      source,
      ...(usageRecord !== undefined && { usageRecord }),
    },
  });
}

/** A title is paid when it is bought: an order that cannot be paid grants nothing. */
export function purchaseTitle(account: Account, data: PurchaseTitleData): AccountDecision {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  if (account.purchases.has(data.title.id)) return reject({ code: 'title_already_purchased', title: data.title.id });
  if (data.effectiveAt < data.sale.from || data.effectiveAt >= data.sale.until) return reject({ code: 'title_not_on_sale', ...data.sale });
  const source = data.source ?? defaultSource(account);
  const refusal = refusalOf(account, data.price, source);
  if (refusal !== undefined) return reject(refusal);
  const { purchase, title, product, entitlement, effectiveAt } = data;
  return accept({
    type: 'TitlePurchased/1',
    data: {
      account: account.account,
      purchase,
      ...textOf(data.price),
      product,
      source,
      title,
      entitlement,
      effectiveAt,
      postings: postingsOf(account, source, product, data.price),
    },
  });
}

/** What may still be taken from the wallet: a prepaid account may go below zero by its credit limit, a postpaid one may not. */
export function walletAvailable(account: OpenAccount): bigint {
  return account.wallet + (account.billing === 'prepaid' ? account.creditLimit : 0n);
}

/** What may still be charged to the invoice before the credit limit, or the most that an invoice can say, is reached. */
export function creditAvailable(account: OpenAccount): bigint {
  const owed = account.openInvoices.reduce((sum, { open }) => sum + open, account.unbilled + owedForTitles(account));
  const most = largestPayable(account.currency).amount;
  return (account.creditLimit < most ? account.creditLimit : most) - owed;
}

export function currencyMismatch(account: OpenAccount, given: Money): AccountRejection {
  return { code: 'currency_mismatch', account: account.currency, given: given.currency };
}

export function textOf(money: Money): { readonly amount: string; readonly currency: string } {
  return { amount: amountText(money), currency: money.currency };
}

function defaultSource(account: OpenAccount): ChargeSource {
  return account.billing === 'prepaid' ? 'wallet' : 'invoice';
}

function refusalOf(account: OpenAccount, amount: Money, source: ChargeSource): AccountRejection | undefined {
  const { currency } = account;
  if (amount.currency !== currency) return currencyMismatch(account, amount);
  if (source === 'invoice' && account.billing === 'prepaid') return { code: 'source_not_available', source };
  const available = source === 'wallet' ? walletAvailable(account) : creditAvailable(account);
  if (amount.amount <= available) return undefined;
  const code = source === 'wallet' ? 'insufficient_funds' : 'credit_limit_exceeded';
  return { code, available: amountText({ amount: available, currency }), required: amountText(amount), currency };
}

/** A charge of zero (usage of no units) is a fact that moves nothing. */
function postingsOf(account: OpenAccount, source: ChargeSource, product: string, amount: Money): Posting[] {
  if (amount.amount === 0n) return [];
  const taken = source === 'wallet' ? walletDebits(account, amount) : [debit(ledgerAccount.unbilled(account.account), amount)];
  return [...taken, credit(ledgerAccount.revenue(product), amount)];
}

/** Takes from the other buckets first, the oldest before all, and then from the customer's money, which alone may go below zero. */
function walletDebits({ account, buckets }: OpenAccount, { amount, currency }: Money): Posting[] {
  const lines: Posting[] = [];
  let left = amount;
  for (const [bucket, held] of buckets) {
    if (left === 0n) break;
    const part = held < left ? held : left;
    if (part <= 0n) continue;
    lines.push(debit(ledgerAccount.wallet(account, bucket), { amount: part, currency }));
    left -= part;
  }
  if (left > 0n) lines.push(debit(ledgerAccount.wallet(account), { amount: left, currency }));
  return lines;
}
