import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { amountText, type Money } from '../../money/money.ts';
import { credit, debit, type Posting } from '../../money/posting.ts';
import type { SettlementCredited } from './account-settlement.events.ts';
import type { AccountRejection } from './account.commands.ts';
import type { AccountEvent } from './account.events.ts';
import type { Account, OpenAccount } from './open-account.ts';
import { currencyMismatch, textOf } from './charging.decider.ts';
import { ledgerAccount, overpaidBucket } from './chart.ts';

/** What a settlement was made for. */
export type CreditPurpose =
  | { readonly kind: 'invoice'; readonly invoice: string }
  | { readonly kind: 'top-up'; readonly bucket: string }
  /** `redemption`: prepaid credit that was spent on nothing that it pays. */
  | { readonly kind: 'title' | 'deposit' | 'credit' | 'allocation' | 'redemption' };

export interface CreditSettlementData {
  readonly settlement: string;
  readonly slot?: string;
  readonly purpose: CreditPurpose;
  readonly amount: Money;
  readonly chainId: string;
  readonly tx: string;
  readonly effectiveAt: string;
}

/**
 * Credits a payment that is final to what it was made for. What is above what is owed is the customer's, in the wallet; so is the whole of a
 * second payment of a slot, which no contract allows at one place and two places together may still bring.
 */
export function creditSettlement(account: Account, data: CreditSettlementData): Decision<AccountEvent, AccountRejection> {
  if (account.status === 'none') return reject({ code: 'account_not_found' });
  if (data.amount.currency !== account.currency) return reject(currencyMismatch(account, data.amount));
  const known = account.settlements.get(data.settlement);
  if (known !== undefined && known.reversedAt === undefined) return repeated(known.revision);
  return accept({ type: 'SettlementCredited/1', data: creditedBy(account, data) });
}

function creditedBy(account: OpenAccount, data: CreditSettlementData): SettlementCredited {
  const { settlement, slot, purpose, amount, chainId, tx, effectiveAt } = data;
  const { currency } = account;
  const use = isPaidAlready(account, slot) ? overpaid(amount) : useOf(account, data);
  const wallet = { amount: use.wallet, currency };
  return {
    ...{ account: account.account, settlement, ...(slot !== undefined && { slot }), purpose: purpose.kind },
    ...textOf(amount),
    allocations: use.allocations.map(({ invoice, part }) => ({ invoice, amount: amountText({ amount: part, currency }) })),
    ...(use.title !== undefined && {
      title: { purchase: use.title.purchase, amount: amountText({ amount: use.title.part, currency }) },
    }),
    wallet: amountText(wallet),
    bucket: use.bucket,
    ...{ chainId, tx, effectiveAt },
    postings: [
      debit(ledgerAccount.paymentPending(account.account), amount),
      ...lines(use, account),
      ...(use.wallet > 0n ? [credit(ledgerAccount.wallet(account.account, use.bucket), wallet)] : []),
    ],
  };
}

/** How a payment is spread. The parts and the wallet sum up to the amount. */
interface Use {
  readonly allocations: readonly { readonly invoice: string; readonly part: bigint }[];
  readonly title?: { readonly purchase: string; readonly part: bigint };
  readonly other?: { readonly place: string; readonly part: bigint };
  readonly wallet: bigint;
  readonly bucket: string;
}

function overpaid({ amount }: Money): Use {
  return { allocations: [], wallet: amount, bucket: overpaidBucket };
}

function useOf(account: OpenAccount, { settlement, purpose, slot, amount: { amount } }: CreditSettlementData): Use {
  const nothing = { allocations: [], wallet: 0n, bucket: overpaidBucket };
  switch (purpose.kind) {
    case 'invoice': {
      const open = account.openInvoices.find(({ invoice }) => invoice === purpose.invoice)?.open ?? 0n;
      const part = smaller(open, amount);
      return { ...nothing, allocations: part > 0n ? [{ invoice: purpose.invoice, part }] : [], wallet: amount - part };
    }
    case 'title': {
      const grant = slot === undefined ? undefined : account.grants.get(slot);
      const part = smaller(grant?.owed ?? 0n, amount);
      const title = grant === undefined || part === 0n ? {} : { title: { purchase: grant.granted.purchase, part } };
      return { ...nothing, ...title, wallet: amount - part };
    }
    case 'top-up':
      return { ...nothing, wallet: amount, bucket: purpose.bucket };
    case 'allocation':
    case 'redemption':
      return { ...nothing, wallet: amount };
    case 'deposit':
      return { ...nothing, other: { place: ledgerAccount.deposit(account.account), part: amount } };
    case 'credit': {
      const part = larger(amount - takenBackOf(account, settlement), 0n);
      return { ...nothing, other: { place: ledgerAccount.creditUnissued(account.account), part }, wallet: amount - part };
    }
  }
}

function lines({ allocations, title, other }: Use, { account, currency }: OpenAccount): Posting[] {
  const owed = allocations.reduce((sum, { part }) => sum + part, title?.part ?? 0n);
  return [
    ...(owed > 0n ? [credit(ledgerAccount.receivable(account), { amount: owed, currency })] : []),
    ...(other === undefined || other.part === 0n ? [] : [credit(other.place, { amount: other.part, currency })]),
  ];
}

/** Whether another settlement of the same slot was credited: on another chain, or by another contract. */
function isPaidAlready({ settlements }: OpenAccount, slot: string | undefined): boolean {
  return (
    slot !== undefined && [...settlements.values()].some((settlement) => settlement.slot === slot && settlement.reversedAt === undefined)
  );
}

/** What was burnt already of the credit that a payment bought, which comes again: only the rest can be out there. */
function takenBackOf({ settlements }: OpenAccount, settlement: string): bigint {
  const known = settlements.get(settlement);
  return known?.credit === undefined ? 0n : known.paid - known.credit;
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}
