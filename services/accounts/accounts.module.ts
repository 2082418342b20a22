import { Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CatalogModule } from '../catalog/catalog.module.ts';
import { AccountsController } from './adapters/http/accounts.controller.ts';
import { MovementsController } from './adapters/http/movements.controller.ts';
import { Accounts } from './application/account-command.ts';
import { ChargeUsageHandler } from './application/charge-usage.handler.ts';
import { CloseChargesHandler } from './application/close-charges.handler.ts';
import { OpenAccountHandler } from './application/open-account.handler.ts';
import { PostChargeHandler } from './application/post-charge.handler.ts';
import { PurchaseTitleHandler } from './application/purchase-title.handler.ts';
import { ReceivePaymentHandler } from './application/receive-payment.handler.ts';
import { ReverseEntryHandler } from './application/reverse-entry.handler.ts';
import { CaptureTitleHandler } from './application/capture-title.handler.ts';
import { ReverseSettlementCreditHandler } from './application/reverse-settlement-credit.handler.ts';
import { CreditSettlementHandler } from './application/credit-settlement.handler.ts';
import { EndTitleGrantHandler } from './application/end-title-grant.handler.ts';
import { GrantTitleHandler } from './application/grant-title.handler.ts';
import { RefundSettlementHandler } from './application/refund-settlement.handler.ts';
import { ReturnRefundHandler } from './application/return-refund.handler.ts';
import { ReverseTakenBackCreditHandler } from './application/reverse-taken-back-credit.handler.ts';
import { TakeBackCreditHandler } from './application/take-back-credit.handler.ts';
import { TopUpHandler } from './application/top-up.handler.ts';

@Module({
  imports: [CqrsModule, CatalogModule],
  controllers: [AccountsController, MovementsController],
  providers: [
    Accounts,
    OpenAccountHandler,
    TopUpHandler,
    PostChargeHandler,
    ChargeUsageHandler,
    PurchaseTitleHandler,
    ReceivePaymentHandler,
    ReverseEntryHandler,
    CaptureTitleHandler,
    CreditSettlementHandler,
    ReverseSettlementCreditHandler,
    EndTitleGrantHandler,
    GrantTitleHandler,
    RefundSettlementHandler,
    ReturnRefundHandler,
    ReverseTakenBackCreditHandler,
    TakeBackCreditHandler,
    CloseChargesHandler,
  ],
})
export class AccountsModule {}
