import { type DynamicModule, Module } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { CLOCK, systemClock } from '../commands/application/clock.ts';
import { CommandExecutor } from '../commands/application/command-executor.ts';
import { MandatesController } from './adapters/http/mandates.controller.ts';
import { RelaysController } from './adapters/http/relays.controller.ts';
import { SendingController } from './adapters/http/sending.controller.ts';
import { EndPpvEventHandler } from './application/end-ppv-event.handler.ts';
import { GAS_COSTS, type GasCosts } from './application/gas-costs.ts';
import { CollectByMandateHandler, OfferMandateHandler, SignMandateHandler } from './application/mandate.handlers.ts';
import { RelayPaymentHandler } from './application/relay-payment.handler.ts';
import { RetryDispatchHandler } from './application/retry-dispatch.handler.ts';
import { SendingProcess } from './application/sending.process.ts';

/** What a provider sends onto chains, as far as it is ordered and asked for; the sender is started by whoever runs that role. */
@Module({
  imports: [CqrsModule],
  controllers: [SendingController, MandatesController, RelaysController],
  providers: [
    { provide: CLOCK, useValue: systemClock },
    { provide: SendingProcess, useFactory: (executor: CommandExecutor) => new SendingProcess(executor), inject: [CommandExecutor] },
    EndPpvEventHandler,
    RetryDispatchHandler,
    OfferMandateHandler,
    SignMandateHandler,
    CollectByMandateHandler,
    RelayPaymentHandler,
  ],
  exports: [SendingProcess],
})
export class SendingModule {
  /** `settlement`: where the checkouts and the chains are that this works on. */
  static register({ costs, settlement }: { readonly costs: GasCosts; readonly settlement: DynamicModule }): DynamicModule {
    return { module: SendingModule, imports: [settlement], providers: [{ provide: GAS_COSTS, useValue: costs }] };
  }
}
