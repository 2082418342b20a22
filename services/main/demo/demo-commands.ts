import type { CommandBus } from '@nestjs/cqrs';
import type { ChargePosted, ChargesClosed } from '../../accounts/domain/account.events.ts';
import { ChargeUsage } from '../../accounts/application/charge-usage.handler.ts';
import { CloseCharges } from '../../accounts/application/close-charges.handler.ts';
import { OpenAccount } from '../../accounts/application/open-account.handler.ts';
import { PurchaseTitle } from '../../accounts/application/purchase-title.handler.ts';
import { ReceivePayment } from '../../accounts/application/receive-payment.handler.ts';
import { TopUp } from '../../accounts/application/top-up.handler.ts';
import { ListTitle } from '../../catalog/application/list-title.handler.ts';
import { PublishPriceBook } from '../../catalog/application/publish-price-book.handler.ts';
import type { CommandAnswer, Outcome } from '../../commands/application/answer.ts';
import { type Envelope, envelopeOf } from '../../commands/application/envelope.ts';
import { createdIdOf, createdOnAccountIdOf } from '../../commands/application/command-id.ts';
import type { Rejection } from '../../commands/domain/decision.ts';
import type { Json } from '../../event-store/domain/canonical-json.ts';
import { type Money, moneyOf } from '../../money/money.ts';
import { currency, isPrepaid, titlePrice, topUpOf } from './demo-customer.ts';
import { type BandUsage, bands, rates, type UsageRow } from './usage-file.ts';

export interface DemoCommandsOptions {
  readonly bus: CommandBus;
  readonly provider: string;
  /** Id of the API key in whose name the demo works. */
  readonly principal: string;
  /** When this demo was first started: kept in its folder, so that a resumed demo asks for the same. */
  readonly startedAt: string;
}

const dayMs = 86_400_000;
const patienceMs = 60_000;

/** The commands of the demo, through the same bus as the API's. Every key follows from the row, so each may be sent again. */
export class DemoCommands {
  readonly #options: DemoCommandsOptions;

  constructor(options: DemoCommandsOptions) {
    this.#options = options;
  }

  async publishPriceBook(): Promise<string> {
    const envelope = this.#envelope('PublishPriceBook', 'price-book', {});
    const priceBook = createdIdOf(envelope.commandId, 'pbk_');
    const priced = bands.map((band) => ({ band, product: `voice-${band}`, unit: 'minute', rate: rates[band] }));
    const published = { priceBook, name: 'Voice', currency, rounding: 'half-up', decimals: '2', bands: priced };
    answerOf(await this.#options.bus.execute(new PublishPriceBook(envelope, { intent: 'create', published })));
    return priceBook;
  }

  async listTitle(): Promise<string> {
    const envelope = this.#envelope('ListTitle', 'title', {});
    const title = createdIdOf(envelope.commandId, 'ttl_');
    const listed = {
      title,
      name: 'Cup final',
      price: titlePrice,
      currency,
      onSaleFrom: this.#daysLater(-1),
      onSaleUntil: this.#daysLater(365),
      startsAt: this.#daysLater(0),
      endsAt: this.#daysLater(366),
      graceMinutes: '15',
    };
    answerOf(await this.#options.bus.execute(new ListTitle(envelope, listed)));
    return title;
  }

  async openAccount(row: UsageRow): Promise<string> {
    const envelope = this.#envelope('OpenAccount', `open:${row.row}`, {});
    const account = createdIdOf(envelope.commandId, 'acc_');
    const billing = isPrepaid(row) ? 'prepaid' : 'postpaid';
    const creditLimit = moneyOf(isPrepaid(row) ? '0' : '1000', currency);
    answerOf(await this.#options.bus.execute(new OpenAccount(envelope, account, { account, billing, creditLimit })));
    return account;
  }

  async topUp(account: string, row: UsageRow): Promise<void> {
    const envelope = this.#envelope('TopUp', `top-up:${row.row}`, { account });
    const data = { amount: moneyOf(topUpOf(row), currency), method: 'card', channel: 'api' } as const;
    answerOf(await this.#options.bus.execute(new TopUp(envelope, account, data)));
  }

  /** Rates and charges one band; answers the charge as it was stored. */
  async chargeUsage(account: string, row: UsageRow, { band, minutes }: BandUsage, priceBook: string): Promise<ChargePosted> {
    const usageRecord = `mlc_churn:${row.row}:${band}`;
    const envelope = this.#envelope('ChargeUsage', usageRecord, { account });
    const data = { priceBook, band, quantity: minutes, usageRecord };
    return storedIn(answerOf(await this.#options.bus.execute(new ChargeUsage(envelope, account, data)))) as ChargePosted;
  }

  async purchaseTitle(account: string, row: UsageRow, title: string): Promise<void> {
    const envelope = this.#envelope('PurchaseTitle', `purchase:${row.row}`, { account });
    answerOf(await this.#options.bus.execute(new PurchaseTitle(envelope, account, { title })));
  }

  async closeCharges(account: string, row: UsageRow): Promise<ChargesClosed> {
    const envelope = this.#envelope('CloseCharges', `invoice:${row.row}`, { account });
    const invoice = createdOnAccountIdOf(envelope.commandId, 'inv_', account);
    const data = { invoice, series: 'main', dueOn: this.#daysLater(14).slice(0, 10) };
    return storedIn(answerOf(await this.#options.bus.execute(new CloseCharges(envelope, account, data)))) as ChargesClosed;
  }

  /** Reports a payment; `report` counts how often the same payment was reported before. Answers whether it changed anything. */
  async receivePayment(account: string, row: UsageRow, amount: Money, report: number): Promise<{ readonly eventId: string }> {
    const envelope = this.#envelope('ReceivePayment', `payment:${row.row}:${report}`, { account });
    const payment = createdOnAccountIdOf(envelope.commandId, 'pay_', account);
    const data = { payment, amount, method: 'bank', reference: `DEMO-${row.row}` };
    const answer = answerOf(await this.#options.bus.execute(new ReceivePayment(envelope, account, data)));
    return { eventId: (answer.events[0] as CommandAnswer['events'][number]).id };
  }

  #envelope(command: string, key: string, body: Json): Envelope {
    const { provider, principal } = this.#options;
    return envelopeOf({ provider, actor: { id: principal, type: 'api_key' }, key: `demo:${key}`, command, body, patienceMs });
  }

  #daysLater(days: number): string {
    return new Date(Date.parse(this.#options.startedAt) + days * dayMs).toISOString();
  }
}

function answerOf(outcome: Outcome<Rejection>): CommandAnswer {
  if (outcome.kind === 'rejected') throw new Error(`The demo was refused: ${JSON.stringify(outcome.rejection)}`);
  return outcome.answer;
}

function storedIn(answer: CommandAnswer): object {
  return (answer.events[0] as CommandAnswer['events'][number]).data;
}
