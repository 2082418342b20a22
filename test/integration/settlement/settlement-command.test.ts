import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Pool } from 'pg';
import { runSettlement } from '../../../services/main/settlement/settlement-command.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { PostgresWatcherHalts } from '../../../services/settlement/adapters/postgres/postgres.watcher-halts.ts';
import { PostgresWatcherStore } from '../../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
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
  for (let seq = 1n; seq < 4n; seq++) chain.mine([settled(seq)]);
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
const decided = ['--by', 'Ada', '--reason', 'A node left out logs.'];

describe('bin/tallyroot settlement', () => {
  it('compares, adopts what differs, and keeps who decided that', async () => {
    expect([await run('resync'), printed]).toEqual([0, 'block 3\nChain 77 shows 3 logs up to block 3: what is kept is the same.\n']);
    await pool.query(`delete from settlement_watch_log where key = '2'`);
    expect([await run('resync'), printed]).toEqual([
      1,
      expect.stringMatching(/^missing {3}0x(a2){20} 1 slot 2 {2}block 2 {2}0x[0-9a-f]{64}$/m),
    ]);
    expect(await run('adopt', ...decided)).toBe(0);
    expect(await run('resync')).toBe(0);
    const [halt, ...others] = await new PostgresWatcherHalts(pool).all(9);
    expect([halt, others]).toMatchObject([{ code: 'operator_halt', liftedBy: 'Ada', reason: 'A node left out logs.' }, []]);
  });

  it('adopts nothing that the ledger has as final, and leaves the chain halted', async () => {
    await pool.query(`update settlement_watch_log set standing = 'finalized', log = jsonb_set(log, '{log,amount}', '"9"') where key = '3'`);
    expect([await run('adopt', ...decided), printed]).toEqual([1, expect.stringMatching(/^ {2}Settled 0x(a2){20} slot 3 {2}block 3/m)]);
    expect(await new PostgresWatcherHalts(pool).standing(scriptedChainId)).toMatchObject({ code: 'operator_halt' });
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
    for (const args of [['lift'], ['adopt', '--by', 'Ada'], ['adopt', '--reason', 'why'], ['resync', ...decided], ['forget']])
      await expect(run(...args)).rejects.toMatchObject({
        name: 'SettingsFault',
        message: expect.stringMatching(/^settlement takes one of/),
      });
  });
});
