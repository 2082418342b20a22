import type { CommandBus } from '@nestjs/cqrs';
import type { AccountCommand } from '../../../accounts/application/account-command.ts';
import { CaptureTitle } from '../../../accounts/application/capture-title.handler.ts';
import { CreditSettlement } from '../../../accounts/application/credit-settlement.handler.ts';
import { EndTitleGrant } from '../../../accounts/application/end-title-grant.handler.ts';
import { ReverseSettlementCredit } from '../../../accounts/application/reverse-settlement-credit.handler.ts';
import { GrantTitle } from '../../../accounts/application/grant-title.handler.ts';
import { ppvProduct } from '../../../accounts/application/purchase-title.handler.ts';
import { ReverseTakenBackCredit } from '../../../accounts/application/reverse-taken-back-credit.handler.ts';
import { TakeBackCredit } from '../../../accounts/application/take-back-credit.handler.ts';
import type { CreditPurpose } from '../../../accounts/domain/crediting.decider.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import type { LedgerEvent } from '../../../event-store/domain/ledger-event.ts';
import { moneyOf } from '../../../money/money.ts';
import { chunks } from '../../../read-store/chunks.ts';
import type { Projection } from '../../../read-store/projection.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { decidedPart, returnedParts } from '../../domain/credit-shares.ts';
import type {
  MatchedCredit,
  MatchedPayment,
  ReceiptAllocated,
  SettlementConfirmed,
  SettlementFinalized,
  SettlementPlace,
  SettlementReorged,
  SettlementReversed,
} from '../../domain/settlement.events.ts';
import type { SlotPurpose } from '../../domain/slot.events.ts';
import type { EscrowPurchases } from '../escrow/escrow-purchases.ts';
import { processEnvelope } from '../process-envelope.ts';
import type { PurchaseFacts, PurchasePlace } from './purchase-facts.ts';
import { SettleSlot } from './settle-slot.handler.ts';

const accountsAtOnceMax = 32;

export interface SettlementProcessParts {
  readonly bus: CommandBus;
  readonly purchases: EscrowPurchases;
  readonly facts: PurchaseFacts;
}

/**
 * From what the chain shows to what it does to accounts: events in, commands out. It runs like a read model without rows, and takes the log in
 * its order. Every command is safe to repeat, so a crash anywhere only means that the batch is handled again.
 */
export class SettlementProcess implements Projection {
  readonly name = 'settlement-process';
  readonly version = 1;
  readonly schema = '';
  readonly tables = [];
  readonly filter = {
    typePrefixes: ['SettlementConfirmed/', 'SettlementFinalized/', 'SettlementReorged/', 'ReceiptAllocated/', 'SettlementReversed/'],
  };
  readonly #parts: SettlementProcessParts;

  constructor(parts: SettlementProcessParts) {
    this.#parts = parts;
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    for (const event of events) await this.#handle(event);
  }

