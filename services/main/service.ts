import { join } from 'node:path';
import { CommandBus } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { ProjectedCommandLog } from '../../projections/commands/commands.query.ts';
import { ProjectedTitleBuyers } from '../../projections/entitlements/projected.title-buyers.ts';
import { ExplorerModule } from '../../projections/explorer/explorer.module.ts';
import { ProjectedLedgerHoldings } from '../../projections/account-balances/projected.ledger-holdings.ts';
import { ProjectionsModule } from '../../projections/projections.module.ts';
import { PrepaidCreditQuery } from '../../projections/prepaid-credit/prepaid-credit.query.ts';
import { ProjectedEscrowPurchases } from '../../projections/settlements/projected.escrow-purchases.ts';
import { SettlementDispatchesQuery } from '../../projections/settlement-dispatches/settlement-dispatches.query.ts';
import { SignedAnswersModule } from '../../projections/signed-answers/signed-answers.module.ts';
import { ProjectedMandateOwners } from '../../projections/mandates/projected.mandate-owners.ts';
import { UpToDateReads } from '../../projections/sql/up-to-date-reads.ts';
import { PostgresApiKeyStore } from '../access/adapters/postgres/api-key-store.ts';
import { Authenticator } from '../access/application/authenticator.ts';
import { EntryAccessQuery } from '../access/application/entry-access-query.ts';
import { ApiKeyIssuer } from '../access/application/api-key-issuer.ts';
import { CommandExecutor } from '../commands/application/command-executor.ts';
import { PostgresSnapshotStore } from '../commands/adapters/postgres/postgres.snapshot-store.ts';
import { Snapshots } from '../commands/application/snapshots.ts';
import { systemClock } from '../commands/application/clock.ts';
import type { EventStore } from '../event-store/domain/event-store.ts';
import { createHttpApplication } from '../http/http-application.ts';
import { BillBundles } from '../invoicing/application/bill-bundles.ts';
import { invoicingProcess, InvoicingProcess } from '../invoicing/application/invoicing.process.ts';
import type { EntryPublicity } from '../integrity/application/entry-publicity.ts';
import type { PayloadAccess } from '../integrity/application/payload-access.ts';
import { AdvisoryLock } from '../integrity/adapters/postgres/advisory-lock.ts';
import type { WitnessAddress } from '../integrity/adapters/witness/http.witness.ts';
import { AnchoringModule } from '../integrity/anchoring.module.ts';
import { IntegrityModule } from '../integrity/integrity.module.ts';
import { BillBundlesModule } from '../invoicing/bill-bundles.module.ts';
import { ErasureProcess } from '../privacy/application/erasure.process.ts';
import { PrivacyUpkeep } from '../privacy/application/privacy-upkeep.ts';
import { PrivacyModule } from '../privacy/privacy.module.ts';
import { amountText } from '../money/money.ts';
import { createPool } from '../read-store/pool.ts';
import { prepareReadModels } from '../read-store/prepare-read-models.ts';
import type { Projection } from '../read-store/projection.ts';
import { EventReader } from '../read-store/event-reader.ts';
import { ProjectionProgress } from '../read-store/projection-progress.ts';
import { ProjectionRunner } from '../read-store/projection-runner.ts';
import { enterService } from '../read-store/service-presence.ts';
import { keptTransactions } from '../chain/chain-access.ts';
import { EncryptedKeystoreSenderKeys } from '../settlement/adapters/keys/encrypted-keystore.sender-keys.ts';
import { EncryptedKeystoreSigner } from '../settlement/adapters/keys/encrypted-keystore.signer.ts';
import { differenceOf, type Reconciliation } from '../settlement/domain/reconciliation.ts';
import { LoggedProviders } from '../settlement/application/provider-directory.ts';
import type { CheckoutLimits } from '../settlement/application/checkout/checkout-limits.ts';
import type { SettlementChain } from '../settlement/application/settlement-chain.ts';
import { SETTLEMENT_LEDGER, type SettlementLedger } from '../settlement/application/watching/settlement-ledger.ts';
import { CancelledEventProcess } from '../settlement/application/escrow/cancelled-event.process.ts';
import { CancelledTitleProcess } from '../settlement/application/escrow/cancelled-title.process.ts';
import { SettlementProcess } from '../settlement/application/booking/settlement.process.ts';
import { PostgresSignInNonces } from '../access/adapters/postgres/sign-in-nonces.ts';
import { MandatesQuery } from '../../projections/mandates/mandates.query.ts';
import { StreamSlotPayments } from '../settlement/application/checkout/stream.slot-payments.ts';
import { BookingModule } from '../settlement/booking.module.ts';
import { PostgresClosedSlots } from '../settlement/adapters/postgres/postgres.closed-slots.ts';
import { PostgresWatcherStatusStore } from '../settlement/adapters/postgres/postgres.watcher-status-store.ts';
import { PostgresGasCosts } from '../settlement/adapters/postgres/postgres.gas-costs.ts';
import { CreditRefundProcess } from '../settlement/application/credit/credit-refund.process.ts';
import { CREDIT_BOOK, type CreditBook } from '../settlement/application/credit/credit-book.ts';
import { PrepaidCreditProcess } from '../settlement/application/credit/prepaid-credit.process.ts';
import { RefundProcess } from '../settlement/application/refunds/refund.process.ts';
import { SendingProcess } from '../settlement/application/sending/sending.process.ts';
import { openSending } from '../settlement/sending.ts';
import { SendingModule } from '../settlement/sending.module.ts';
import { SettlementModule } from '../settlement/settlement.module.ts';
import type { ReconcilerSettings } from '../settlement/application/reconciling/reconciler.ts';
import { openReconciling } from '../settlement/reconciling.ts';
import { openWatching } from '../settlement/watching.ts';
import { WatchingModule } from '../settlement/watching.module.ts';
import { accessSecret } from './access-secret.ts';
import { eventTypes } from './event-types.ts';
import { type ChainAccess, type Integrity, openIntegrity } from './integrity.ts';
import { type LocalKeyFiles, openLocalProvider } from './local-provider.ts';
import { openEventStore } from './open-event-store.ts';
import { openPrivacy } from './privacy.ts';
import { readModels } from './read-models.ts';
import { serviceModule } from './service-module.ts';

