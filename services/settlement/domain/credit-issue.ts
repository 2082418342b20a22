import { moneyOf } from '../../money/money.ts';
import { epochOf, monthsAfterIssueMax } from './credit-epoch.ts';
import type { CreditIssueOrdered } from './dispatch.events.ts';
import type { SettlementObserved } from './settlement.events.ts';
import type { SlotOpened } from './slot.events.ts';
import type { CreditTerms } from './terms.events.ts';
import { type KnownToken, tokenUnits } from './token-amount.ts';

/** A payment of credit that is final and credited, with what was agreed to in its slot. */
export interface BoughtCredit {
  readonly settlement: string;
  readonly seen: Pick<SettlementObserved, 'chainId' | 'providerId' | 'block'>;
  readonly payer: string;
  readonly opened: Pick<SlotOpened, 'seq' | 'account' | 'amount' | 'currency' | 'invoiceRef'>;
  readonly terms: CreditTerms | undefined;
}

/**
 * The order that gives out what was paid for: to the wallet that paid, under the number of the slot, for as many months as the terms say after
 * that of the payment. The same for the same payment, whenever it is asked for.
 */
export function creditIssueOrdered({ settlement, seen, payer, opened, terms }: BoughtCredit, token: KnownToken): CreditIssueOrdered {
  const { seq: slot, account, amount, currency, invoiceRef: ref } = opened;
  const units = tokenUnits(moneyOf(amount, currency), token);
  if (token.currency !== currency || units === undefined) throw new RangeError(`${amount} ${currency} cannot be had as ${token.address}.`);
  const months = terms === undefined ? monthsAfterIssueMax : Number(terms.monthsAfterIssue);
  const { chainId, providerId, block } = seen;
  return {
    ...{ chainId, contract: token.address, providerId, settlement, slot, account, amount, currency },
    ...{ to: payer, units: units.toString(), epoch: (epochOf(block.time) + months).toString(), ref },
  };
}
