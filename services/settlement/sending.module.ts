import { type DynamicModule, Module } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import type { SignInNonces } from '../access/application/sign-in-nonces.ts';
import { WalletSessions } from '../access/application/wallet-sessions.ts';
import { CLOCK, systemClock } from '../commands/application/clock.ts';
import { CommandExecutor } from '../commands/application/command-executor.ts';
import { CollectionsController } from './adapters/http/collections.controller.ts';
import { CreditController } from './adapters/http/credit.controller.ts';
import { CreditRefundsController } from './adapters/http/credit-refunds.controller.ts';
import { MandatesController } from './adapters/http/mandates.controller.ts';
import { RedemptionsController } from './adapters/http/redemptions.controller.ts';
import { RefundsController } from './adapters/http/refunds.controller.ts';
import { RelaysController } from './adapters/http/relays.controller.ts';
import { SendingController } from './adapters/http/sending.controller.ts';
import { WalletMandatesController } from './adapters/http/wallet-mandates.controller.ts';
import { WalletSignInController } from './adapters/http/wallet-sign-in.controller.ts';
import { NoteMandateHandler, SignMandateHandler } from './application/mandates/agree-mandate.handlers.ts';
import { CollectInvoiceHandler } from './application/mandates/collect-invoice.handler.ts';
import { CreditTokens } from './application/credit/credit-tokens.ts';
import { CreditRefundProcess } from './application/credit/credit-refund.process.ts';
import { CreditRefunds } from './application/credit/credit-refunds.ts';
import { CREDIT_BOOK, type CreditBook } from './application/credit/credit-book.ts';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { CatalogReader } from '../catalog/application/catalog-reader.ts';
import { CancelledEventProcess } from './application/escrow/cancelled-event.process.ts';
import { CancelledTitleProcess } from './application/escrow/cancelled-title.process.ts';
import { EndPpvEventHandler } from './application/escrow/end-ppv-event.handler.ts';
import { ESCROW_PURCHASES, type EscrowPurchases } from './application/escrow/escrow-purchases.ts';
import { ExpireCreditHandler } from './application/credit/expire-credit.handler.ts';
import { GAS_COSTS, type GasCosts } from './application/sending/gas-costs.ts';
import { CollectByMandateHandler, OfferMandateHandler } from './application/mandates/mandate.handlers.ts';
import { MandatePlaces } from './application/mandates/mandate-places.ts';
import { MANDATE_DESK, type MandateDesk } from './application/mandates/mandate-desk.ts';
import { PayerCollectionLimit } from './application/mandates/payer-collection-limit.ts';
import { PrepaidCreditProcess } from './application/credit/prepaid-credit.process.ts';
import { OfferRedemptionHandler, RelayRedemptionHandler } from './application/credit/redemption.handlers.ts';
import { RefundCreditHandler } from './application/credit/refund-credit.handler.ts';
import { RefundPaymentHandler } from './application/refunds/refund-payment.handler.ts';
import { RefundProcess } from './application/refunds/refund.process.ts';
import { Refunds } from './application/refunds/refunds.ts';
import { RelayPaymentHandler } from './application/checkout/relay-payment.handler.ts';
import { RetryDispatchHandler } from './application/sending/retry-dispatch.handler.ts';
import { SendingProcess } from './application/sending/sending.process.ts';
import { KEPT_TRANSACTIONS, type KeptTransactions, UndoDispatchHandler } from './application/sending/undo-dispatch.handler.ts';
import { TITLE_BUYERS, type TitleBuyers } from './application/escrow/title-buyers.ts';
import { ON_UNDONE, type OnUndone } from './application/settlement-alarms.ts';
import { SETTLEMENT_CHAINS, type SettlementChains } from './application/settlement-chains.ts';
import { type AccountMandates, WalletMandates } from './application/mandates/wallet-mandates.ts';
import { WalletSignIns } from './application/mandates/wallet-sign-ins.ts';

export interface SendingPorts {
  readonly mandates: AccountMandates;
  readonly signIns: SignInNonces;
  /** 32 bytes of the installation from which sessions of wallets are derived. */
  readonly secret: Uint8Array;
  readonly costs: GasCosts;
  readonly settlement: DynamicModule;
  readonly buyers: TitleBuyers;
  readonly purchases: EscrowPurchases;
  readonly transactions: KeptTransactions;
  readonly credit: CreditBook;
  readonly onUndone: OnUndone;
}

