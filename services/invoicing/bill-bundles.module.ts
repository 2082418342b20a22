import { type DynamicModule, Module } from '@nestjs/common';
import { BillBundlesController } from './adapters/http/bill-bundles.controller.ts';
import { BillBundles } from './application/bill-bundles.ts';

/** Serves what a customer checks a bill with; it needs the parts that prove the ledger, which only the composition has. */
@Module({})
export class BillBundlesModule {
  static register(bundles: BillBundles): DynamicModule {
    return { module: BillBundlesModule, controllers: [BillBundlesController], providers: [{ provide: BillBundles, useValue: bundles }] };
  }
}
