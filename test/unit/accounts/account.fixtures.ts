import type { AccountEvent } from '../../../services/accounts/domain/account.events.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { openAccount } from '../../../services/accounts/domain/account.decider.ts';
import { closeCharges } from '../../../services/accounts/domain/closing.decider.ts';
import { postCharge, purchaseTitle, topUp } from '../../../services/accounts/domain/charging.decider.ts';
import { type CreditSettlementData, creditSettlement } from '../../../services/accounts/domain/crediting.decider.ts';
import {
  type EndTitleGrantData,
  endTitleGrant,
  type GrantTitleData,
  grantTitle,
} from '../../../services/accounts/domain/granting.decider.ts';
import { receivePayment } from '../../../services/accounts/domain/payment.decider.ts';
import type { PurchaseTitleData } from '../../../services/accounts/domain/account.commands.ts';
import { type RefundSettlementData, refundSettlement } from '../../../services/accounts/domain/refunding.decider.ts';
import { type TakeBackCreditData, takeBackCredit } from '../../../services/accounts/domain/taking-back.decider.ts';
import { type ReverseSettlementCreditData, reverseSettlementCredit } from '../../../services/accounts/domain/uncrediting.decider.ts';
import { type Money, moneyOf } from '../../../services/money/money.ts';
import { given } from '../../support/given.ts';

export const id = 'acc_00000000-0000-5000-8000-000000000001';
export const at = '2026-03-01T12:00:00.000Z';
export const eur = (text: string): Money => moneyOf(text, 'EUR');
export const invoiceId = (number: number) => `inv_00000000-0000-5000-8000-${number.toString().padStart(12, '0')}`;

/** Histories are made by the deciders themselves, so that no test holds an event that could not have been written. */
export class History {
  readonly events: AccountEvent[] = [];

  prepaid(creditLimit = '0'): this {
    return this.#did((state) => openAccount(state, { account: id, billing: 'prepaid', creditLimit: eur(creditLimit) }));
  }

  postpaid(creditLimit = '1000'): this {
    return this.#did((state) => openAccount(state, { account: id, billing: 'postpaid', creditLimit: eur(creditLimit) }));
  }

  toppedUp(amount: string): this {
    return this.#did((state) => topUp(state, { amount: eur(amount), method: 'card', channel: 'api', effectiveAt: at }));
  }

  charged(amount: string, source?: 'wallet' | 'invoice'): this {
    return this.#did((state) => postCharge(state, { ...charge(amount), ...(source && { source }) }));
  }

  purchased(price: string): this {
    return this.#did((state) => purchaseTitle(state, purchase(price)));
  }

  closed(number: number): this {
    return this.#did((state) => closeCharges(state, { invoice: invoiceId(number), series: 'main', dueOn: '2026-04-01', effectiveAt: at }));
  }

  paid(amount: string, reference: string): this {
    return this.#did((state) => receivePayment(state, payment(amount, reference)));
  }

  credited(amount: string, data: Partial<CreditSettlementData> = {}): this {
    return this.#did((state) => creditSettlement(state, crediting(amount, data)));
  }

  tookBack(amount: string, data: Partial<TakeBackCreditData> = {}): this {
    return this.#did((state) => takeBackCredit(state, burning(amount, data)));
  }

  refunded(amount: string, data: Partial<RefundSettlementData> = {}): this {
    return this.#did((state) => refundSettlement(state, refunding(amount, data)));
  }

  uncredited(data: Partial<ReverseSettlementCreditData> = {}): this {
    return this.#did((state) => reverseSettlementCredit(state, { ...reversing, ...data }));
  }

  granted(price: string, data: Partial<GrantTitleData> = {}): this {
    return this.#did((state) => grantTitle(state, granting(price, data)));
  }

  ended(reason: EndTitleGrantData['reason']): this {
    return this.#did((state) => endTitleGrant(state, ending(reason)));
  }

  #did(decide: Parameters<ReturnType<typeof given<typeof account.initial, AccountEvent>>['when']>[0]): this {
    const decision = decide(given(account, this.events).state);
    if (decision.kind !== 'accepted') throw new Error(`The history cannot be: ${decision.kind}`);
    this.events.push(...decision.events);
    return this;
  }
}

export function charge(amount: string) {
  return { amount: eur(amount), product: 'internet-100', description: 'Internet 100', effectiveAt: at };
}

export function payment(amount: string, reference: string) {
  return { payment: 'pay_00000000-0000-5000-8000-000000000001', amount: eur(amount), method: 'bank', reference, effectiveAt: at };
}

export function purchase(price: string): PurchaseTitleData {
  return {
    purchase: 'pur_00000000-0000-5000-8000-000000000001',
    title: { id: 'ttl_00000000-0000-5000-8000-000000000001', name: 'Final', stream: 'demo.title-1', revision: '0' },
    product: 'ppv',
    price: eur(price),
    sale: { from: '2026-02-01T00:00:00.000Z', until: '2026-04-01T00:00:00.000Z' },
    entitlement: { from: '2026-04-01T18:00:00.000Z', until: '2026-04-01T23:00:00.000Z' },
    effectiveAt: at,
  };
}

/** The payment of slot 1, by default a top-up. */
export function crediting(amount: string, data: Partial<CreditSettlementData> = {}): CreditSettlementData {
  const purpose = { kind: 'top-up', bucket: 'money' } as const;
  return { settlement: '1.0xa.slot.1', slot: '1', purpose, amount: eur(amount), chainId: '1', tx: '0x7', effectiveAt: at, ...data };
}

/** Of the credit that slot 1 bought. */
export function burning(amount: string, data: Partial<TakeBackCreditData> = {}): TakeBackCreditData {
  return { refund: 'ref_1', slot: '1', amount: eur(amount), chainId: '1', tx: '0x8', effectiveAt: at, ...data };
}

/** Of the payment of slot 1. */
export function refunding(amount: string, data: Partial<RefundSettlementData> = {}): RefundSettlementData {
  return { refund: 'ref_back', settlement: '1.0xa.slot.1', amount: eur(amount), reason: 'sorry', effectiveAt: at, ...data };
}

export const reversing: ReverseSettlementCreditData = { settlement: '1.0xa.slot.1', reason: 'The chain went back.', effectiveAt: at };

/** When the window of `granting` begins. */
export const windowFrom = '2026-04-01T18:00:00.000Z';

export function granting(price: string, data: Partial<GrantTitleData> = {}): GrantTitleData {
  const { purchase: purchaseId, title, product, entitlement } = purchase(price);
  const what = { purchase: purchaseId, title, product, entitlement, price: eur(price) };
  return { ...what, settlement: '1.0xa.slot.1', slot: '1', hold: 'receivable', tx: '0x7', effectiveAt: at, ...data };
}

export function ending(reason: EndTitleGrantData['reason']): EndTitleGrantData {
  return { slot: '1', reason, effectiveAt: at };
}