/** What a provider sends onto chains, as far as it is ordered and asked for; the sender is started by whoever runs that role. */
@Module({
  imports: [CqrsModule, CatalogModule],
  controllers: [
    ...[SendingController, CollectionsController, MandatesController, RelaysController],
    ...[RefundsController, RedemptionsController, CreditController, CreditRefundsController],
    ...[WalletSignInController, WalletMandatesController],
  ],
  providers: [
    { provide: CLOCK, useValue: systemClock },
    {
      provide: SendingProcess,
      useFactory: (executor: CommandExecutor, onUndone: OnUndone) => new SendingProcess(executor, onUndone),
      inject: [CommandExecutor, ON_UNDONE],
    },
    {
      provide: RefundProcess,
      useFactory: (executor: CommandExecutor, bus: CommandBus, chains: SettlementChains, onUndone: OnUndone) =>
        new RefundProcess({ executor, bus, chains, onUndone }),
      inject: [CommandExecutor, CommandBus, SETTLEMENT_CHAINS, ON_UNDONE],
    },
    {
      provide: CreditRefundProcess,
      useFactory: (executor: CommandExecutor) => new CreditRefundProcess(executor),
      inject: [CommandExecutor],
    },
    {
      provide: PrepaidCreditProcess,
      useFactory: (executor: CommandExecutor) => new PrepaidCreditProcess({ executor, tokens: new CreditTokens(executor) }),
      inject: [CommandExecutor],
    },
    {
      provide: CancelledTitleProcess,
      useFactory: (
        executor: CommandExecutor,
        bus: CommandBus,
        catalog: CatalogReader,
        chains: SettlementChains,
        buyers: TitleBuyers,
        onUndone: OnUndone,
      ) => new CancelledTitleProcess({ executor, bus, catalog, chains, buyers, onUndone }),
      inject: [CommandExecutor, CommandBus, CatalogReader, SETTLEMENT_CHAINS, TITLE_BUYERS, ON_UNDONE],
    },
    EndPpvEventHandler,
    RefundPaymentHandler,
    RefundCreditHandler,
    RetryDispatchHandler,
    UndoDispatchHandler,
    OfferMandateHandler,
    SignMandateHandler,
    NoteMandateHandler,
    CollectByMandateHandler,
    CollectInvoiceHandler,
    RelayPaymentHandler,
    OfferRedemptionHandler,
    RelayRedemptionHandler,
    ExpireCreditHandler,
  ],
  exports: [SendingProcess, RefundProcess, CreditRefundProcess, PrepaidCreditProcess, CancelledTitleProcess, CancelledEventProcess],
})
export class SendingModule {
  /** `settlement`: where the checkouts and the chains are that this works on; `transactions`: what the sender keeps. */
  static register({
    mandates,
    signIns,
    secret,
    costs,
    settlement,
    buyers,
    purchases,
    transactions,
    credit,
    onUndone,
  }: SendingPorts): DynamicModule {
    return {
      module: SendingModule,
      imports: [settlement],
      providers: [
        { provide: GAS_COSTS, useValue: costs },
        { provide: KEPT_TRANSACTIONS, useValue: transactions },
        { provide: WalletSessions, useValue: new WalletSessions(secret) },
        {
          provide: WalletSignIns,
          useFactory: (desk: MandateDesk, sessions: WalletSessions) =>
            new WalletSignIns({ nonces: signIns, sessions, desk, clock: systemClock, secret }),
          inject: [MANDATE_DESK, WalletSessions],
        },
        {
          provide: WalletMandates,
          useFactory: (executor: CommandExecutor, desk: MandateDesk, chains: SettlementChains) =>
            new WalletMandates({ executor, mandates, desk, chains }),
          inject: [CommandExecutor, MANDATE_DESK, SETTLEMENT_CHAINS],
        },
        {
          provide: MandatePlaces,
          useFactory: (executor: CommandExecutor) => new MandatePlaces({ executor, clock: systemClock }),
          inject: [CommandExecutor],
        },
        {
          provide: PayerCollectionLimit,
          useFactory: (desk: MandateDesk, chains: SettlementChains) =>
            new PayerCollectionLimit({ costs, desk, chains, clock: systemClock }),
          inject: [MANDATE_DESK, SETTLEMENT_CHAINS],
        },
        { provide: CREDIT_BOOK, useValue: credit },
        { provide: TITLE_BUYERS, useValue: buyers },
        { provide: ESCROW_PURCHASES, useValue: purchases },
        {
          provide: CancelledEventProcess,
          useFactory: (executor: CommandExecutor) => new CancelledEventProcess({ executor, purchases }),
          inject: [CommandExecutor],
        },
        { provide: ON_UNDONE, useValue: onUndone },
        {
          provide: CreditRefunds,
          useFactory: (executor: CommandExecutor) => new CreditRefunds({ executor, transactions }),
          inject: [CommandExecutor],
        },
        { provide: Refunds, useFactory: (executor: CommandExecutor) => new Refunds({ executor, transactions }), inject: [CommandExecutor] },
      ],
    };
  }
}