export interface ServiceOptions {
  /** Of the service's role, on a migrated database. */
  readonly databaseUrl: string;
  /** Of an EventStoreDB that holds the events; absent: they lie in the database. */
  readonly eventStoreUrl?: string | undefined;
  /** Keys and tokens lie here. */
  readonly dataFolder: string;
  /** The keys outside the database that personal data lie under; absent: they are in the data folder. */
  readonly personalDataKeyFile?: string | undefined;
  /** The password of the keys that sign quotes, outside of the data folder; absent: it is made there. */
  readonly quotePasswordFile?: string | undefined;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly logger: Logger;
  /** Absent: the ledger signs tree heads and anchors nothing, unless there are other chains. */
  readonly chain?: ChainAccess;
  /** Who cosigns the tree heads of every log; nobody when absent. */
  readonly witnesses?: readonly WitnessAddress[];
  readonly otherChains?: readonly ChainAccess[];
  /** Chains that providers are paid on. */
  readonly settlementChains?: readonly SettlementChain[];
  /** How often chains are compared with the books; each minute and daily when absent. */
  readonly reconciling?: Partial<ReconcilerSettings>;
  /** What the links of checkouts may ask for. */
  readonly checkoutLimits?: Partial<CheckoutLimits>;
  /** Which parts of the service this process runs; all when absent. The API is always there: it also answers for their health. */
  readonly roles?: readonly Role[];
}

/**
 * `projector`: read models and processes. `sequencer`: leaves and tree heads. `anchorer`: rounds and anchors. `watcher`: the chains that
 * providers are paid on. `sender`: what is ordered for chains.
 */
export type Role = 'projector' | 'sequencer' | 'anchorer' | 'watcher' | 'sender';

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

/** Ends what was started so far, last first; every step is tried, the first failure is told. */
class Closing {
  readonly #steps: (() => Promise<unknown>)[] = [];

  push(step: () => Promise<unknown>): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (const step of this.#steps.splice(0).reverse()) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }
}

const allRoles: readonly Role[] = ['projector', 'sequencer', 'anchorer', 'watcher', 'sender'];

/** Keys that relays are spread over: never fewer, or a provider would get another one. */
const relayerKeys = 2;

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
  const { databaseUrl, eventStoreUrl, dataFolder, personalDataKeyFile, quotePasswordFile, host, port, logger } = options;
  const { chain, otherChains = [], settlementChains = [], witnesses = [], reconciling = {}, roles = allRoles } = options;
  // Every read model and every lock holds a connection of its own while it works.
  const pool = createPool({ url: databaseUrl, connectionsMax: 40 });
  closing.push(() => pool.end());
  const presence = await enterService(pool);
  closing.push(() => presence.leave());
  await prepareReadModels(pool, readModels);
  const onLiveDrop = (drops: number) => logger.info({ drops }, 'The event store dropped the live reader, which lagged; it reads on.');
  const opened = await openEventStore({ databaseUrl, eventStoreUrl }, { onLiveDrop });
  closing.push(() => opened.dispose());

  const snapshots = new Snapshots({
    snapshots: new PostgresSnapshotStore(pool),
    events: opened,
    onFailure: (stream, err) => logger.warn({ stream, err }, 'A snapshot is not used; the stream is folded from its first event instead.'),
  });
  closing.push(() => snapshots.close());

