import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Pool } from 'pg';
import { settlements } from '../../../projections/settlements/settlements.projection.ts';
import { systemClock } from '../../../services/commands/application/clock.ts';
import { accept } from '../../../services/commands/domain/decision.ts';
import { ledgerEventOf } from '../../../services/event-store/domain/ledger-event.ts';
import { PostgresEventStore } from '../../../services/event-store/adapters/postgres/postgres.event-store.ts';
import { PemKeyring } from '../../../services/integrity/adapters/keys/pem-keyring.ts';
import { AdvisoryLock } from '../../../services/integrity/adapters/postgres/advisory-lock.ts';
import { OpenLog } from '../../../services/integrity/application/open-log.ts';
import { lockOfChain } from '../../../services/settlement/application/watching/chain-watcher.ts';
import { settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { type ChainEffect, settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { providerIdOf } from '../../../services/settlement/domain/chain-number.ts';
import type { SettlementEvent } from '../../../services/settlement/domain/settlement.events.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { runSettlement } from '../../../services/main/settlement/settlement-command.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { PostgresWatcherHalts } from '../../../services/settlement/adapters/postgres/postgres.watcher-halts.ts';
import { PostgresWatcherStore } from '../../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { EffectHistory } from '../../unit/settlement/effect.fixtures.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import {
  ScriptedChain,
  scriptedChainId,
  scriptedContracts,
  type ScriptedNode,
  settled,
  startScriptedNode,
} from '../../support/scripted-chain.ts';
import { scriptedChainOf, watchOf } from '../../support/watched-chain.ts';

let database: TestDatabase;
let pool: Pool;
let folder: string;
let chain: ScriptedChain;
let node: ScriptedNode;

beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
  folder = await mkdtemp(join(tmpdir(), 'tallyroot-settlement-'));
  chain = new ScriptedChain();
  node = await startScriptedNode(chain);
  const { escrow: _, creditFactory: __, ...contracts } = scriptedContracts;
  const profile = { finality: 'tag', realMoney: false, confirmations: [] };
  const file = [{ chainId: scriptedChainId, rpcUrls: [node.url], contracts, deploymentBlock: '1', tokens: [], profile }];
  await writeFile(join(folder, 'chains.json'), JSON.stringify(file));
  for (let seq = 1n; seq < 4n; seq++) chain.mine([settled(seq, { providerId: providerIdOf('demo') })]);
  chain.finalise();
  await watchOf(scriptedChainOf([node.url]), { store: new PostgresWatcherStore(pool) }).look();
});

afterAll(async () => {
  await node.close();
  await pool.end();
  await database.drop();
  await rm(folder, { recursive: true });
});

let printed = '';
beforeEach(() => {
  printed = '';
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, 'write').mockImplementation((text) => {
      printed += String(text);
      return true;
    });
});
afterEach(() => {
  jest.restoreAllMocks();
});

const run = (...args: string[]) =>
  runSettlement([...args, '--chain', scriptedChainId], {
    TALLYROOT_DATA: join(folder, 'data'),
    DATABASE_URL: database.serviceUrl,
    SETTLEMENT_CHAINS: join(folder, 'chains.json'),
  });
/** As a watcher left it that ended before it noted what it had told. */
async function finalInLedger(key: string): Promise<void> {
  const store = new PostgresEventStore({ url: database.serviceUrl, pollMs: 20 });
  try {
    const keyring = new PemKeyring({ folder: join(folder, 'keys') });
    await new OpenLog({ store, keyring, clock: systemClock, chains: async () => [] }).openLog({ slug: 'demo', chains: [] });
    const logs = await Array.fromAsync(new PostgresWatcherStore(pool).standing(scriptedChainId, 9n));
    const effect = logs.find((log) => log.key === key) as ChainEffect;
    const { events } = new EffectHistory().observed(effect, { unmatched: 'quote_unknown' }).finalized({});
    const outcome = await executionOn(store).executor.execute({
      ...{ aggregate: settlement, stream: settlementStream('demo', settlementId(effect)), envelope: envelope('final') },
      decide: () => accept(...(events as [SettlementEvent, ...SettlementEvent[]])),
    });
    expect(outcome.kind).toBe('accepted');
  } finally {
    await store.dispose();
  }
}

