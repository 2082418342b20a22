import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { systemClock } from '../../../services/commands/application/clock.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { AbiLogReader } from '../../../services/settlement/adapters/chain/abi.log-reader.ts';
import { RpcWatchedNode } from '../../../services/settlement/adapters/chain/rpc.watched-node.ts';
import { MemorySettlementLedger } from '../../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../../services/settlement/adapters/memory/memory.watcher-store.ts';
import { PostgresWatcherStore } from '../../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
import { watchDefaults } from '../../../services/settlement/application/chain-watch.ts';
import { resyncIntoShadow } from '../../../services/settlement/application/shadow-resync.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { purchased, ScriptedChain, scriptedCalls, settled } from '../../support/scripted-chain.ts';
import { scriptedChainOf, watchOf } from '../../support/watched-chain.ts';

const configured = scriptedChainOf(['-']);
let database: TestDatabase;
let pool: Pool;
let chain: ScriptedChain;

beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

/** A life with a reorganisation, as production saw it: block by block. */
beforeEach(async () => {
  for (const table of ['cursor', 'block', 'log', 'word']) await pool.query(`delete from settlement_watch_${table}`);
  chain = new ScriptedChain();
  const [store, ledger] = [new PostgresWatcherStore(pool), new MemorySettlementLedger()];
  const watch = watchOf(configured, { store, ledger, nodes: [scriptedCalls(chain)] });
  for (let seq = 0n; seq < 6n; seq++) {
    chain.mine([settled(seq)], [purchased(seq, 9n)]);
    if (seq === 3n) {
      await watch.look();
      chain.undo(1);
      chain.mine([purchased(seq, 9n)]);
    }
    await watch.look();
  }
  chain.finalise(1n);
  await watch.look();
});

const resync = () =>
  resyncIntoShadow({
    ...{ chain: configured, reader: new AbiLogReader(), clock: systemClock, settings: watchDefaults, kept: new PostgresWatcherStore(pool) },
    nodes: [new RpcWatchedNode('node', scriptedCalls(chain), configured.profile)],
    shadow: { store: new MemoryWatcherStore(), ledger: new MemorySettlementLedger() },
  });

describe('a chain that is read again from its first block', () => {
  it('is what is kept of it', async () => {
    expect(await resync()).toEqual({ upTo: 5n, compared: 9, differences: [] });
  });

  it('names what is missing, made up or changed in what is kept', async () => {
    await pool.query(`delete from settlement_watch_log where effect = 'slot' and key = '1' and log ->> 'module' = 'escrow'`);
    await pool.query(
      `update settlement_watch_log set log = jsonb_set(log, '{log,amount}', '"999999"') where key = '2' and log ->> 'module' = 'settlement'`,
    );
    await pool.query(
      `update settlement_watch_log set key = '77', log = jsonb_set(log, '{key}', '"77"') where key = '0' and log ->> 'module' = 'settlement'`,
    );
    const { differences } = await resync();
    expect(differences.map(({ kind, key }) => `${kind} ${key.slice(43)}`).toSorted()).toEqual([
      'different 1 slot 2',
      'foreign 1 slot 77',
      'missing 1 slot 0',
      'missing 1 slot 1',
    ]);
  });
});
