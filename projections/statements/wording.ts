import type { AccountEvent } from '../../services/accounts/domain/account.events.ts';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { InvoiceEvent } from '../../services/invoicing/domain/invoice.events.ts';
import { type Currency, isCurrency } from '../../services/money/currency.ts';

/** How a row of a statement reads. */
export interface Wording {
  /** Text of the event itself; the type beside it says what kind of thing it is. */
  readonly description: string;
  /** The invoice, payment, purchase or event it is about. */
  readonly reference?: string;
}

type KnownEvent = AccountEvent | InvoiceEvent;

/** Total: an event of a later type that posts to an account is shown by its type. */
export function wordingOf(event: LedgerEvent): Wording {
  // The payload was checked when it was written; its type names its shape.
  const { type, data } = { type: event.type, data: event.fin } as unknown as KnownEvent;
  switch (type) {
    case 'ToppedUp/1':
      return { description: data.method };
    case 'ChargePosted/1':
      return { description: data.description, ...(data.usageRecord !== undefined && { reference: data.usageRecord }) };
    case 'TitlePurchased/1':
      return { description: data.title.name, reference: data.purchase };
    case 'PaymentReceived/1':
      return { description: `${data.method} ${data.reference}`, reference: data.payment };
    case 'EntryReversed/1':
      return { description: data.reason, reference: data.reverses.event };
    case 'ChargesClosed/1':
      return { description: `${data.payable} ${data.currency}, due ${data.dueOn}`, reference: data.invoice };
    case 'SettlementCredited/1':
      return { description: `chain ${data.chainId} ${data.tx}`, reference: data.settlement };
    case 'SettlementCreditReversed/1':
    case 'CreditTakenBackReversed/1':
      return { description: data.reason, reference: data.settlement };
    case 'TitleGranted/1':
    case 'TitleGrantEnded/1':
      return { description: data.title.name, reference: data.purchase };
    case 'SlaCredited/1':
      return { description: `${data.offer} was available for less than ${data.availabilityBelow} %`, reference: data.terms.hash };
    case 'TitleCaptured/1':
      return { description: data.product, reference: data.settlement };
    case 'SettlementRefundDecided/1':
      return { description: data.reason, reference: data.refund };
    case 'SettlementRefundReturned/1':
      return { description: data.failure, reference: data.refund };
    case 'CreditTakenBack/1':
      return { description: `chain ${data.chainId} ${data.tx}`, reference: data.refund };
    case 'InvoiceIssued/1':
      return { description: data.number, reference: data.invoice };
    default:
      return { description: event.type };
  }
}

/** Whose statement tells of an event that moves no money: a charge of zero units, the document of an invoice. */
export function noticeOf({ type, fin }: LedgerEvent): { readonly account: string; readonly currency: Currency } | undefined {
  if (type !== 'ChargePosted/1' && type !== 'InvoiceIssued/1') return undefined;
  const { account, currency } = fin;
  if (typeof account !== 'string' || typeof currency !== 'string' || !isCurrency(currency)) return undefined;
  return { account, currency };
}
