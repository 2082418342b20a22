import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { Currency } from '../../services/money/currency.ts';
import { ImpossibleEventDefect } from './impossible-event.ts';
import { postingsOf, type PostedLine } from './event-postings.ts';

/** Where a customer's money stands: a wallet the customer filled, charges not yet invoiced, invoices not yet paid. */
export type CustomerPlace = 'wallet' | 'unbilled' | 'receivable';

export interface CustomerLedgerAccount {
  readonly account: string;
  readonly place: CustomerPlace;
}

/** The patterns of the chart (services/accounts/domain/chart.ts) that belong to one customer's account. */
const pattern = /^(?:liability:(wallet):(acc_[^:]+):[^:]+|asset:(unbilled|receivable):(acc_[^:]+))$/;

/** Whose ledger account this is; undefined for the provider's own, such as revenue and cash. */
export function customerOf(ledgerAccount: string): CustomerLedgerAccount | undefined {
  const match = pattern.exec(ledgerAccount);
  if (match === null) return undefined;
  const [, wallet, walletAccount, asset, assetAccount] = match;
  return { account: (walletAccount ?? assetAccount) as string, place: (wallet ?? asset) as CustomerPlace };
}

/** Signed from the customer's point of view, at ledger scale: the wallet is what the customer has, the others are what is owed. */
export interface CustomerMovement {
  readonly account: string;
  readonly currency: Currency;
  wallet: bigint;
  unbilled: bigint;
  receivable: bigint;
}

/** What an event moves on each customer's account that it posts to; usually one. */
export function customerMovementsOf(event: LedgerEvent): readonly CustomerMovement[] {
  const movements: CustomerMovement[] = [];
  for (const line of postingsOf(event)) {
    const customer = customerOf(line.ledgerAccount);
    if (customer === undefined) continue;
    let movement = movements.find(({ account }) => account === customer.account);
    if (movement === undefined) {
      movement = { account: customer.account, currency: line.currency, wallet: 0n, unbilled: 0n, receivable: 0n };
      movements.push(movement);
    }
    if (movement.currency !== line.currency) throw new ImpossibleEventDefect(event, `${customer.account} is moved in two currencies`);
    movement[customer.place] += signed(line, customer.place);
  }
  return movements;
}

/** A wallet is a liability of the provider, so a credit is in the customer's favour; the others are assets. */
function signed({ amount, direction }: PostedLine, place: CustomerPlace): bigint {
  const natural = place === 'wallet' ? 'credit' : 'debit';
  return direction === natural ? amount : -amount;
}
