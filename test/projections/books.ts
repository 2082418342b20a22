import { randomUUID } from 'node:crypto';
import { openAccount } from '../../services/accounts/domain/account.decider.ts';
import type { AccountEvent, Billing, ChargesClosed } from '../../services/accounts/domain/account.events.ts';
import { account as accountAggregate } from '../../services/accounts/domain/account.ts';
import type { Account } from '../../services/accounts/domain/open-account.ts';
import { postCharge, purchaseTitle, topUp } from '../../services/accounts/domain/charging.decider.ts';
import { closeCharges } from '../../services/accounts/domain/closing.decider.ts';
import { creditSettlement } from '../../services/accounts/domain/crediting.decider.ts';
import { receivePayment } from '../../services/accounts/domain/payment.decider.ts';
import { refundSettlement } from '../../services/accounts/domain/refunding.decider.ts';
import { returnRefund } from '../../services/accounts/domain/returning.decider.ts';
import { reverseEntry } from '../../services/accounts/domain/reversal.decider.ts';
import type { Decision, Rejection } from '../../services/commands/domain/decision.ts';
import type { DomainEvent } from '../../services/commands/domain/aggregate.ts';
import { MemoryEventStore } from '../../services/event-store/adapters/memory/memory.event-store.ts';
import { canonicalJson, type Json } from '../../services/event-store/domain/canonical-json.ts';
import type { EventStore, ProposedEvent } from '../../services/event-store/domain/event-store.ts';
import { sealEvent, zeroHash } from '../../services/integrity/domain/leaf.ts';
import { invoice as invoiceAggregate, issueInvoice } from '../../services/invoicing/domain/invoice.ts';
import { assignNumbers, type Series, series as seriesAggregate } from '../../services/invoicing/domain/series.ts';
import { type Currency } from '../../services/money/currency.ts';
import { type Money, moneyOf } from '../../services/money/money.ts';

export const start = Date.parse('2026-03-01T12:00:00.000Z');
const minuteMs = 60_000;

/** A stored fact of these books. */
export interface Fact {
  readonly id: string;
  readonly provider: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly type: string;
  readonly at: string;
  readonly command: string;
  readonly data: object;
}

interface Customer {
  state: Account;
  readonly currency: Currency;
  readonly events: AccountEvent[];
  readonly facts: Fact[];
}

export const accountId = (number: number) => `acc_00000000-0000-5000-8000-${number.toString().padStart(12, '0')}`;
export const invoiceId = (number: number) => `inv_00000000-0000-5000-8000-${number.toString().padStart(12, '0')}`;

/** A day, an hour or a minute of the books' clock, from its start on. */
export function minute(number: number): string {
  return new Date(start + number * minuteMs).toISOString();
}

/**
 * One provider's books, kept by the deciders themselves on a real store, so that no test holds an event that could not have been
 * written. Every decision is a minute later than the one before.
 */
export class Books {
  readonly store: EventStore;
  readonly provider: string;
  readonly facts: Fact[] = [];
  readonly #customers = new Map<string, Customer>();
  readonly #closed: ChargesClosed[] = [];
  readonly #numbers = new Map<string, string>();
  #series: Series = seriesAggregate.initial;
  #ticks = 0;

  constructor({
    store = new MemoryEventStore({ stride: randomStride }),
    provider = 'demo',
  }: { store?: EventStore; provider?: string } = {}) {
    this.store = store;
    this.provider = provider;
  }

  get last(): Fact {
    return this.facts.at(-1) as Fact;
  }