  const keysFolder = join(dataFolder, 'keys');
  const integrity = await openIntegrity({ eventStore: opened, pool, keysFolder, chain, otherChains, witnesses, logger });
  const { eventStore, guard, logs, anchoring, sequencers, witnessing, files, query } = integrity;

  // An API process asks for logs by name; whoever works on all logs has to find them.
  if (roles.length > 0) await logs.start();
  closing.push(() => logs.stop());
  // Before anybody writes: a crash may have left what is kept of a log to the one that goes on with it.
  for (const log of logs.known()) await integrity.earlier.setAside(log);

  const privacy = await openPrivacy({ eventStore, pool, logs, logger, keysFolder, personalDataKeyFile });

  const publicity = entryPublicity(eventStore);
  const secret = await accessSecret(keysFolder);
  const progress = new ProjectionProgress(pool);
  const keystore = { folder: join(keysFolder, 'quotes'), passwordFile: quotePasswordFile ?? join(keysFolder, 'quotes.password') };
  const senderKeys = new EncryptedKeystoreSenderKeys({ ...keystore, relayers: relayerKeys });
  const issuing = {
    caughtUp: async () => {
      const { position } = await eventStore.head();
      await progress.waitFor(invoicingProcess, { position, timeoutMs: 5_000 });
    },
  };
  const settlement = SettlementModule.register({
    issuing,
    ...{ limits: options.checkoutLimits ?? {}, chains: settlementChains, secret },
    ...{ payments: new StreamSlotPayments(eventStore), closed: new PostgresClosedSlots(pool) },
    statuses: new PostgresWatcherStatusStore(pool),
    signer: new EncryptedKeystoreSigner(keystore),
    senders: senderKeys,
  });
  // The application makes the ledger, and shows how its watcher goes: the watcher asks for it when it has something to tell.
  const ledger = (): SettlementLedger => app.get<SettlementLedger>(SETTLEMENT_LEDGER, { strict: false });
  const watching = openWatching({
    ...{ chains: settlementChains, pool, lock: new AdvisoryLock(pool), clock: systemClock },
    ledger: {
      providers: () => ledger().providers(),
      lastSlot: (providerId) => ledger().lastSlot(providerId),
      take: (effect, heads) => ledger().take(effect, heads),
      reorged: (effect, reason) => ledger().reorged(effect, reason),
      mandatesRevoked: (ends) => ledger().mandatesRevoked(ends),
    },
    onAlarm: (status) => logger.error({ status }, 'A chain that providers are paid on needs somebody to look.'),
    onRetry: (chainId, err) => logger.warn({ chainId, err }, 'A look at a chain that providers are paid on failed; it is tried again.'),
  });
  const providers = new LoggedProviders(logs);
  const reads = new UpToDateReads({ pool, store: eventStore, progress });
  const purchases = new ProjectedEscrowPurchases(reads);
  const http = await createHttpApplication(
    serviceModule({
      eventStore,
      pool,
      progress,
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
        WatchingModule.register(watching),
        BookingModule.register({
          chains: settlementChains,
          providers,
          purchases,
          mandates: new ProjectedMandateOwners(reads),
          onUnmatched: (notice) =>
            logger.error(notice, 'Money came or went on chain that the ledger never asked for; somebody has to look.'),
        }),
        settlement,
        SendingModule.register({
          mandates: new MandatesQuery(pool),
          signIns: new PostgresSignInNonces(pool),
          secret,
          credit: new PrepaidCreditQuery(pool),
          costs: new PostgresGasCosts(pool),
          settlement,
          transactions: keptTransactions(pool),
          buyers: new ProjectedTitleBuyers(reads),
          purchases,
          onUndone: (notice) => logger.error(notice, 'What was decided could not be done on chain; somebody has to look.'),
        }),
      ],
    }),
    logger,
  );
  const { app } = http;
  await app.init();

  const reader = new EventReader({
    types: eventTypes,
    onUnknown: ({ type, stream, revision, position }) =>
      logger.warn({ type, stream, revision, position }, 'Events of this type are unknown here: read models take only their postings.'),
  });
  const processes = [
    app.get(InvoicingProcess, { strict: false }),
    app.get(SettlementProcess, { strict: false }),
    new ErasureProcess(privacy.erasures),
    app.get(SendingProcess, { strict: false }),
    app.get(RefundProcess, { strict: false }),
    app.get(CreditRefundProcess, { strict: false }),
    app.get(PrepaidCreditProcess, { strict: false }),
    app.get(CancelledTitleProcess, { strict: false }),
    app.get(CancelledEventProcess, { strict: false }),
  ];
  const runners = [...readModels, ...processes].map((projection: Projection) => {
    const onHalt = (status: object) => logger.error({ status }, 'A read model halted; it needs somebody to look.');
    return new ProjectionRunner({ projection, eventStore, reader, pool, progress, onHalt });
  });
  if (roles.includes('projector')) for (const runner of runners) runner.start();
  closing.push(() => Promise.all(runners.map((runner) => runner.stop())));
  const upkeep = app.get(PrivacyUpkeep, { strict: false });
  if (roles.includes('projector')) upkeep.start();
  closing.push(() => upkeep.stop());
  if (roles.includes('sequencer')) sequencers.start();
  closing.push(() => witnessing.stop());
  closing.push(() => sequencers.stop());
  if (roles.includes('watcher')) watching.watcher.start();
  closing.push(() => watching.watcher.stop());
  const reconciler = openReconciling({
    ...{ chains: settlementChains, pool, lock: new AdvisoryLock(pool), providers, clock: systemClock, settings: reconciling },
    holdings: new ProjectedLedgerHoldings(reads),
    onAlarm: (difference) => logger.error({ difference: legible(difference) }, 'A chain does not hold what the books say.'),
    onOverdue: ({ what, comparedAt, failure }) =>
      logger.error(
        { what, comparedAt: comparedAt?.toISOString() ?? 'never', failure },
        'A chain was not compared with the books for too long: whether it holds what they say, nobody can tell.',
      ),
    onRetry: (what, err) => logger.warn({ what, err }, 'A comparison of a chain with the books could not be made; it is tried again.'),
  });
  if (roles.includes('watcher') && settlementChains.length > 0) reconciler.start();
  closing.push(() => reconciler.stop());
  if (roles.includes('anchorer')) anchoring.anchorer.start();
  closing.push(() => anchoring.anchorer.stop());
  const sending = openSending({
    ...{ chains: settlementChains, pool, open: app.get(SettlementDispatchesQuery, { strict: false }), lock: new AdvisoryLock(pool) },
    ...{ executor: app.get(CommandExecutor, { strict: false }), commands: app.get(CommandBus, { strict: false }) },
    keys: senderKeys,
    providers: () => logs.known().map(({ slug }) => slug),
    escrows: {
      ...{ open: purchases, purchases },
      onUncaptured: (notice) =>
        logger.error(notice, 'An escrow holds what buyers paid; unless it is captured in time, it goes back to them.'),
    },
    credit: app.get<CreditBook>(CREDIT_BOOK, { strict: false }),
    onAlarm: (alarm) => logger.error({ alarm }, 'Sending needs somebody to look; it is tried on.'),
  });
  if (roles.includes('sender') && settlementChains.length > 0) sending.start();
  closing.push(() => sending.stop());
  closing.push(() => http.close());

  const bus = app.get(CommandBus, { strict: false });
  const keys = app.get(ApiKeyIssuer, { strict: false });
  const isOpened = (slug: string) => logs.find(slug).then((log) => log !== undefined);
  const keyFiles = await openLocalProvider({ bus, keys, dataFolder, isOpened });
  const url = await listen(app, host, port);
  const settlementLedger = app.get<SettlementLedger>(SETTLEMENT_LEDGER, { strict: false });
  return { url, commands: bus, settlementLedger, eventStore, pool, keyFiles, integrity, close: () => closing.run() };
}