  /** The payload was checked when it was written; its type names its shape. */
  async #handle(event: LedgerEvent): Promise<void> {
    const { fin } = event;
    switch (event.type) {
      case 'SettlementConfirmed/1':
        return this.#granted(event, fin as unknown as SettlementConfirmed);
      case 'SettlementReorged/1':
        return this.#gone(event, fin as unknown as SettlementReorged);
      case 'SettlementReversed/1':
        return this.#reversed(event, fin as unknown as SettlementReversed);
      case 'SettlementFinalized/1':
        return this.#final(event, fin as unknown as SettlementFinalized);
      case 'ReceiptAllocated/1':
        return this.#allocated(event, fin as unknown as ReceiptAllocated);
      default:
    }
  }

  /** The window of a title opens when its payment is deep enough. A title that the account has already is not sold again: see `SettlementCredited`. */
  async #granted(event: LedgerEvent, { payment, module, block, tx, ...place }: Granting): Promise<void> {
    const { purpose, slot, account, amount, currency } = payment;
    if (purpose.kind !== 'title') return;
    const { title } = purpose;
    const hold = module === 'escrow' ? ('escrow' as const) : ('receivable' as const);
    const what = { settlement: settlementId(place), slot, hold, title, price: moneyOf(amount, currency), tx, effectiveAt: block.time };
    const envelope = this.#envelope(event, 'GrantTitle', account);
    await this.#send(new GrantTitle(envelope, account, what), 'title_already_purchased');
  }

  async #gone(event: LedgerEvent, { payment, from }: SettlementReorged): Promise<void> {
    if (payment?.purpose.kind !== 'title' || from !== 'confirmed') return;
    await this.#end(event, payment, 'reorged');
  }

  /** What an account was credited is owed again; a title whose window has not begun closes. */
  async #reversed(event: LedgerEvent, { name, payment, credit, account: given, reason = '', ...place }: SettlementReversed): Promise<void> {
    const paid = name === 'Settled' || name === 'Collected' ? payment : name === 'CreditRedeemed' ? credit : undefined;
    const owner = given ?? paid?.account;
    const credited =
      credit?.shares === undefined ? (owner === undefined ? [] : [owner]) : returnedParts(name, credit).map((each) => each.account);
    for (const account of credited) {
      const envelope = this.#envelope(event, 'ReverseSettlementCredit', account);
      const what = { settlement: settlementId(place), reason };
      // What was finalised and not yet credited is credited by its own event, which comes first in the log.
      await this.#send(new ReverseSettlementCredit(envelope, account, { ...what, effectiveAt: place.effectiveAt }));
    }
    if (name === 'CreditRefunded' && credit?.refund !== undefined && decidedPart(credit) !== undefined) {
      const envelope = this.#envelope(event, 'ReverseTakenBackCredit', credit.account);
      const what = { refund: credit.refund, reason, effectiveAt: place.effectiveAt };
      await this.#send(new ReverseTakenBackCredit(envelope, credit.account, what));
    }
    const bought = name === 'Purchased' ? payment : paid;
    const slot = bought?.slot;
    if (bought?.purpose?.kind === 'title' && slot !== undefined) await this.#end(event, { account: bought.account, slot }, 'reorged');
  }

  async #final(event: LedgerEvent, fact: SettlementFinalized): Promise<void> {
    const { name, payment, credit } = fact;
    if (name === 'EventCaptured' || name === 'EventCancelled') return this.#eventOver(event, fact);
    if (name === 'CreditRedeemed' && credit !== undefined) return this.#redeemed(event, fact, credit);
    if (name === 'CreditRefunded' && credit !== undefined) return this.#takenBack(event, fact, credit);
    if (payment === undefined) return;
    if (name === 'PurchaseRefunded') return this.#end(event, payment, 'refunded');
    await this.#granted(event, { ...fact, payment });
    if (name !== 'Purchased') await this.#credited(event, fact, { ...payment, purpose: purposeOf(payment.purpose) });
    await this.#parts.bus.execute(new SettleSlot(this.#envelope(event, 'SettleSlot', payment.slot), payment.slot));
  }

  /** Spent credit pays what it was offered for, and otherwise goes to the wallets of whoever had it. */
  async #redeemed(event: LedgerEvent, fact: SettlementFinalized, { slot, purpose, ...credit }: MatchedCredit): Promise<void> {
    if (credit.shares !== undefined) return this.#returned(event, fact, credit);
    if (slot === undefined || purpose === undefined) return this.#credited(event, fact, { ...credit, purpose: { kind: 'redemption' } });
    await this.#granted(event, { ...fact, payment: { ...credit, slot, purpose } });
    await this.#credited(event, fact, { ...credit, slot, purpose: purposeOf(purpose) });
    await this.#parts.bus.execute(new SettleSlot(this.#envelope(event, 'SettleSlot', slot), slot));
  }

  /** What is taken back was decided of a purchase, by a refund: the order names both. What others lost by it is their money. */
  async #takenBack(event: LedgerEvent, fact: SettlementFinalized, credit: MatchedCredit): Promise<void> {
    const { account, refund = '', slot = '', currency } = credit;
    const { chainId, tx, block } = fact;
    const amount = decidedPart(credit);
    if (amount !== undefined) {
      const what = { refund, slot, amount: moneyOf(amount, currency), chainId, tx, effectiveAt: block.time };
      await this.#send(new TakeBackCredit(this.#envelope(event, 'TakeBackCredit', account), account, what));
    }
    await this.#returned(event, fact, credit);
  }

  /** Credit that was burnt and paid nothing is money of each account that had it. */
  async #returned(event: LedgerEvent, fact: SettlementFinalized, credit: MatchedCredit): Promise<void> {
    const { currency } = credit;
    for (const share of returnedParts(fact.name, credit))
      await this.#credited(event, fact, { ...share, currency, purpose: { kind: 'redemption' } });
  }

  async #credited(event: LedgerEvent, place: SettlementPlace, payment: Crediting): Promise<void> {
    const { account, slot, purpose, amount, currency } = payment;
    const { chainId, tx, block } = place;
    const envelope = this.#envelope(event, 'CreditSettlement', account);
    const what = { settlement: settlementId(place), ...(slot !== undefined && { slot }), purpose, amount: moneyOf(amount, currency) };
    await this.#send(new CreditSettlement(envelope, account, { ...what, chainId, tx, effectiveAt: block.time }));
  }

  async #allocated(event: LedgerEvent, fact: ReceiptAllocated): Promise<void> {
    const { account, amount, currency, chainId, tx, effectiveAt } = fact;
    const what = { settlement: settlementId(fact), purpose: { kind: 'allocation' as const }, amount: moneyOf(amount, currency) };
    await this.#send(
      new CreditSettlement(this.#envelope(event, 'CreditSettlement', account), account, { ...what, chainId, tx, effectiveAt }),
    );
  }

  /** One event of the provider, one answer of every account that bought: what was held is earned, or its window closes. */
  async #eventOver(
    event: LedgerEvent,
    { name, chainId, contract, eventId = '', key, effectiveAt, ...place }: SettlementFinalized,
  ): Promise<void> {
    const token = name === 'EventCaptured' ? { token: key.slice(eventId.length + 1) } : {};
    const slots = await this.#parts.purchases.slotsOf(event.provider, { chainId, contract, eventId, ...token });
    const settlement = settlementId({ chainId, contract, key, effect: place.effect });
    for (const some of chunks(slots, accountsAtOnceMax)) {
      await Promise.all(some.map((slot) => this.#purchaseOver(event, name, { chainId, contract, slot }, { settlement, effectiveAt })));
    }
  }

  /** A purchase that the ledger never offered is nobody's: its tokens are in suspense. */
  async #purchaseOver(event: LedgerEvent, name: SettlementFinalized['name'], place: PurchasePlace, facts: CaptureFacts): Promise<void> {
    const payment = await this.#parts.facts.paymentOf(event.provider, place);
    if (payment === undefined) return;
    if (name === 'EventCancelled') await this.#end(event, payment, 'event_cancelled');
    else await this.#captured(event, payment, { ...facts, paidBy: settlementId({ ...place, effect: 'slot', key: place.slot }) });
  }

  async #captured(
    event: LedgerEvent,
    { account, slot, amount, currency }: MatchedPayment,
    facts: CaptureFacts & { readonly paidBy: string },
  ): Promise<void> {
    const what = { ...facts, slot, amount: moneyOf(amount, currency), product: ppvProduct };
    await this.#send(new CaptureTitle(this.#envelope(event, `CaptureTitle:${slot}`, account), account, what));
  }

  async #end(
    event: LedgerEvent,
    { account, slot }: Pick<MatchedPayment, 'account' | 'slot'>,
    reason: 'reorged' | 'event_cancelled' | 'refunded',
  ): Promise<void> {
    const envelope = this.#envelope(event, `EndTitleGrant:${slot}`, account);
    await this.#send(new EndTitleGrant(envelope, account, { slot, reason }), 'title_window_begun', 'title_grant_not_found');
  }

  /** What the chain shows has happened: a refusal that is not among those which change nothing is a defect, and the process halts at it. */
  async #send<Data>(command: AccountCommand<Data>, ...expected: readonly string[]): Promise<void> {
    const outcome = await this.#parts.bus.execute(command);
    if (outcome.kind === 'accepted' || expected.includes(outcome.rejection.code)) return;
    throw new Error(`${command.constructor.name} on ${command.account} was refused: ${JSON.stringify(outcome.rejection)}`);
  }

  #envelope(cause: LedgerEvent, command: string, target: string): Envelope {
    return processEnvelope('settlement', cause, command, { target });
  }
}

interface CaptureFacts {
  /** Of the capture. */
  readonly settlement: string;
  readonly effectiveAt: string;
}

type Granting = SettlementPlace & { readonly payment: Pick<MatchedPayment, 'purpose' | 'slot' | 'account' | 'amount' | 'currency'> };

type Crediting = Pick<MatchedPayment, 'account' | 'amount' | 'currency'> & { readonly slot?: string; readonly purpose: CreditPurpose };

function purposeOf(purpose: SlotPurpose): CreditPurpose {
  switch (purpose.kind) {
    case 'invoice':
      return { kind: 'invoice', invoice: purpose.invoice };
    case 'top-up':
      return { kind: 'top-up', bucket: purpose.bucket };
    default:
      return { kind: purpose.kind };
  }
}
