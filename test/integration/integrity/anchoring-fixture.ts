import { hash, randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../services/commands/application/clock.ts';
import { PostgresTransactionStore } from '../../../services/chain/adapters/postgres/postgres.transaction-store.ts';
import { ChainAccess, type ChainAccessOptions } from '../../../services/chain/chain-access.ts';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import type { StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { ChainKeyFiles } from '../../../services/chain/adapters/keys/chain-key-files.ts';
import { deployLedgerAnchor } from '../../../services/integrity/adapters/chain/deployed-contract.ts';
import { JsonRpc } from '../../../services/chain/adapters/rpc/json-rpc.ts';
import { LedgerAnchorChain } from '../../../services/integrity/adapters/chain/ledger-anchor.chain.ts';
import type { AnchorChain } from '../../../services/integrity/application/anchor-chain.ts';
import { PemKeyring } from '../../../services/integrity/adapters/keys/pem-keyring.ts';
import { AdvisoryLock } from '../../../services/integrity/adapters/postgres/advisory-lock.ts';
import { PostgresHeadStore } from '../../../services/integrity/adapters/postgres/postgres.head-store.ts';
import { PostgresLeafStore } from '../../../services/integrity/adapters/postgres/postgres.leaf-store.ts';
import { type Anchoring, type AnchoringOptions, openAnchoring } from '../../../services/integrity/anchoring.ts';
import { ChangePolicy } from '../../../services/integrity/application/change-policy.ts';
import { DiscoveredLogs } from '../../../services/integrity/application/discovered-logs.ts';
import { LogQuery } from '../../../services/integrity/application/log-query.ts';
import { OpenLog } from '../../../services/integrity/application/open-log.ts';
import { Sequencers } from '../../../services/integrity/application/sequencers.ts';
import { SystemLog } from '../../../services/integrity/application/system-log.ts';
import { leafOf, sealEvent, zeroHash } from '../../../services/integrity/domain/leaf.ts';
import { logIdOf } from '../../../services/integrity/domain/origin.ts';
import type { ListedChain } from '../../../services/integrity/domain/log-policy.ts';
import type { Posting } from '../../../services/money/posting.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import type { Anvil } from '../../support/anvil.ts';
import { freshDatabase } from '../../support/postgres.ts';

/** Rounds open when they are asked for, or when a test says otherwise. */
export const quietSettings = {
  ...{ eventsMax: 1_000_000, secondsMax: 1_000_000, heartbeatSeconds: 1_000_000 },
  ...{ pollMs: 15, chainPollMs: 15, watchMs: 50, backoffMsMax: 100, awayMsMax: 60_000, affordableMin: 0n },
};

export interface FixtureOptions {
  /** Absent: a ledger without a chain. */
  readonly anvil?: Anvil;
}

export type ChainPatience = Partial<Pick<ChainAccessOptions, 'transactions' | 'replaceAfterMs' | 'resendAfterMs' | 'feePerGasMax'>>;

export interface AnchoringFixtureOptions extends Partial<AnchoringOptions> {
  /** Null for none. */
  readonly chain?: AnchorChain | null | undefined;
  readonly mayRegister?: boolean;
}

/** Providers' logs on a database of their own, sequenced, with an anchor contract of their own. */
export async function openAnchoringFixture({ anvil }: FixtureOptions) {
  const database = await freshDatabase();
  const store = new PostgresEventStore({ url: database.serviceUrl, pollMs: 20 });
  const pool = createPool({ url: database.serviceUrl });
  const folder = mkdtempSync(join(tmpdir(), 'tallyroot-anchoring-'));
  const keyring = new PemKeyring({ folder: join(folder, 'keys') });
  const keys = new ChainKeyFiles({ folder: join(folder, 'keys', 'chain'), chainId: '31337' });
  const contract = anvil && (await deployLedgerAnchor(anvil.rpc, keys)).contract;
  const leaves = new PostgresLeafStore(pool);
  const heads = new PostgresHeadStore(pool);
  const query = new LogQuery(leaves, heads);
  const opener = new OpenLog({ store, keyring, clock: systemClock, chains: () => Promise.resolve(contract ? [contract] : []) });
  const logs = new DiscoveredLogs(store);
  await logs.start();
  const sequencers = new Sequencers(logs, { store, leaves, heads, keyring, lock: new AdvisoryLock(pool), headIntervalMsMin: 5 });
  sequencers.start();
  const running: Anchoring[] = [];
  const fixture = {
    ...{ database, store, pool, folder, keys, contract: contract as ListedChain, leaves, heads, query, opener, logs, running },
    async open(slug: string) {
      return opener.openLog({ slug, chains: contract ? [contract] : [] });
    },
    /** The log lists these chains from now on. */
    async list(slug: string, chains: readonly ListedChain[]): Promise<void> {
      await new ChangePolicy(logs, (name) => keyring.open(name, 'recovery'), new SystemLog(store, systemClock)).change(slug, { chains });
    },
    async logIdOf(slug: string): Promise<string> {
      const log = await opener.openLog({ slug, chains: [] });
      return logIdOf(log.origin, log.vkey);
    },
    /** Speaks to the chain over this fetch. */
    async chain(fetchOver: typeof fetch = fetch, { transactions = new PostgresTransactionStore(pool), ...patience }: ChainPatience = {}) {
      if (anvil === undefined) return undefined;
      const node = new JsonRpc(anvil.url, fetchOver);
      const access = new ChainAccess({ node, chainId: '31337', transactions, replaceAfterMs: 60_000, resendAfterMs: 300, ...patience });
      return new LedgerAnchorChain(access, contract as ListedChain, keys);
    },
    /** On the fixture's own chain, on this one, or on none. */
    async anchoring({ chain: given, mayRegister = true, ...options }: AnchoringFixtureOptions = {}) {
      const chain = given === null ? undefined : (given ?? (await fixture.chain()));
      const anchoring = openAnchoring({
        ...{ store, pool, logs, leaves, heads, lock: new AdvisoryLock(pool), clock: systemClock, settings: quietSettings },
        ...{ chains: chain ? [{ chain, mayRegister }] : [], gatherMs: 0 },
        ...options,
      });
      running.push(anchoring);
      anchoring.anchorer.start();
      return anchoring;
    },
    /** Appends events that each move the amount from one place to another. */
    async post(slug: string, amount: string, count = 1): Promise<void> {
      const log = await opener.openLog({ slug, chains: [] });
      const moved = { amount, currency: 'EUR' } as const;
      const postings: Posting[] = [
        { account: 'asset:unbilled:acc_1', direction: 'debit', ...moved },
        { account: 'revenue:tv', direction: 'credit', ...moved },
      ];
      await appendEvents(store, log.origin, `${slug}.account-acc_1`, count, { postings });
    },
    async close() {
      await Promise.all(running.map(({ anchorer }) => anchorer.stop()));
      await sequencers.stop();
      await logs.stop();
      await store.dispose();
      await pool.end();
      await database.drop();
    },
  };
  return fixture;
}

export type AnchoringFixture = Awaited<ReturnType<typeof openAnchoringFixture>>;

async function appendEvents(store: PostgresEventStore, origin: string, stream: string, count: number, fin: object): Promise<void> {
  const standing: StoredEvent[] = [];
  for await (const event of store.readAll({ filter: { streamPrefixes: [stream] } })) if (event.stream === stream) standing.push(event);
  let previous = standing.length === 0 ? zeroHash : leafOf(origin, standing.at(-1) as StoredEvent).hash;
  const events = Array.from({ length: count }, (_, index) => {
    const id = randomUUID();
    const type = 'ChargePosted/1';
    const revision = BigInt(standing.length + index);
    const salts = { payloadSalt: hash('sha256', `p${id}`, 'hex'), metadataSalt: hash('sha256', `m${id}`, 'hex') };
    const body = { actor: { id: 'test', type: 'process' }, command: id, correlation: id, fingerprint: id };
    const at = systemClock.now();
    const sealed = sealEvent({ origin, stream, revision, id, type, fin: fin as never, body, at, previous, ...salts });
    previous = sealed.leaf.hash;
    return { id, type, data: sealed.data, metadata: sealed.metadata };
  });
  await store.append({ stream, expected: standing.length === 0 ? 'no_stream' : BigInt(standing.length - 1), events });
}
