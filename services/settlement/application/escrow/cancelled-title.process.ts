import type { CommandBus } from '@nestjs/cqrs';
import { accountStream } from '../../../accounts/application/account-command.ts';
import { EndTitleGrant } from '../../../accounts/application/end-title-grant.handler.ts';
import { ReverseEntry } from '../../../accounts/application/reverse-entry.handler.ts';
import type { SettlementCredited } from '../../../accounts/domain/account-settlement.events.ts';
import { paidBy, type TitleGrant } from '../../../accounts/domain/known-settlements.ts';
import { account } from '../../../accounts/domain/account.ts';
import type { OpenAccount } from '../../../accounts/domain/open-account.ts';
import type { CatalogReader } from '../../../catalog/application/catalog-reader.ts';
import type { TitleCancelled } from '../../../catalog/domain/catalog.events.ts';
import type { Outcome } from '../../../commands/application/answer.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { createdOnAccountIdOf } from '../../../commands/application/command-id.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import type { LedgerEvent } from '../../../event-store/domain/ledger-event.ts';
import { chunks } from '../../../read-store/chunks.ts';
import type { Projection } from '../../../read-store/projection.ts';
import type { DispatchFailed } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { mappedTitle } from '../../domain/ppv-event.ts';
import { isRedemption } from '../../domain/redemption.ts';
import { EndPpvEvent } from './end-ppv-event.handler.ts';
import { processEnvelope } from '../process-envelope.ts';
import { RefundPayment } from '../refunds/refund-payment.handler.ts';
import type { OnUndone, UndoneNotice } from '../settlement-alarms.ts';
import type { SettlementChains } from '../settlement-chains.ts';
import { ppvEventStream } from '../settlement-streams.ts';
import type { TitleBuyers } from './title-buyers.ts';

const accountsAtOnceMax = 32;

/** The operator has taken something out of the configuration: only the operator can do what is left. */
const unconfigured: readonly string[] = ['token_not_taken', 'chain_not_found', 'escrow_not_available'];

export interface CancelledTitleProcessParts {
  readonly executor: CommandExecutor;
  readonly bus: CommandBus;
  readonly catalog: CatalogReader;
  readonly chains: SettlementChains;
  readonly buyers: TitleBuyers;
  readonly onUndone: OnUndone;
}

/**
 * Gives the money of a title that is called off back as it was paid: to the wallet, to the next bill, out of the treasury to who paid, or out of
 * the escrow, whose event is cancelled for all; prepaid credit that is spent is burnt, so its money goes to the wallet. Who buys while it is
 * called off is looked at when the purchase, or its payment, is in the log.
 * It runs like a read model without rows; every command is safe to repeat.
 */
export class CancelledTitleProcess implements Projection {
  readonly name = 'cancelled-title-process';
  readonly version = 1;
  readonly schema = '';
  readonly tables = [];
  readonly filter = {
    typePrefixes: ['TitleCancelled/', 'TitlePurchased/', 'TitleGranted/', 'TitleCaptured/', 'SettlementCredited/', 'DispatchFailed/'],
  };
  readonly #parts: CancelledTitleProcessParts;

  constructor(parts: CancelledTitleProcessParts) {
    this.#parts = parts;
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    for (const event of events) await this.#handle(event);
  }

