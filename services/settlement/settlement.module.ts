import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CatalogReader } from '../catalog/application/catalog-reader.ts';
import { chainNodeAt } from '../chain/chain-access.ts';
import { PublicOrigin } from '../http/public-origin.ts';
import { CLOCK, systemClock } from '../commands/application/clock.ts';
import { CommandExecutor } from '../commands/application/command-executor.ts';
import { EVENT_STORE, type EventStore } from '../event-store/domain/event-store.ts';
import { AnyNode } from './adapters/chain/any-node.ts';
import { BudgetedNode } from './adapters/chain/budgeted.node.ts';
import { ChainCreditCaps } from './adapters/chain/chain.credit-caps.ts';
import { ChainCreditDesk } from './adapters/chain/chain.credit-desk.ts';
import { ChainMandateDesk } from './adapters/chain/chain.mandate-desk.ts';
import { ChainPayerDesk } from './adapters/chain/chain.payer-desk.ts';
import { ChainTokenScales } from './adapters/chain/chain.token-scales.ts';
import { ChainSlotWitness } from './adapters/chain/slot-witness.chain.ts';
import { watchedNodesOf } from './adapters/chain/watched-nodes.ts';
import { CheckoutController } from './adapters/http/checkout.controller.ts';
import { CheckoutsController } from './adapters/http/checkouts.controller.ts';
import { PayPageController } from './adapters/http/pay-page.controller.ts';
import { SettlementController } from './adapters/http/settlement.controller.ts';
import { OutagesController } from './adapters/http/outages.controller.ts';
import { TermsController } from './adapters/http/terms.controller.ts';
import { Allowance } from './application/checkout/allowance.ts';
import { ChainDelays } from './application/watching/chain-delays.ts';
import { CheckoutAsks } from './application/checkout/checkout-asks.ts';
import { CheckoutEvents } from './application/checkout/checkout-events.ts';
import { type CheckoutLimits, checkoutLimitsDefault } from './application/checkout/checkout-limits.ts';
import { CheckoutLinks } from './application/checkout/checkout-link.ts';
import { Checkouts } from './application/checkout/checkouts.ts';
import { CLOSED_SLOTS, type ClosedSlots } from './application/checkout/closed-slots.ts';
import { ConfigureSettlementHandler } from './application/configure-settlement.handler.ts';
import { CREDIT_CAPS, type CreditCaps } from './application/credit/credit-caps.ts';
import { CREDIT_DESK } from './application/credit/credit-desk.ts';
import { INVOICE_ISSUING, type InvoiceIssuing } from './application/checkout/invoice-issuing.ts';
import { IssueQuoteHandler } from './application/quoting/issue-quote.handler.ts';
import { MANDATE_DESK } from './application/mandates/mandate-desk.ts';
import { OpenCheckoutHandler } from './application/checkout/open-checkout.handler.ts';
import { DueSlots } from './application/checkout/due-slots.ts';
import { PayableSubjects } from './application/checkout/payable-subjects.ts';
import { PAYER_DESK, type PayerDesk } from './application/checkout/payer-desk.ts';
import { RecordOutageHandler } from './application/terms/record-outage.handler.ts';
import { PublishTermsHandler } from './application/terms/publish-terms.handler.ts';
import { PublishedTerms } from './application/terms/published-terms.ts';
import { QuotePrices } from './application/quoting/quote-prices.ts';
import { QUOTE_SIGNER, type QuoteSigner } from './application/quoting/quote-signer.ts';
import { RATE_SOURCE, type RateSource } from './application/quoting/rate-source.ts';
import { RecordedRates } from './application/quoting/recorded-rates.ts';
import { SetRateHandler } from './application/quoting/set-rate.handler.ts';
import { SENDER_KEYS, type SenderKeys } from './application/sending/sender-keys.ts';
import type { SettlementChain } from './application/settlement-chain.ts';
import { SETTLEMENT_CHAINS, SettlementChains } from './application/settlement-chains.ts';
import { SLOT_WITNESS, type SlotWitness } from './application/checkout/slot-evidence.ts';
import type { SlotPayments } from './application/checkout/slot-payments.ts';
import { SlotNumbers } from './application/checkout/slot-numbers.ts';
import { SlotReleases } from './application/checkout/slot-releases.ts';
import { TOKEN_SCALES, type TokenScales } from './application/quoting/token-scales.ts';
import { TransactionLookups } from './application/checkout/transaction-lookups.ts';
import type { WatcherStatusStore } from './application/watching/watcher-status.ts';

export interface SettlementPorts {
  readonly publicOrigin: PublicOrigin;
  readonly chains: readonly SettlementChain[];
  readonly signer: QuoteSigner;
  readonly senders: SenderKeys;
  readonly payments: SlotPayments;
  readonly issuing: InvoiceIssuing;
  readonly statuses: Pick<WatcherStatusStore, 'told'>;
  readonly closed: ClosedSlots;
  /** 32 bytes of the installation from which ids of checkouts are derived. */
  readonly secret: Uint8Array;
  readonly limits?: Partial<CheckoutLimits>;
}

