import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Pool } from 'pg';
import { ApiKeyIssuer } from '../access/application/api-key-issuer.ts';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { PrivacyUpkeep } from '../privacy/application/privacy-upkeep.ts';
import { SETTLEMENT_LEDGER, type SettlementLedger } from '../settlement/application/watching/settlement-ledger.ts';
import type { Integrity } from './integrity.ts';
import { type LocalKeyFiles, openLocalProvider } from './local-provider.ts';
import { openApplication } from './service/application.ts';
import { Closing } from './service/closing.ts';
import { type Foundations, openFoundations } from './service/foundations.ts';
import { readersOf } from './service/readers.ts';
import { allRoles, type Role, type ServiceOptions } from './service/service-options.ts';
import { type SettlementParts, settlementParts } from './service/settlement-modules.ts';
import { reconcilerOf, senderOf } from './service/settlement-work.ts';

/** All roles in one process. */
export interface Service {
  /** Where the API listens, without a trailing slash. */
  readonly url: string;
  readonly commands: CommandBus;
  /** Takes what is seen on the chains that providers are paid on. */
  readonly settlementLedger: SettlementLedger;
  readonly eventStore: EventStore;
  readonly pool: Pool;
  readonly keyFiles: LocalKeyFiles;
  readonly integrity: Integrity;
  /** Drains requests, then stops writers and readers. The database stays. */
  close(): Promise<void>;
}

/** What a role runs. */
interface Work {
  start(): void;
  stop(): Promise<unknown>;
}

export async function openService(options: ServiceOptions): Promise<Service> {
  const closing = new Closing();
  try {
    return await open(options, closing);
  } catch (error) {
    await closing.run().catch(() => undefined);
    throw error;
  }
}

async function open(options: ServiceOptions, closing: Closing): Promise<Service> {
  const { dataFolder, host, port, roles = allRoles } = options;
  const foundations = await openFoundations(options, closing);
  const settlementLedger = (): SettlementLedger => http.app.get<SettlementLedger>(SETTLEMENT_LEDGER, { strict: false });
  const settlement = settlementParts(options, foundations, settlementLedger);
  const http = await openApplication(options, foundations, settlement);
  for (const [role, work] of worksOf(options, foundations, settlement, http.app)) {
    if (roles.includes(role)) work.start();
    closing.push(() => work.stop());
  }
  closing.push(() => http.close());

  const { pool, integrity } = foundations;
  const bus = http.app.get(CommandBus, { strict: false });
  const keys = http.app.get(ApiKeyIssuer, { strict: false });
  const isOpened = (slug: string) => integrity.logs.find(slug).then((log) => log !== undefined);
  const keyFiles = await openLocalProvider({ bus, keys, dataFolder, isOpened });
  const url = await listen(http.app, host, port);
  settlement.publicOrigin.listensAt(Number(new URL(url).port));
  const { eventStore } = integrity;
  return { url, commands: bus, settlementLedger: settlementLedger(), eventStore, pool, keyFiles, integrity, close: () => closing.run() };
}

/** In the order in which they start; they stop in the opposite one. */
function worksOf(
  options: ServiceOptions,
  foundations: Foundations,
  settlement: SettlementParts,
  app: NestFastifyApplication,
): readonly (readonly [Role, Work])[] {
  const { sequencers, anchoring } = foundations.integrity;
  const readers = readersOf(foundations, app, options.logger);
  const projector: Work = {
    start: () => readers.forEach((reader) => reader.start()),
    stop: () => Promise.all(readers.map((reader) => reader.stop())),
  };
  const base = [
    ['projector', projector],
    ['projector', app.get(PrivacyUpkeep, { strict: false })],
    ['sequencer', sequencers],
    ['watcher', settlement.watching.watcher],
    ['anchorer', anchoring.anchorer],
  ] as const;
  // Nothing to compare and nothing to send without a chain that somebody is paid on.
  if ((options.settlementChains ?? []).length === 0) return base;
  const reconciler = reconcilerOf(options, foundations, settlement);
  return [...base, ['watcher', reconciler], ['sender', senderOf(options, foundations, settlement, app)]];
}

async function listen(app: NestFastifyApplication, host: string, port: number): Promise<string> {
  await app.listen({ host, port });
  return (await app.getUrl()).replace('[::1]', '127.0.0.1').replace(/\/$/, '');
}
