import type { CommandExecutor } from '../../commands/application/command-executor.ts';
import { knownEventOf } from '../../commands/application/live-aggregate.ts';
import { accountStream } from '../../accounts/application/account-command.ts';
import { type Account, account, type OpenAccount } from '../../accounts/domain/account.ts';
import type { CatalogReader } from '../../catalog/application/catalog-reader.ts';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import { invoice } from '../../invoicing/domain/invoice.ts';
import type { InvoiceIssued } from '../../invoicing/domain/invoice.events.ts';
import { amountText, isPayable, type Money, moneyOf } from '../../money/money.ts';
import { currencyWord } from '../domain/quote.ts';
import type { SlotTitle } from '../domain/slot.events.ts';
import type { CheckoutSubject, SubjectRejection } from './checkout-subject.ts';

/** Something that can be paid, as the books have it now. */
export type Payable = { readonly account: string; readonly amount: Money } & (
  | { readonly kind: 'invoice'; readonly invoice: string; readonly number: string }
  | { readonly kind: 'title'; readonly title: SlotTitle; readonly endsAt: string; readonly held: boolean }
  | { readonly kind: 'top-up'; readonly bucket: string }
  | { readonly kind: 'deposit' | 'credit' }
);

export interface PayableSubjectsOptions {
  readonly executor: CommandExecutor;
  readonly store: EventStore;
  readonly catalog: CatalogReader;
}

/** Looks up what somebody wants to pay, in its own streams. `isFor` tells whether an account is there for whoever asks. */
export class PayableSubjects {
  readonly #options: PayableSubjectsOptions;

  constructor(options: PayableSubjectsOptions) {
    this.#options = options;
  }

  async find(
    provider: string,
    subject: CheckoutSubject,
    { isFor, now }: { readonly isFor: (account: string) => boolean; readonly now: string },
  ): Promise<Payable | SubjectRejection> {
    if (subject.kind === 'invoice') return this.#invoice(provider, subject, isFor);
    const customer = await this.#account(provider, subject.account);
    if (customer.status === 'none' || !isFor(subject.account)) return { code: 'account_not_found' };
    if (subject.kind === 'title') return this.#title(provider, subject, customer, now);
    const { account: id, amount } = subject;
    const refused = refusedAmount(amount, customer);
    if (refused !== undefined) return refused;
    return subject.kind === 'top-up'
      ? { kind: 'top-up', account: id, amount, bucket: subject.bucket }
      : { kind: subject.kind, account: id, amount };
  }

  async #invoice(
    provider: string,
    subject: CheckoutSubject & { readonly kind: 'invoice' },
    isFor: (account: string) => boolean,
  ): Promise<Payable | SubjectRejection> {
    const issued = await this.#issued(provider, subject.invoice);
    if (issued === undefined || !isFor(issued.account)) return { code: 'invoice_not_found' };
    const customer = await this.#account(provider, issued.account);
    if (customer.status === 'none') return { code: 'invoice_not_found' };
    const open = customer.openInvoices.find((each) => each.invoice === subject.invoice)?.open ?? 0n;
    if (open <= 0n) return { code: 'invoice_paid' };
    const amount = subject.amount ?? { amount: open, currency: customer.currency };
    const refused = refusedAmount(amount, customer);
    if (refused !== undefined) return refused;
    if (amount.amount > open) {
      return { code: 'amount_exceeds_open', open: amountText({ ...amount, amount: open }), currency: amount.currency };
    }
    return { kind: 'invoice', account: issued.account, amount, invoice: subject.invoice, number: issued.number };
  }

  async #title(
    provider: string,
    { title: id, account: accountId, held }: CheckoutSubject & { readonly kind: 'title' },
    customer: OpenAccount,
    now: string,
  ): Promise<Payable | SubjectRejection> {
    const version = await this.#options.catalog.title(provider, id);
    if (version === undefined) return { code: 'title_not_found' };
    if (version.cancelled !== undefined) return { code: 'title_cancelled', title: id };
    const { name, price, currency, onSaleFrom, onSaleUntil, endsAt } = version.listed;
    if (customer.purchases.has(id)) return { code: 'title_already_purchased', title: id };
    if (now < onSaleFrom || now >= onSaleUntil) return { code: 'title_not_on_sale', from: onSaleFrom, until: onSaleUntil };
    const amount = moneyOf(price, currency);
    const refused = refusedAmount(amount, customer);
    if (refused !== undefined) return refused;
    const title = { id, name, stream: version.stream, revision: version.revision.toString() };
    return { kind: 'title', account: accountId, amount, title, endsAt, held };
  }

  #account(provider: string, id: string): Promise<Account> {
    return this.#options.executor.current(account, accountStream(provider, id), provider);
  }

  async #issued(provider: string, id: string): Promise<InvoiceIssued | undefined> {
    try {
      const stream = streamName({ slug: provider, kind: 'invoice', id });
      for await (const event of this.#options.store.readStream(stream, { maxCount: 1 })) return knownEventOf(invoice, event).event.data;
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return undefined;
  }
}

function refusedAmount(amount: Money, { currency }: OpenAccount): SubjectRejection | undefined {
  if (amount.currency !== currency) return { code: 'currency_mismatch', account: currency, given: amount.currency };
  if (currencyWord(currency) === undefined || currency === 'ETH') return { code: 'currency_not_quotable', currency };
  if (!isPayable(amount)) return { code: 'amount_not_payable', amount: amountText(amount), currency };
  return undefined;
}