/** A log line holds no bigint. */
function legible(difference: Reconciliation): object {
  const { onChain, opening, inLedger, inFlight, ...place } = difference;
  const texts = {
    onChain: amountText(onChain),
    opening: amountText(opening),
    inLedger: amountText(inLedger),
    inFlight: amountText(inFlight),
  };
  return { ...place, ...texts, difference: amountText(differenceOf(difference)) };
}

/** Keys of a provider and of its auditors open the payloads of its log; a customer's opens none, since they are everybody's. */
function payloadAccess(pool: Pool): PayloadAccess {
  const authenticator = new Authenticator(new PostgresApiKeyStore(pool));
  const mayRead = async (token: string, slug: string) => {
    const principal = await authenticator.principalOf(token);
    return principal !== undefined && ['provider', 'auditor'].includes(principal.role) && principal.provider === slug;
  };
  return { mayRead };
}

/** A log's entries are public unless its provider has said otherwise. */
function entryPublicity(eventStore: EventStore): EntryPublicity {
  const query = new EntryAccessQuery(eventStore);
  return { arePublic: async (slug) => (await query.of(slug)) === 'public' };
}

async function listen(app: NestFastifyApplication, host: string, port: number): Promise<string> {
  await app.listen({ host, port });
  return (await app.getUrl()).replace('[::1]', '127.0.0.1').replace(/\/$/, '');
}
