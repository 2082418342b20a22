import { join } from 'node:path';
import { createDatabase, type FreshDatabase } from '../../../bench/support/fresh-database.ts';
import { startThrowawayPostgres, type ThrowawayPostgres } from '../../../bench/support/throwaway-postgres.ts';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import type { Abilities, Engine, OpenEngine, OpenOptions } from './engine.ts';
import { PostgresBackdoor } from './postgres-backdoor.ts';

const pollMs = 20;

interface Running {
  readonly server: ThrowawayPostgres;
  readonly database: FreshDatabase;
  readonly backdoor: PostgresBackdoor;
}

/** A server of its own, which tests may kill, with one database for all of them: its log grows from test to test. */
export function postgresEngine(): Engine {
  let starting: Promise<Running> | undefined;
  return {
    name: 'postgres',
    abilities: [
      ...(['client', 'another', 'process', 'processSharesLog', 'crash', 'setBack', 'outage', 'appendFaults', 'unreplicated'] as const),
      ...(['slowCommits', 'noise', 'tamper', 'skewStoreClock', 'lateClientClock'] as const),
    ],
    async open(options) {
      starting ??= start();
      return openClient(await starting, options);
    },
    async close() {
      await (await starting)?.server.stop();
    },
  };
}

async function start(): Promise<Running> {
  const server = await startThrowawayPostgres();
  const database = await createDatabase(server.url);
  const backdoor = new PostgresBackdoor(database, server.url);
  await backdoor.asOwner(`update event_store.event_log_head set stride = ${2 + Math.floor(Math.random() * 9)}`);
  return { server, database, backdoor };
}

async function openClient({ server, database, backdoor }: Running, { appendTimeoutMs }: OpenOptions = {}): Promise<OpenEngine> {
  const direct = new URL(database.serviceUrl);
  const proxy = await TcpProxy.start({ host: direct.hostname, port: Number(direct.port) });
  const proxied = new URL(direct);
  proxied.port = String(proxy.port);
  const stores: PostgresEventStore[] = [];
  const open = async (url: string) => {
    const store = new PostgresEventStore({ url, pollMs, ...(appendTimeoutMs !== undefined && { flushTimeoutMs: appendTimeoutMs }) });
    stores.push(store);
    return store;
  };
  const network = networkOf(proxy);
  return {
    store: await open(proxied.href),
    ...network,
    appendFaults: [...network.appendFaults, ...backdoor.appendFaults],
    unreplicated: backdoor.unreplicated,
    setBack: backdoor,
    tamper: backdoor,
    lateClientClock: true,
    process: { module: join(import.meta.dirname, 'postgres.process.ts'), argument: direct.href },
    processSharesLog: true,
    crash: { kill: () => server.kill(), restart: () => server.restart() },
    client: () => open(direct.href),
    another: async () => open((await createDatabase(server.url)).serviceUrl),
    slowCommits: () => backdoor.slowCommits(),
    noise: () => backdoor.noise(),
    skewStoreClock: (milliseconds) => backdoor.skewClock(milliseconds),
    async close() {
      proxy.mode = 'pass';
      await Promise.all(stores.map((store) => store.dispose()));
      await proxy.close();
      await backdoor.heal();
    },
  };
}

/** What a network does to the client that goes through this proxy. */
function networkOf(proxy: TcpProxy): Pick<Abilities, 'outage' | 'appendFaults'> {
  const set = (mode: TcpProxy['mode']) => async () => void (proxy.mode = mode);
  const end = set('pass');
  return {
    outage: { begin: set('refuse'), end },
    appendFaults: [
      { name: 'the request is lost', begin: set('lose_requests'), end },
      { name: 'the reply is lost', begin: set('lose_replies'), end },
      { name: 'the network stalls', begin: set('freeze'), end },
      { name: 'connections are refused', begin: set('refuse'), end },
    ],
  };
}
