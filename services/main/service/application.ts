import { ProjectedCommandLog } from '../../../projections/commands/commands.query.ts';
import { ExplorerModule } from '../../../projections/explorer/explorer.module.ts';
import { ProjectionsModule } from '../../../projections/projections.module.ts';
import { SignedAnswersModule } from '../../../projections/signed-answers/signed-answers.module.ts';
import { createHttpApplication, type HttpApplication } from '../../http/http-application.ts';
import { AnchoringModule } from '../../integrity/anchoring.module.ts';
import { IntegrityModule } from '../../integrity/integrity.module.ts';
import { BillBundles } from '../../invoicing/application/bill-bundles.ts';
import { BillBundlesModule } from '../../invoicing/bill-bundles.module.ts';
import { PrivacyModule } from '../../privacy/privacy.module.ts';
import { serviceModule } from '../service-module.ts';
import type { Foundations } from './foundations.ts';
import { entryPublicity, payloadAccess } from './log-access.ts';
import type { ServiceOptions } from './service-options.ts';
import type { SettlementParts } from './settlement-modules.ts';

/** Every capability behind HTTP, ready for its first request and not yet listening. */
export async function openApplication(
  { logger }: ServiceOptions,
  { pool, integrity, privacy, snapshots, progress, secret }: Foundations,
  settlement: SettlementParts,
): Promise<HttpApplication> {
  const { eventStore, guard, logs, anchoring, witnessing, files, query } = integrity;
  const publicity = entryPublicity(eventStore);
  const http = await createHttpApplication(
    serviceModule({
      ...{ eventStore, pool, progress },
      commands: { guard, receipts: integrity.receipts, origins: logs, commandLog: new ProjectedCommandLog(pool), snapshots },
      access: { logs: integrity.openLog, secret },
      others: [
        ProjectionsModule,
        AnchoringModule.register(anchoring),
        IntegrityModule.register({ files, query, witnessing, access: payloadAccess(pool), entries: publicity }),
        SignedAnswersModule.register({ answers: integrity.answers, balances: anchoring.balances, query }),
        ExplorerModule.register({ ...integrity, publicity }),
        BillBundlesModule.register(new BillBundles(eventStore, integrity.bundles)),
        PrivacyModule.register(privacy),
        ...settlement.modules,
      ],
    }),
    logger,
  );
  await http.app.init();
  return http;
}