  get accounts(): readonly string[] {
    return [...this.#customers.keys()];
  }

  stateOf(account: string): Account {
    return (this.#customers.get(account) as Customer).state;
  }

  factsOf(account: string): readonly Fact[] {
    return (this.#customers.get(account) as Customer).facts;
  }

  money(account: string, amount: string): Money {
    return moneyOf(amount, (this.#customers.get(account) as Customer).currency);
  }

  async open(account: string, options: { billing?: Billing; creditLimit?: string; currency?: Currency } = {}): Promise<boolean> {
    const { billing = 'postpaid', creditLimit = '1000', currency = 'EUR' } = options;
    this.#customers.set(account, { state: accountAggregate.initial, currency, events: [], facts: [] });
    return this.#decide(account, (state) => openAccount(state, { account, billing, creditLimit: moneyOf(creditLimit, currency) }));
  }

  topUp(account: string, amount: string): Promise<boolean> {
    const data = { amount: this.money(account, amount), method: 'card', channel: 'api' as const };
    return this.#decide(account, (state, effectiveAt) => topUp(state, { ...data, effectiveAt }));
  }

  charge(account: string, amount: string, options: { source?: 'wallet' | 'invoice'; product?: string; effectiveAt?: string } = {}) {
    const { product = 'internet-100', source, effectiveAt } = options;
    const data = { amount: this.money(account, amount), product, description: `Charge ${product}`, ...(source && { source }) };
    return this.#decide(account, (state, now) => postCharge(state, { ...data, effectiveAt: effectiveAt ?? now }));
  }

  /** The window is from the minute `from` to the minute `until`. */
  purchase(account: string, title: string, options: { price?: string; from?: number; until?: number; source?: 'wallet' | 'invoice' } = {}) {
    const { price = '4.99', from = 0, until = 600, source } = options;
    return this.#decide(account, (state, effectiveAt) =>
      purchaseTitle(state, {
        purchase: `pur_${randomUUID()}`,
        title: { id: title, name: `Title ${title}`, stream: `${this.provider}.title-${title}`, revision: '0' },
        product: 'ppv',
        price: this.money(account, price),
        sale: { from: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' },
        entitlement: { from: minute(from), until: minute(until) },
        ...(source && { source }),
        effectiveAt,
      }),
    );
  }

  pay(account: string, amount: string, reference: string): Promise<boolean> {
    const data = { payment: `pay_${randomUUID()}`, amount: this.money(account, amount), method: 'bank', reference };
    return this.#decide(account, (state, effectiveAt) => receivePayment(state, { ...data, effectiveAt }));
  }

  /** A payment on chain, final, of the account's newest open invoice. */
  settle(account: string, amount: string): Promise<boolean> {
    return this.#decide(account, (state, effectiveAt) => {
      const invoice = (state.status === 'open' ? state.openInvoices.at(-1)?.invoice : undefined) ?? 'inv_none';
      const data = { settlement: `1.0xa.slot.${invoice}`, slot: invoice, purpose: { kind: 'invoice', invoice } as const };
      return creditSettlement(state, { ...data, amount: this.money(account, amount), chainId: '1', tx: '0x7', effectiveAt });
    });
  }

  /** Takes back a part of the newest of these payments; of what is returned nothing came. */
  async refund(account: string, amount: string, isReturned = false): Promise<boolean> {
    const refund = `ref_${randomUUID()}`;
    const data = { refund, amount: this.money(account, amount), reason: 'outage' };
    const isDecided = await this.#decide(account, (state, effectiveAt) => {
      const settlement = (state.status === 'open' ? [...state.settlements.keys()].at(-1) : undefined) ?? 'none';
      return refundSettlement(state, { ...data, settlement, effectiveAt });
    });
    if (!isDecided || !isReturned) return isDecided;
    return this.#decide(account, (state, effectiveAt) => returnRefund(state, { refund, failure: 'expired', effectiveAt }));
  }

  reverse(account: string, revision: number): Promise<boolean> {
    const { events, facts } = this.#customers.get(account) as Customer;
    const event = events[revision];
    const original = event && { id: (facts[revision] as Fact).id, revision: BigInt(revision), event };
    return this.#decide(account, (state, effectiveAt) => reverseEntry(state, { original, reason: 'mistake', effectiveAt }));
  }

  async close(account: string, invoice: string): Promise<boolean> {
    const data = { invoice, series: 'main', dueOn: '2026-04-01' };
    const isClosed = await this.#decide(account, (state, effectiveAt) => closeCharges(state, { ...data, effectiveAt }));
    if (isClosed) this.#closed.push(this.last.data as ChargesClosed);
    return isClosed;
  }

  /** Numbers every closed invoice that has none: the second of the three steps. */
  async number(): Promise<void> {
    const [first, ...rest] = this.#closed.map(({ invoice }) => invoice).filter((invoice) => !this.#numbers.has(invoice));
    if (first === undefined) return;
    const decision = assignNumbers(this.#series, { series: 'main', invoices: [first, ...rest] });
    if (decision.kind !== 'accepted') throw new Error('A fresh invoice gets a number.');
    for (const event of decision.events) {
      this.#series = seriesAggregate.evolve(this.#series, { event, id: randomUUID(), revision: this.#series.last });
      this.#numbers.set(event.data.invoice, event.data.number);
    }
    await this.append(`${this.provider}.series-main`, decision.events);
  }

  /** Writes the documents of all numbered invoices: the third step. */
  async issue(): Promise<void> {
    for (const closed of [...this.#closed]) {
      const number = this.#numbers.get(closed.invoice);
      if (number === undefined) continue;
      const { events } = this.#customers.get(closed.account) as Customer;
      const entries = events
        .map((event, index) => ({ event, revision: BigInt(index) }))
        .filter(({ revision }) => revision >= BigInt(closed.fromRevision) && revision <= BigInt(closed.toRevision));
      const stream = `${this.provider}.account-${closed.account}`;
      const decision = issueInvoice(invoiceAggregate.initial, { closed, stream, entries, number, issuedAt: minute(this.#ticks) });
      if (decision.kind !== 'accepted') throw new Error('A numbered invoice is issued.');
      await this.append(`${this.provider}.invoice-${closed.invoice}`, decision.events);
      this.#closed.splice(this.#closed.indexOf(closed), 1);
    }
  }

  /** Writes events of one command as they are: also what no decider would write. */
  async append(
    stream: string,
    events: readonly DomainEvent[],
    { command = randomUUID(), at = minute(this.#ticks++) } = {},
  ): Promise<Fact[]> {
    const revision = BigInt(this.facts.filter((fact) => fact.stream === stream).length);
    const proposed = events.map((event, index) => sealed(event, { stream, command, at, revision: revision + BigInt(index) }));
    const expected = revision === 0n ? 'no_stream' : revision - 1n;
    await this.store.append({ stream, expected, events: proposed });
    const written: Fact[] = [];
    for await (const { id, position, type, ...stored } of this.store.readStream(stream, { fromRevision: revision })) {
      const { data } = events[written.length] as DomainEvent;
      written.push({ id, provider: this.provider, stream, revision: stored.revision, position, type, at, command, data });
    }
    this.facts.push(...written);
    return written;
  }

  async #decide(account: string, decide: (state: Account, now: string) => Decision<AccountEvent, Rejection>): Promise<boolean> {
    const customer = this.#customers.get(account) as Customer;
    const decision = decide(customer.state, minute(this.#ticks));
    if (decision.kind !== 'accepted') return false;
    const facts = await this.append(`${this.provider}.account-${account}`, decision.events);
    decision.events.forEach((event, index) => {
      const { id, revision } = facts[index] as Fact;
      customer.state = accountAggregate.evolve(customer.state, { event, id, revision });
      customer.events.push(event);
    });
    customer.facts.push(...facts);
    return true;
  }
}

interface Place {
  readonly stream: string;
  readonly command: string;
  readonly at: string;
  readonly revision: bigint;
}

function sealed({ type, data }: DomainEvent, { stream, command, at, revision }: Place): ProposedEvent {
  const id = randomUUID();
  const fin = JSON.parse(canonicalJson(data as Json)) as Json;
  const actor = { id: 'key_1', type: 'api_key' };
  const body = { actor, command, correlation: command, fingerprint: `fingerprint of ${command}` };
  const salts = { payloadSalt: zeroHash, metadataSalt: zeroHash, previous: zeroHash };
  const event = sealEvent({ origin: 'tallyroot.local/0000000000000000/demo', stream, revision, id, type, fin, body, at, ...salts });
  return { id, type, data: event.data, metadata: event.metadata };
}

function randomStride(): bigint {
  return BigInt(1 + Math.floor(Math.random() * 5));
}
