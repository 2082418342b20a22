import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { knownEventOf } from '../../../commands/application/live-aggregate.ts';
import { accountStream } from '../../../accounts/application/account-command.ts';
import { account } from '../../../accounts/domain/account.ts';
import type { Account, OpenAccount } from '../../../accounts/domain/open-account.ts';
import type { CatalogReader } from '../../../catalog/application/catalog-reader.ts';
import type { EventStore } from '../../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../../event-store/domain/faults.ts';
import { streamName } from '../../../event-store/domain/stream-name.ts';
import { invoice } from '../../../invoicing/domain/invoice.ts';
import type { InvoiceIssued } from '../../../invoicing/domain/invoice.events.ts';
import { amountText, isPayable, type Money, moneyOf } from '../../../money/money.ts';
import { currencyWord } from '../../domain/quote.ts';
import type { SlotOpened, SlotTitle } from '../../domain/slot.events.ts';
import type { CheckoutSubject, SubjectRejection } from './checkout-subject.ts';
import type { InvoiceIssuing } from './invoice-issuing.ts';

/** Something that can be paid, as the books have it now. */
export type Payable = { readonly account: string; readonly amount: Money } & (
  | ({ readonly kind: 'invoice'; readonly invoice: string; readonly number: string } & Pick<InvoiceIssued, 'lines' | 'priceBooks'>)
  | { readonly kind: 'title'; readonly title: SlotTitle; readonly endsAt: string; readonly held: boolean }
  | { readonly kind: 'top-up'; readonly bucket: string }
  | { readonly kind: 'deposit' | 'credit' }
);

export interface PayableSubjectsOptions {
  readonly executor: CommandExecutor;
  readonly store: EventStore;
  readonly catalog: CatalogReader;
  readonly issuing: InvoiceIssuing;
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

  /**
   * Why nothing is due any more for what a slot was opened for, as the books have it now; undefined while it is. An amount that somebody
   * chose is due as long as they like.
   */
  async refusalOf(
    provider: string,
    { account: id, purpose, amount, currency }: SlotOpened,
    now: string,
  ): Promise<SubjectRejection | undefined> {
    if (purpose.kind !== 'invoice' && purpose.kind !== 'title') return undefined;
    const customer = await this.#account(provider, id);
    if (customer.status === 'none') return { code: 'account_not_found' };
    if (purpose.kind === 'invoice') return refusedPart(customer, purpose.invoice, moneyOf(amount, currency));
    const sold = await this.#title(provider, { kind: 'title', account: id, title: purpose.title.id, held: false }, customer, now);
    return 'code' in sold ? sold : undefined;
  }

  async #invoice(
    provider: string,
    subject: CheckoutSubject & { readonly kind: 'invoice' },
    isFor: (account: string) => boolean,
  ): Promise<Payable | SubjectRejection> {
    const issued = (await this.#issued(provider, subject.invoice)) ?? (await this.#issuedNow(provider, subject.invoice));
    if (issued === undefined || !isFor(issued.account)) return { code: 'invoice_not_found' };
    const customer = await this.#account(provider, issued.account);
    if (customer.status === 'none') return { code: 'invoice_not_found' };
    const open = openOf(customer, subject.invoice);
    const amount = subject.amount ?? { amount: open, currency: customer.currency };
    const refused = refusedPart(customer, subject.invoice, amount);
    if (refused !== undefined) return refused;
    const { account: id, number, lines, priceBooks } = issued;
    return { kind: 'invoice', account: id, amount, invoice: subject.invoice, number, lines, priceBooks };
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
    const until = onSaleUntil < endsAt ? onSaleUntil : endsAt; // A title that is over is sold to nobody.
    if (now < onSaleFrom || now >= until) return { code: 'title_not_on_sale', from: onSaleFrom, until };
    const amount = moneyOf(price, currency);
    const refused = refusedAmount(amount, customer);
    if (refused !== undefined) return refused;
    const title = { id, name, stream: version.stream, revision: version.revision.toString() };
    return { kind: 'title', account: accountId, amount, title, endsAt, held };
  }

  #account(provider: string, id: string): Promise<Account> {
    return this.#options.executor.current(account, accountStream(provider, id), provider);
  }

  /** An invoice that was closed a moment ago is there for whoever closed it. */
  async #issuedNow(provider: string, id: string): Promise<InvoiceIssued | undefined> {
    await this.#options.issuing.caughtUp();
    return this.#issued(provider, id);
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

function openOf({ openInvoices }: OpenAccount, invoice: string): bigint {
  return openInvoices.find((each) => each.invoice === invoice)?.open ?? 0n;
}

/** Why this much of an invoice cannot be paid. */
function refusedPart(customer: OpenAccount, invoice: string, amount: Money): SubjectRejection | undefined {
  const open = openOf(customer, invoice);
  if (open <= 0n) return { code: 'invoice_paid' };
  const refused = refusedAmount(amount, customer);
  if (refused !== undefined || amount.amount <= open) return refused;
  return { code: 'amount_exceeds_open', open: amountText({ ...amount, amount: open }), currency: amount.currency };
}

function refusedAmount(amount: Money, { currency }: OpenAccount): SubjectRejection | undefined {
  if (amount.currency !== currency) return { code: 'currency_mismatch', account: currency, given: amount.currency };
  if (currencyWord(currency) === undefined || currency === 'ETH') return { code: 'currency_not_quotable', currency };
  if (!isPayable(amount)) return { code: 'amount_not_payable', amount: amountText(amount), currency };
  return undefined;
}
