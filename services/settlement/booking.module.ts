import { type DynamicModule, Module } from '@nestjs/common';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { CLOCK, systemClock } from '../commands/application/clock.ts';
import { CommandExecutor } from '../commands/application/command-executor.ts';
import { EVENT_STORE, type EventStore } from '../event-store/domain/event-store.ts';
import { ReceiptsController } from './adapters/http/receipts.controller.ts';
import { AllocateReceiptHandler } from './application/booking/allocate-receipt.handler.ts';
import { CreditTokens } from './application/credit/credit-tokens.ts';
import { OlderCredit } from './application/credit/older-credit.ts';
import { OlderCreditProcess } from './application/credit/older-credit.process.ts';
import { EffectSubjects } from './application/booking/effect-subjects.ts';
import { BookRates } from './application/quoting/book-rates.ts';
import type { EscrowPurchases } from './application/escrow/escrow-purchases.ts';
import { FinalContexts } from './application/booking/final-contexts.ts';
import { StreamGivenSlots } from './application/checkout/given-slots.ts';
import type { MandateOwners } from './application/mandates/mandate-owners.ts';
import type { ProviderDirectory } from './application/provider-directory.ts';
import { PurchaseFacts } from './application/booking/purchase-facts.ts';
import { RecordingSettlementLedger } from './application/booking/recording.settlement-ledger.ts';
import { LoggedRates, REFERENCE_RATES, type ReferenceRates } from './application/quoting/reference-rates.ts';
import { SettleSlotHandler } from './application/booking/settle-slot.handler.ts';
import type { OnOldRate, OnUnmatched } from './application/settlement-alarms.ts';
import { SettlementChains } from './application/settlement-chains.ts';
import type { SettlementChain } from './application/settlement-chain.ts';
import { SETTLEMENT_LEDGER } from './application/watching/settlement-ledger.ts';
import { SettlementProcess } from './application/booking/settlement.process.ts';

export interface BookingPorts {
  readonly chains: readonly SettlementChain[];
  readonly providers: ProviderDirectory;
  readonly purchases: EscrowPurchases;
  readonly mandates: MandateOwners;
  readonly onUnmatched: OnUnmatched;
  readonly onOldRate: OnOldRate;
}

/** From what the watcher sees on chain to the books: facts of the chain, and what they do to accounts. */
@Module({
  imports: [CqrsModule],
  controllers: [ReceiptsController],
  providers: [
    { provide: CLOCK, useValue: systemClock },
    {
      provide: BookRates,
      useFactory: (executor: CommandExecutor, rates: ReferenceRates) => new BookRates(executor, rates),
      inject: [CommandExecutor, REFERENCE_RATES],
    },
    { provide: PurchaseFacts, useFactory: (executor: CommandExecutor) => new PurchaseFacts(executor), inject: [CommandExecutor] },
    {
      provide: OlderCredit,
      useFactory: (executor: CommandExecutor, store: EventStore) =>
        new OlderCredit({ executor, store, tokens: new CreditTokens(executor) }),
      inject: [CommandExecutor, EVENT_STORE],
    },
    { provide: OlderCreditProcess, useFactory: (older: OlderCredit) => new OlderCreditProcess(older), inject: [OlderCredit] },
    SettleSlotHandler,
    AllocateReceiptHandler,
  ],
  exports: [SettlementProcess, OlderCreditProcess, SETTLEMENT_LEDGER],
})
export class BookingModule {
  static register({ chains, providers, purchases, mandates, onUnmatched, onOldRate }: BookingPorts): DynamicModule {
    const known = new SettlementChains(chains);
    return {
      module: BookingModule,
      providers: [
        { provide: REFERENCE_RATES, useFactory: (store: EventStore) => new LoggedRates(store, onOldRate), inject: [EVENT_STORE] },
        {
          provide: SETTLEMENT_LEDGER,
          useFactory: (
            ...[executor, store, olderCredit, rates, books, facts]: [
              CommandExecutor,
              EventStore,
              OlderCredit,
              ReferenceRates,
              BookRates,
              PurchaseFacts,
            ]
          ) => {
            const creditTokens = new CreditTokens(executor);
            return new RecordingSettlementLedger({
              ...{ executor, chains: known, providers, mandates, onUnmatched, creditTokens, olderCredit },
              slots: new StreamGivenSlots(store),
              subjects: new EffectSubjects(executor, known),
              contexts: new FinalContexts({ facts, chains: known, rates, purchases, creditTokens, books }),
            });
          },
          inject: [CommandExecutor, EVENT_STORE, OlderCredit, REFERENCE_RATES, BookRates, PurchaseFacts],
        },
        {
          provide: SettlementProcess,
          useFactory: (bus: CommandBus, facts: PurchaseFacts) => new SettlementProcess({ bus, purchases, facts }),
          inject: [CommandBus, PurchaseFacts],
        },
      ],
    };
  }
}
