import { Module } from '@nestjs/common';
import { AccountBalancesController } from './account-balances/account-balances.controller.ts';
import { AccountBalancesQuery } from './account-balances/account-balances.query.ts';
import { LedgerPlacesQuery } from './account-balances/ledger-places.query.ts';
import { AccountsQuery } from './accounts/accounts.query.ts';
import { AccountsViewController } from './accounts/accounts.controller.ts';
import { EntitlementsController } from './entitlements/entitlements.controller.ts';
import { TitleNoticesController } from './entitlements/title-notices.controller.ts';
import { EntitlementsQuery } from './entitlements/entitlements.query.ts';
import { ReadYourWrites } from './http/read-your-writes.ts';
import { InvoicesController } from './invoices/invoices.controller.ts';
import { InvoicesQuery } from './invoices/invoices.query.ts';
import { JournalController } from './journal/journal.controller.ts';
import { JournalQuery } from './journal/journal.query.ts';
import { TrialBalanceQuery } from './journal/trial-balance.query.ts';
import { MandatesViewController } from './mandates/mandates.controller.ts';
import { MandatesQuery } from './mandates/mandates.query.ts';
import { PrepaidCreditController } from './prepaid-credit/prepaid-credit.controller.ts';
import { PrepaidCreditQuery } from './prepaid-credit/prepaid-credit.query.ts';
import { SettlementsController } from './settlements/settlements.controller.ts';
import { SettlementsQuery } from './settlements/settlements.query.ts';
import { SettlementDispatchesController } from './settlement-dispatches/settlement-dispatches.controller.ts';
import { SettlementDispatchesQuery } from './settlement-dispatches/settlement-dispatches.query.ts';
import { StatementsController } from './statements/statements.controller.ts';
import { StatementsQuery } from './statements/statements.query.ts';

/** Everything that reads. Needs the pool and the progress of read models (ReadStoreModule). */
@Module({
  controllers: [
    AccountsViewController,
    AccountBalancesController,
    StatementsController,
    EntitlementsController,
    TitleNoticesController,
    InvoicesController,
    SettlementsController,
    JournalController,
    SettlementDispatchesController,
    PrepaidCreditController,
    MandatesViewController,
  ],
  providers: [
    AccountsQuery,
    AccountBalancesQuery,
    LedgerPlacesQuery,
    StatementsQuery,
    EntitlementsQuery,
    InvoicesQuery,
    SettlementsQuery,
    JournalQuery,
    TrialBalanceQuery,
    SettlementDispatchesQuery,
    PrepaidCreditQuery,
    MandatesQuery,
    ReadYourWrites,
  ],
  exports: [AccountsQuery, AccountBalancesQuery, LedgerPlacesQuery, InvoicesQuery, JournalQuery, ReadYourWrites],
})
export class ProjectionsModule {}
