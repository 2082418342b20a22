import { type DynamicModule, Module } from '@nestjs/common';
import { ProvenBalanceController } from './adapters/http/proven-balance.controller.ts';
import type { Anchoring } from './anchoring.ts';
import { ProvenBalances } from './application/proven-balances.ts';

@Module({})
export class AnchoringModule {
  /** Serves proven balances; the anchorer is started by whoever runs that role. */
  static register({ balances }: Pick<Anchoring, 'balances'>): DynamicModule {
    return {
      module: AnchoringModule,
      controllers: [ProvenBalanceController],
      providers: [{ provide: ProvenBalances, useValue: balances }],
    };
  }
}