/** Payments on chain as far as the payer and the provider see them: quotes, checkouts, terms. The watcher and the books stand beside it. */
@Module({
  imports: [CqrsModule, CatalogModule],
  controllers: [SettlementController, TermsController, OutagesController, CheckoutsController, CheckoutController, PayPageController],
  providers: [
    { provide: CLOCK, useValue: systemClock },
    { provide: RATE_SOURCE, useFactory: (executor: CommandExecutor) => new RecordedRates(executor), inject: [CommandExecutor] },
    { provide: PublishedTerms, useFactory: (store: EventStore) => new PublishedTerms(store), inject: [EVENT_STORE] },
    {
      provide: PayableSubjects,
      useFactory: (executor: CommandExecutor, store: EventStore, catalog: CatalogReader, issuing: InvoiceIssuing) =>
        new PayableSubjects({ executor, store, catalog, issuing }),
      inject: [CommandExecutor, EVENT_STORE, CatalogReader, INVOICE_ISSUING],
    },
    {
      provide: SlotReleases,
      useFactory: (executor: CommandExecutor, witness: SlotWitness) => new SlotReleases(executor, witness),
      inject: [CommandExecutor, SLOT_WITNESS],
    },
    {
      provide: DueSlots,
      useFactory: (executor: CommandExecutor, subjects: PayableSubjects, releases: SlotReleases) =>
        new DueSlots({ executor, subjects, releases }),
      inject: [CommandExecutor, PayableSubjects, SlotReleases],
    },
    {
      provide: QuotePrices,
      useFactory: (...[executor, rates, chains, scales, caps]: [CommandExecutor, RateSource, SettlementChains, TokenScales, CreditCaps]) =>
        new QuotePrices({ executor, rates, chains, scales, caps }),
      inject: [CommandExecutor, RATE_SOURCE, SETTLEMENT_CHAINS, TOKEN_SCALES, CREDIT_CAPS],
    },
    {
      provide: SlotNumbers,
      useFactory: (executor: CommandExecutor, closed: ClosedSlots) => new SlotNumbers(executor, closed),
      inject: [CommandExecutor, CLOSED_SLOTS],
    },
    ConfigureSettlementHandler,
    SetRateHandler,
    PublishTermsHandler,
    RecordOutageHandler,
    OpenCheckoutHandler,
    IssueQuoteHandler,
  ],
  exports: [PublicOrigin, SETTLEMENT_CHAINS, PAYER_DESK, CREDIT_DESK, MANDATE_DESK, Checkouts, CheckoutAsks, PayableSubjects, SlotReleases],
})
export class SettlementModule {
  static register({
    publicOrigin,
    issuing,
    chains,
    signer,
    senders,
    payments,
    closed,
    statuses,
    secret,
    ...given
  }: SettlementPorts): DynamicModule {
    const known = new SettlementChains(chains);
    const limits = { ...checkoutLimitsDefault, ...given.limits };
    const calls = new Allowance(limits.nodeCallsPerMinute);
    const nodeOf = ({ chainId, rpcUrls }: SettlementChain) => new BudgetedNode(new AnyNode(rpcUrls.map(chainNodeAt)), chainId, calls);
    return {
      module: SettlementModule,
      providers: [
        { provide: PublicOrigin, useValue: publicOrigin },
        { provide: SETTLEMENT_CHAINS, useValue: known },
        { provide: INVOICE_ISSUING, useValue: issuing },
        { provide: QUOTE_SIGNER, useValue: signer },
        { provide: SENDER_KEYS, useValue: senders },
        { provide: CLOSED_SLOTS, useValue: closed },
        { provide: SLOT_WITNESS, useValue: new ChainSlotWitness({ chains: known, nodesOf: watchedNodesOf, payments }) },
        { provide: PAYER_DESK, useValue: new ChainPayerDesk(known, nodeOf) },
        { provide: TOKEN_SCALES, useValue: new ChainTokenScales(known, chainNodeAt) },
        { provide: CREDIT_CAPS, useValue: new ChainCreditCaps(known, nodeOf) },
        { provide: CREDIT_DESK, useValue: new ChainCreditDesk(known, nodeOf) },
        { provide: MANDATE_DESK, useValue: new ChainMandateDesk(known, nodeOf) },
        { provide: CheckoutAsks, useValue: new CheckoutAsks(limits) },
        {
          provide: Checkouts,
          useFactory: (executor: CommandExecutor, desk: PayerDesk, asks: CheckoutAsks, subjects: PayableSubjects) => {
            const lookups = new TransactionLookups({ desk, asks });
            const delays = new ChainDelays(statuses, systemClock);
            const own = { links: new CheckoutLinks(secret), chains: known, delays, clock: systemClock };
            return new Checkouts({ executor, payments, desk, lookups, subjects, ...own });
          },
          inject: [CommandExecutor, PAYER_DESK, CheckoutAsks, PayableSubjects],
        },
        {
          provide: CheckoutEvents,
          useFactory: (checkouts: Checkouts) => new CheckoutEvents({ checkouts, limits }),
          inject: [Checkouts],
        },
      ],
    };
  }
}