/** As the read model of a service that ran does it. */
async function project(key: string): Promise<void> {
  const store = new PostgresEventStore({ url: database.serviceUrl, pollMs: 20 });
  const client = await pool.connect();
  try {
    await client.query(settlements.schema);
    const stream = settlementStream(
      'demo',
      settlementId({ chainId: scriptedChainId, contract: scriptedContracts.settlement, effect: 'slot', key }),
    );
    const events = await Array.fromAsync(store.readStream(stream));
    await settlements.project(
      events.map((event) => ledgerEventOf(event)!),
      client,
    );
  } finally {
    client.release();
    await store.dispose();
  }
}

const decided = ['--by', 'Ada', '--reason', 'A node left out logs.'];

describe('bin/tallyroot settlement', () => {
  it('compares, adopts what differs, and keeps who decided that', async () => {
    expect([await run('resync'), printed]).toEqual([
      0,
      'block 3\nChain 77 shows 3 logs up to block 3: what is kept is the same.\n' +
        'Of 0 effects of its providers the ledger has all that it was told, and 0 wait to be told.\n',
    ]);
    await pool.query(`delete from settlement_watch_log where key = '2'`);
    expect([await run('resync'), printed]).toEqual([
      1,
      expect.stringMatching(/^missing {3}0x(a2){20} [0-9]+ slot 2 {2}block 2 {2}0x[0-9a-f]{64}$/m),
    ]);
    expect(await run('adopt', ...decided)).toBe(0);
    expect(await run('resync')).toBe(0);
    const [halt, ...others] = await new PostgresWatcherHalts(pool).all(9);
    expect([halt, others]).toMatchObject([{ code: 'operator_halt', liftedBy: 'Ada', reason: 'A node left out logs.' }, []]);
  });

  it('takes back what the ledger has as final only for who names it, and leaves the chain halted before', async () => {
    await pool.query(`update settlement_watch_log set log = jsonb_set(log, '{log,amount}', '"9"') where key = '3'`);
    await finalInLedger('3');
    expect(await run('adopt', ...decided)).toBe(1);
    expect(printed).toMatch(/^ {2}Settled of provider [0-9]+ {2}77\.0x(a2){20}\.slot\.3 {2}block 3 {2}0x[0-9a-f]{64}$/m);
    const [, digest = ''] = /these 1 back in the ledger, repeat the command with --reverse ([0-9a-f]{16})\.$/m.exec(printed) ?? [];
    expect(await run('adopt', ...decided, '--reverse', '0123456789abcdef')).toBe(1);
    expect(await new PostgresWatcherHalts(pool).standing(scriptedChainId)).toMatchObject({ code: 'operator_halt' });
    expect(await run('adopt', ...decided, '--reverse', digest)).toBe(0);
    const [lost] = await new PostgresWatcherStore(pool).deliveries(scriptedChainId);
    expect(lost).toMatchObject({ kind: 'lost', reason: 'A node left out logs.', effect: { key: '3', log: { amount: '9' } } });
    expect(await new PostgresWatcherHalts(pool).standing(scriptedChainId)).toBeUndefined();
  });

  it('names what the ledger was told and does not have', async () => {
    await pool.query(`update settlement_watch_log set standing = 'finalized' where key = '1' and state = 'seen'`);
    expect([await run('resync'), printed]).toEqual([
      1,
      expect.stringMatching(/^forgotten 0x(a2){20} [0-9]+ slot 1 {2}block 1 {2}0x[0-9a-f]{64}$/m),
    ]);
    expect(printed).toContain('does not have 1 that it was told, and 1 wait to be told.');
  });

  it('names what the ledger has as final and nothing says', async () => {
    await project('3');
    await pool.query(`delete from settlement_watch_log where key = '3'`);
    expect([await run('resync'), printed]).toEqual([
      1,
      expect.stringMatching(/^unfounded 0x(a2){20} [0-9]+ slot 3 {2}block 3 {2}0x[0-9a-f]{64}$/m),
    ]);
    expect(printed).toContain('The ledger has 1 as final that are not kept.');
  });

  it('mends both: the one is told again, the other taken back for who names it', async () => {
    expect([await run('adopt', ...decided), printed]).toEqual([
      1,
      expect.stringMatching(/^ {2}Settled of provider [0-9]+ {2}77\..*\.slot\.3 /m),
    ]);
    const told = await new PostgresWatcherStore(pool).deliveries(scriptedChainId);
    expect(told.map(({ kind, effect }) => `${kind} ${effect.key}`)).toEqual(['seen 2']);
    const [, digest = ''] = /these 1 back in the ledger, repeat the command with --reverse ([0-9a-f]{16})\.$/m.exec(printed) ?? [];
    expect([await run('adopt', ...decided, '--reverse', digest), printed]).toEqual([
      0,
      expect.stringContaining('The ledger takes back 1 that it has as final.\nThe ledger is told again of 1 that it has lost.\n'),
    ]);
    expect(await new PostgresWatcherStore(pool).deliveries(scriptedChainId)).toMatchObject([
      { kind: 'lost', reason: 'A node left out logs.', effect: { key: '3', log: { amount: '9' } } },
      { kind: 'seen', standing: undefined, effect: { key: '1' } },
      { kind: 'seen', standing: undefined, effect: { key: '2' } },
      { kind: 'seen', standing: undefined, effect: { key: '3' } },
    ]);
    expect([await run('resync'), printed]).toEqual([0, expect.stringContaining('has all that it was told, and 2 wait to be told.')]);
  });

  it('waits until nobody looks at the chain any more', async () => {
    const look = await new AdvisoryLock(pool).tryAcquire(lockOfChain(scriptedChainId));
    const adopting = run('adopt', ...decided);
    const halts = new PostgresWatcherHalts(pool);
    while ((await halts.standing(scriptedChainId)) === undefined || !printed.includes('Waiting for a look')) await sleep(10);
    expect(printed).not.toContain('block 3');
    await look?.release();
    expect([await adopting, printed]).toEqual([0, expect.stringContaining('Adopted, as the chain shows it up to block 3.')]);
  });

  it('lifts a halt, once', async () => {
    const halts = new PostgresWatcherHalts(pool);
    await halts.lift(scriptedChainId, { liftedAt: new Date(), liftedBy: 'Ada', reason: 'again' });
    await halts.raise({ chainId: scriptedChainId, code: 'key_twice', message: 'Twice.', raisedAt: new Date('2026-03-01T12:00:00Z') });
    expect([await run('lift', ...decided), printed]).toEqual([0, 'Lifted: key_twice of 2026-03-01T12:00:00.000Z. Twice.\n']);
    expect(await run('lift', ...decided)).toBe(1);
  });

  it('says that it could not compare, which is not that something differs', async () => {
    node.lie = () => ({ status: 503 });
    expect([await run('resync'), printed]).toEqual([2, expect.stringContaining('could not compare: Only 0 of 1 nodes are well')]);
    node.lie = undefined;
  });

  it('decides nothing for an operator who gives no name and no reason', async () => {
    for (const args of [
      ['lift'],
      ['lift', ...decided, '--reverse', 'x'],
      ['adopt', '--by', 'Ada'],
      ['adopt', '--reason', 'why'],
      ['resync', ...decided],
      ['forget'],
    ])
      await expect(run(...args)).rejects.toMatchObject({
        name: 'SettingsFault',
        message: expect.stringMatching(/^settlement takes one of/),
      });
  });
});