  /** The type names the shape of the payload. */
  async #handle(event: LedgerEvent): Promise<void> {
    const { type, fin } = event;
    if (type === 'TitleCancelled/1') return this.#cancelled(event, fin as unknown as TitleCancelled);
    if (type === 'DispatchFailed/1') return this.#captureFailed(event, fin as unknown as DispatchFailed);
    const { account: id, title, slot } = fin as unknown as { account: string; title?: { id?: string } } & Pick<SettlementCredited, 'slot'>;
    const customer = await this.#customer(event, id);
    const bought = title?.id ?? (slot === undefined ? undefined : customer.grants.get(slot)?.granted.title.id);
    const cancelled = bought === undefined ? undefined : await this.#parts.catalog.cancellation(event.provider, bought);
    if (cancelled !== undefined) await this.#giveBack(event, customer, cancelled);
  }

  async #cancelled(event: LedgerEvent, cancelled: TitleCancelled): Promise<void> {
    await this.#endOnChain(event, cancelled);
    const buyers = await this.#parts.buyers.accountsOf(event.provider, cancelled.title);
    for (const some of chunks(buyers, accountsAtOnceMax)) {
      await Promise.all(some.map(async (id) => this.#giveBack(event, await this.#customer(event, id), cancelled)));
    }
  }

  /**
   * Wherever the title was offered out of an escrow, under whatever terms. What that has paid out already comes back like what never was in it.
   */
  async #endOnChain(event: LedgerEvent, { title }: TitleCancelled): Promise<void> {
    const { executor, chains } = this.#parts;
    const { events } = await executor.current(mappedTitle, ppvEventStream(event.provider, title), event.provider);
    for (const { chainId, contracts } of chains.all())
      if (contracts.escrow !== undefined) for (const { eventId } of events) await this.#cancelEvent(event, { title, chainId, eventId });
  }

  /** A capture that is under way stands in the way of this until it has failed: then it is ordered by that. */
  async #cancelEvent(event: LedgerEvent, { title, chainId, eventId }: EscrowedTitle): Promise<void> {
    const envelope = this.#envelope(event, `EndPpvEvent:${chainId}:${eventId}`);
    const outcome = await this.#parts.bus.execute(new EndPpvEvent(envelope, { title, chainId, eventId, end: 'cancel' }));
    assertTaken(outcome, 'dispatch_under_way', 'dispatch_done', ...unconfigured);
    this.#tellOf(outcome, { provider: event.provider, stream: ppvEventStream(event.provider, title), what: 'cancel' });
  }

  /** Nothing came of the last order of an event's dispatch. Where that was to capture it, nothing stands in the way of its end any more. */
  async #captureFailed(event: LedgerEvent, { ordered }: DispatchFailed): Promise<void> {
    const { executor, catalog } = this.#parts;
    const { provider, stream } = event;
    const state = await executor.current(dispatch, stream, provider);
    if (state.status !== 'failed' || state.order.type !== 'CaptureOrdered/1' || state.orderedAt.toString() !== ordered) return;
    const { title, chainId, eventId } = state.order.data;
    if ((await catalog.cancellation(provider, title)) !== undefined) await this.#cancelEvent(event, { title, chainId, eventId });
  }

  /** Once for each purchase: a second try finds nothing that it could give back. */
  async #giveBack(event: LedgerEvent, customer: OpenAccount, { title, reason }: TitleCancelled): Promise<void> {
    const grants = [...customer.grants.values()].filter(({ granted }) => granted.title.id === title);
    const bought = customer.purchases.get(title);
    if (bought !== undefined && !grants.some(({ revision }) => revision === bought)) {
      const envelope = this.#envelope(event, `ReverseEntry:${customer.account}:${bought}`);
      const data = { entry: bought, reason, invoicedToWallet: true };
      assertTaken(await this.#parts.bus.execute(new ReverseEntry(envelope, customer.account, data)), 'entry_already_reversed');
    }
    for (const grant of grants) await this.#giveBackGrant(event, customer, grant, reason);
  }

  /**
   * What the escrow holds goes back by the end of its event; a payment that is not final yet, when it is. What cannot go back as it was paid,
   * such as a token that the operator has taken away, is the customer's once the grant ends. Credit that was spent is final: where it is not
   * credited yet, that is about to be in the log.
   */
  async #giveBackGrant(event: LedgerEvent, customer: OpenAccount, { granted, status }: TitleGrant, reason: string): Promise<void> {
    const { slot, hold } = granted;
    if (hold === 'escrow' && !customer.captured.has(slot)) return;
    const settlement = paidBy(customer, slot)?.settlement ?? granted.settlement;
    if (isRedemption(settlement)) {
      if (!customer.settlements.has(settlement)) return;
    } else if (await this.#refunded(event, customer, { slot, settlement, reason })) return;
    if (status === 'ended') return;
    const ending = this.#envelope(event, `EndTitleGrant:${slot}`);
    assertTaken(await this.#parts.bus.execute(new EndTitleGrant(ending, customer.account, { slot, reason: 'event_cancelled' })));
  }

  /** Whether it goes back on chain, with the title. */
  async #refunded(event: LedgerEvent, { account: id }: OpenAccount, { slot, settlement, reason }: PaidTitle): Promise<boolean> {
    const envelope = this.#envelope(event, `RefundPayment:${slot}`);
    const refund = createdOnAccountIdOf(envelope.commandId, 'ref_', id);
    const outcome = await this.#parts.bus.execute(new RefundPayment(envelope, { refund, settlement, reason }));
    assertTaken(outcome, 'settlement_not_final', 'nothing_to_refund', 'insufficient_funds', ...unconfigured);
    this.#tellOf(outcome, { provider: event.provider, stream: accountStream(event.provider, id), what: 'refund' });
    return outcome.kind === 'accepted';
  }

  #tellOf(outcome: Outcome<{ readonly code: string }>, about: Omit<UndoneNotice, 'reason'>): void {
    if (outcome.kind === 'rejected' && unconfigured.includes(outcome.rejection.code))
      this.#parts.onUndone({ ...about, reason: outcome.rejection.code });
  }

  async #customer({ provider }: LedgerEvent, id: string): Promise<OpenAccount> {
    const state = await this.#parts.executor.current(account, accountStream(provider, id), provider);
    if (state.status === 'none') throw new RangeError(`Account ${id} has an event and was never opened.`);
    return state;
  }

  #envelope(cause: LedgerEvent, command: string): Envelope {
    return processEnvelope('cancelled-title', cause, command);
  }
}

interface EscrowedTitle {
  readonly title: string;
  readonly chainId: string;
  readonly eventId: string;
}

interface PaidTitle {
  readonly slot: string;
  readonly settlement: string;
  readonly reason: string;
}

/** A refusal that is not among those which change nothing is a defect, and the process halts at it. */
function assertTaken(outcome: Outcome<{ readonly code: string }>, ...refusals: readonly string[]): void {
  if (outcome.kind === 'accepted' || refusals.includes(outcome.rejection.code)) return;
  throw new Error(`A title that is called off was not given back: ${JSON.stringify(outcome.rejection)}`);
}
