import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { pino } from 'pino';
import { systemClock } from '../../../services/commands/application/clock.ts';
import { createHttpApplication } from '../../../services/http/http-application.ts';
import { AdvisoryLock } from '../../../services/integrity/adapters/postgres/advisory-lock.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { lockOfChain } from '../../../services/settlement/application/watching/chain-watcher.ts';
import { MemorySettlementLedger } from '../../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { openWatching, type Watching, type WatchingOptions } from '../../../services/settlement/watching.ts';
import { WatchingModule } from '../../../services/settlement/watching.module.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { ScriptedChain, type ScriptedNode, settled, startScriptedNode } from '../../support/scripted-chain.ts';
import { forgetWatched, scriptedChainOf } from '../../support/watched-chain.ts';

let database: TestDatabase;
let pools: Pool[];
let chain: ScriptedChain;
let nodes: ScriptedNode[];
let ledger: MemorySettlementLedger;
const open: Watching[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  // Each process has connections of its own.
  pools = [1, 2].map(() => createPool({ url: database.serviceUrl }));
});

afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await database.drop();
});

beforeEach(async () => {
  chain = new ScriptedChain();
  nodes = [await startScriptedNode(chain), await startScriptedNode(chain)];
  ledger = new MemorySettlementLedger();
  await forgetWatched(pools[0]!);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ watcher }) => watcher.stop()));
  await Promise.all(nodes.map((node) => node.close()));
});

/** A process that watches. */
function watching(pool: Pool, settings: WatchingOptions['settings'] = {}, onAlarm: WatchingOptions['onAlarm'] = () => undefined): Watching {
  const opened = openWatching({
    ...{ chains: [scriptedChainOf(nodes.map(({ url }) => url))], pool, lock: new AdvisoryLock(pool), ledger, clock: systemClock },
    ...{ onAlarm, onRetry: () => undefined, settings: { pollMs: 10, backoffMsMax: 20, ...settings } },
  });
  open.push(opened);
  return opened;
}

async function until<T>(look: () => Promise<T | false | undefined> | T | false | undefined): Promise<T> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(10)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error('It never came.');
}

/** What the process answers over HTTP. */
async function served(opened: Watching): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { app, close } = await createHttpApplication(
    { module: class {}, imports: [WatchingModule.register(opened)] },
    pino({ level: 'silent' }),
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: await app.getUrl(), close };
}

const stateOf = ({ watcher }: Watching) => watcher.statuses()[0]?.state;

describe('watching', () => {
  it('is done by one process at a time; another one goes on when it ends', async () => {
    const [first, second] = [watching(pools[0]!), watching(pools[1]!)];
    first.watcher.start();
    await until(() => stateOf(first) === 'following' || undefined);
    second.watcher.start();
    chain.mine([settled(1n)]);
    await until(() => ledger.facts().size === 1 || undefined);
    expect(stateOf(second)).toBe('standby');
    await first.watcher.stop();
    chain.mine([settled(2n)]);
    chain.finalise();
    await until(() => ledger.finalised().length === 2 || undefined);
    await until(() => stateOf(second) === 'following');
    expect([...ledger.facts().values()].map((facts) => facts.map(({ type }) => type))).toEqual([
      ['observed', 'finalized'],
      ['observed', 'finalized'],
    ]);
  });

  it('tells anybody how it goes, and raises an alarm when nodes contradict each other', async () => {
    const alarms: unknown[] = [];
    const opened = watching(pools[0]!, {}, ({ alarm }) => alarms.push(alarm));
    nodes[1]!.lie = (method) => (method === 'eth_getLogs' ? { result: [] } : undefined);
    chain.mine([settled(1n)]);
    chain.finalise();
    opened.watcher.start();
    const told = await until(async () => (await opened.statuses.told()).find(({ alarm }) => alarm !== undefined));
    expect(told).toMatchObject({ chainId: '77', state: 'retrying', alarm: 'nodes_disagree', isDelayed: true });
    expect(told.message).toBe('node 1 and node 2 say different things of the logs of blocks 1 to 1.');
    nodes[1]!.lie = undefined;
    await until(async () => (await opened.statuses.told()).find(({ state }) => state === 'following'));
    expect(alarms).toEqual(['nodes_disagree']);
    const [settlement] = (await opened.statuses.progress()).filter(({ module }) => module === 'settlement');
    expect(settlement).toMatchObject({ observed: { number: 1n }, finalized: { number: 1n } });
  });

  it('halts at a final block that is another one, for every process and whatever nodes show later, until an operator lifts that', async () => {
    const alarms: unknown[] = [];
    const first = watching(pools[0]!, {}, ({ alarm }) => alarms.push(alarm));
    const good = chain.mine([settled(1n)]);
    chain.finalise();
    first.watcher.start();
    await until(() => ledger.finalised().length === 1);
    chain.undo(1);
    chain.mine([settled(2n)]);
    await until(() => stateOf(first) === 'halted');
    await first.watcher.stop();
    chain.goTo(good.hash);
    const second = watching(pools[1]!);
    const { url, close } = await served(second);
    second.watcher.start();
    await until(() => stateOf(second) === 'halted');
    const free = await until(() => new AdvisoryLock(pools[0]!).tryAcquire(lockOfChain('77')));
    await free.release();
    chain.mine([settled(3n)]);
    chain.finalise();
    const ready = await fetch(`${url}/ready`);
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { ready: false, chains: [{ chainId: '77', state: 'halted', alarm: 'finality_failed' }] },
    ]);
    const [halt] = await second.halts.all(9);
    expect(halt).toMatchObject({
      chainId: '77',
      code: 'finality_failed',
      message: expect.stringContaining(`was final with hash ${good.hash}`),
    });
    expect([alarms, ledger.finalised().length]).toEqual([['finality_failed'], 1]);

    const lifting = { liftedBy: 'Ada', reason: 'Node 2 was on a fork.', liftedAt: new Date('2026-03-01T12:00:00.000Z') };
    expect(await second.halts.lift('77', lifting)).toMatchObject(lifting);
    expect(await second.halts.lift('77', lifting)).toBeUndefined();
    await until(() => ledger.finalised().length === 2);
    await until(() => stateOf(second) === 'following');
    const shown = await until(async () => {
      const body = (await (await fetch(`${url}/v1/settlement/watcher`)).json()) as { healthy: boolean };
      return body.healthy && body;
    });
    expect(shown).toMatchObject({
      healthy: true,
      halts: [{ code: 'finality_failed', liftedBy: 'Ada', reason: 'Node 2 was on a fork.', liftedAt: '2026-03-01T12:00:00.000Z' }],
    });
    await close();
  });

  it('makes its process unready while too few nodes answer, and ready again', async () => {
    const opened = watching(pools[0]!, { awayMsMax: 0 });
    const { url, close } = await served(opened);
    const ready = async () => {
      const response = await fetch(`${url}/ready`);
      return { status: response.status, body: (await response.json()) as unknown };
    };
    nodes[0]!.lie = () => ({ status: 503 });
    opened.watcher.start();
    const unready = await until(async () => {
      const answer = await ready();
      return answer.status === 503 && answer;
    });
    expect(unready.body).toEqual({ ready: false, chains: [{ chainId: '77', state: 'retrying', alarm: 'nodes_away' }] });
    nodes[0]!.lie = undefined;
    await until(async () => ((await ready()).status === 200 ? true : undefined));
    await close();
  });
});
