import { divide } from '../../money/rounding.ts';
import { amountText, type Money, moneyOf } from '../../money/money.ts';
import type { UsageRow } from './usage-file.ts';

/*
 * What each customer of the demo does. It follows from the row number alone, so that a demo which was killed and is started again
 * asks for exactly the same things and finds most of them done.
 */

export const currency = 'USD';
export const titlePrice = '4.99';

/** How a postpaid customer pays the invoice. `twice` reports one payment two times. */
export type PaymentBehaviour = 'none' | 'partial' | 'full' | 'twice' | 'over';

const behaviours: readonly PaymentBehaviour[] = ['none', 'partial', 'full', 'twice', 'over'];
const overpayment = moneyOf('5', currency);

export function isPrepaid({ row }: UsageRow): boolean {
  return row % 2 === 1;
}

/** Every tenth customer, prepaid and postpaid in turn. */
export function buysTitle({ row }: UsageRow): boolean {
  return row % 20 === 1 || row % 20 === 12;
}

export function paymentBehaviour({ row }: UsageRow): PaymentBehaviour {
  return behaviours[Math.floor(row / 2) % behaviours.length] as PaymentBehaviour;
}

/** Enough for the charges and a title, in whole tens of dollars: nobody knows the exact sum before it is rated. */
export function topUpOf({ usage }: UsageRow): string {
  const ten = moneyOf('10', currency).amount;
  const needed = usage.reduce((sum, { published }) => sum + moneyOf(published, currency).amount, moneyOf(titlePrice, currency).amount);
  return amountText({ amount: (needed / ten + 1n) * ten, currency });
}

/** What a customer pays of an invoice; undefined for one who does not pay. */
export function paymentOf(behaviour: PaymentBehaviour, payable: Money): Money | undefined {
  const cent = moneyOf('0.01', currency).amount;
  switch (behaviour) {
    case 'none':
      return undefined;
    case 'partial':
      return { amount: divide(payable.amount, 2n * cent, 'up') * cent, currency };
    case 'over':
      return { amount: payable.amount + overpayment.amount, currency };
    default:
      return payable;
  }
}
