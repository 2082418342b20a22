import { type DynamicModule, Module } from '@nestjs/common';
import { AnchoringController } from './adapters/http/anchoring.controller.ts';
import { ProvenBalanceController } from './adapters/http/proven-balance.controller.ts';
import type { Anchoring } from './anchoring.ts';
import { AnchoringReport } from './application/anchoring-report.ts';
import { ProvenBalances } from './application/proven-balances.ts';

@Module({})
export class AnchoringModule {
  /** Serves proven balances and what the operator asks about anchoring; the anchorer is started by whoever runs that role. */
  static register({ balances, report }: Pick<Anchoring, 'balances' | 'report'>): DynamicModule {
    return {
      module: AnchoringModule,
      controllers: [ProvenBalanceController, AnchoringController],
      providers: [
        { provide: ProvenBalances, useValue: balances },
        { provide: AnchoringReport, useValue: report },
      ],
    };
  }
}
