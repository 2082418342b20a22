import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { systemClock } from '../../../services/commands/application/clock.ts';
import { createPool } from '../../../services/read-store/pool.ts';
import { AbiLogReader } from '../../../services/settlement/adapters/chain/abi.log-reader.ts';
import { RpcWatchedNode } from '../../../services/settlement/adapters/chain/rpc.watched-node.ts';
import { MemorySettlementLedger } from '../../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { PostgresWatcherStore } from '../../../services/settlement/adapters/postgres/postgres.watcher-store.ts';
import { openShadowStore } from '../../../services/settlement/adapters/postgres/shadow-store.ts';
import { tellAgain } from '../../../services/settlement/adapters/postgres/tell-again.ts';
import { watchDefaults } from '../../../services/settlement/application/watching/chain-watch.ts';
import { planAdoption } from '../../../services/settlement/application/watching/adoption.ts';
import type { FinalClaim } from '../../../services/settlement/application/watching/final-claims.ts';
import { nativeToken } from '../../../services/settlement/application/settlement-chain.ts';
import { compareWithLedger } from '../../../services/settlement/application/watching/ledger-comparison.ts';
import { resyncIntoShadow } from '../../../services/settlement/application/watching/shadow-resync.ts';
import type { WatchedLog } from '../../../services/settlement/application/watching/watcher-store.ts';
import type { ChainEffect } from '../../../services/settlement/domain/chain-effect.ts';
import { freshDatabase, type TestDatabase } from '../../support/postgres.ts';
import { emitted, purchased, ScriptedChain, scriptedCalls, scriptedContracts, settled } from '../../support/scripted-chain.ts';
import { forgetWatched, scriptedChainOf, watchOf } from '../../support/watched-chain.ts';

const configured = scriptedChainOf(['-']);
let database: TestDatabase;
let pool: Pool;
let chain: ScriptedChain;
let ledger: MemorySettlementLedger;

beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const watching = () => watchOf(configured, { store: new PostgresWatcherStore(pool), ledger, nodes: [scriptedCalls(chain)] });

/** A life with a reorganisation, as production saw it: block by block. */
beforeEach(async () => {
  await forgetWatched(pool);
  chain = new ScriptedChain();
  ledger = new MemorySettlementLedger();
  const watch = watching();
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

async function resync(isToTheEnd = false) {
  const { store: shadow, close } = await openShadowStore(database.serviceUrl);
  try {
    return await resyncIntoShadow({
      ...{
        chain: configured,
        reader: new AbiLogReader(),
        clock: systemClock,
        settings: watchDefaults,
        kept: new PostgresWatcherStore(pool),
      },
      ...{ nodes: [new RpcWatchedNode('node', scriptedCalls(chain), configured.profile)], shadow, isToTheEnd },
    });
  } finally {
    await close();
  }
}

describe('a chain that is read again from its first block', () => {
  it('is what is kept of it', async () => {
    expect(await resync()).toMatchObject({ upTo: 5n, compared: 9, differences: [] });
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

describe('what the ledger has of it', () => {
  /** All that ever became final, as a read model has it that has not seen the last events. */
  const claims = {
    async *pages() {
      const facts = [...ledger.facts().values()].flat().filter(({ type }) => type === 'finalized');
      yield facts.map(({ effect }) => ({ ...effect, block: effect.block.number }));
    },
  };
  const compare = () => compareWithLedger({ chainId: configured.chainId, upTo: 5n, kept: new PostgresWatcherStore(pool), ledger, claims });

  it('is all that was told', async () => {
    expect(await compare()).toEqual({ compared: 9, forgotten: [], unfounded: [], waiting: 0 });
  });

  it('is not what its store has lost, until that is told again', async () => {
    ledger = new MemorySettlementLedger();
    const told = await Array.fromAsync(new PostgresWatcherStore(pool).standing(configured.chainId, 5n));
    for (const log of told.slice(2)) await ledger.take(log as ChainEffect, { head: 6n, finalized: 5n });
    const { forgotten, ...counts } = await compare();
    expect([forgotten, counts]).toEqual([told.slice(0, 2), { compared: 9, unfounded: [], waiting: 0 }]);
    await tellAgain(pool);
    expect(await compare()).toEqual({ compared: 9, forgotten: [], unfounded: [], waiting: 2 });
    await watching().look();
    expect(await compare()).toEqual({ compared: 9, forgotten: [], unfounded: [], waiting: 0 });
  });

  it('is not what nothing says any more, unless the ledger is to hear of that', async () => {
    const [first, second, third] = await Array.fromAsync(new PostgresWatcherStore(pool).standing(configured.chainId, 5n));
    const places = [first, second, third].map((log) => [log?.tx, log?.logIndex]);
    await pool.query('delete from settlement_watch_log where tx = $1 and log_index = $2', places[0]);
    await pool.query(`update settlement_watch_log set state = 'lost' where tx = $1 and log_index = $2`, places[1]);
    await pool.query('delete from settlement_watch_log where tx = $1 and log_index = $2', places[2]);
    await ledger.reorged(third as ChainEffect, 'An operator took it back, and the read model is behind.');
    const { unfounded, ...counts } = await compare();
    expect([unfounded.map(({ tx }) => tx), counts]).toEqual([[first?.tx], { compared: 6, forgotten: [], waiting: 0 }]);
  });

  it('is nothing of providers that are not ours', async () => {
    ledger = new MemorySettlementLedger({ ours: new Set(['2']) });
    expect(await compare()).toEqual({ compared: 0, forgotten: [], unfounded: [], waiting: 0 });
  });
});

describe('adopting what the chain shows', () => {
  const plan = async (finding?: Awaited<ReturnType<typeof resync>>, unfounded: readonly FinalClaim[] = []) =>
    planAdoption(finding ?? (await resync(true)), new PostgresWatcherStore(pool), ledger, { forgotten: [], unfounded });
  /** Answers what it takes an operator for. */
  const adopt = async () => {
    const { reversed, adopt: go } = await plan();
    if (reversed.length === 0) await go();
    return reversed;
  };
  const typesOf = (key: string) =>
    [...ledger.facts()].filter(([id]) => id.includes(`a2 1 slot ${key}`)).map(([, facts]) => facts.map(({ type }) => type));
  const goOn = async () => {
    chain.mineEmpty(1);
    chain.finalise();
    await watching().look();
    await watching().look();
    expect((await resync()).differences).toEqual([]);
  };

  it('finds what was left out, and the ledger hears of it', async () => {
    const ofOne = `effect = 'slot' and key = '1' and log ->> 'module' = 'settlement'`;
    await pool.query(`delete from settlement_watch_log where ${ofOne}`);
    ledger = new MemorySettlementLedger();
    expect(await adopt()).toEqual([]);
    await goOn();
    expect(typesOf('1')).toEqual([['observed', 'finalized']]);
  });

  it('takes back what only the ledger has, unless the chain shows it or nobody can tell', async () => {
    const [first, second] = await Array.fromAsync(new PostgresWatcherStore(pool).standing(configured.chainId, 5n));
    const made = { ...(first as ChainEffect), key: '90', contract: scriptedContracts.settlement } as ChainEffect;
    const elsewhere = { ...made, contract: `0x${'ee'.repeat(20)}` };
    const coins = { ...made, contract: nativeToken, module: 'token' } as ChainEffect;
    for (const effect of [made, elsewhere, coins]) await ledger.take(effect, { head: 6n, finalized: 5n });
    await pool.query('delete from settlement_watch_log where tx = $1 and log_index = $2', [second?.tx, second?.logIndex]);
    const claims = [second as ChainEffect, made, elsewhere, coins].map((effect) => ({ ...effect, block: effect.block.number }));
    const { reversed, adopt: go } = await plan(undefined, claims);
    expect(reversed).toEqual([made]);
    await go('Nobody knows where it came from.');
    const told = await new PostgresWatcherStore(pool).deliveries(configured.chainId);
    expect(told.filter(({ kind, effect }) => kind === 'seen' || effect.key === '90')).toMatchObject([
      { kind: 'lost', reason: 'Nobody knows where it came from.', effect: made },
      { kind: 'seen', standing: undefined, effect: second },
    ]);
    await goOn();
    expect(typesOf('90').flat()).toEqual(['observed', 'finalized', 'reversed']);
  });

  it('withdraws what was made up, from the ledger too where it was told', async () => {
    const invent = (key: string, block: number, standing: string | null) =>
      pool.query(
        `insert into settlement_watch_log (chain_id, contract, provider_id, effect, key, block_number, block_hash, tx, log_index, log, standing)
         select chain_id, contract, provider_id, effect, $1::text, block_number, block_hash, tx, log_index + $1::text::integer,
           jsonb_set(jsonb_set(log, '{key}', to_jsonb($1::text)), '{logIndex}', to_jsonb((log_index + $1::text::integer)::text)), $3
         from settlement_watch_log where block_number = $2 and state = 'seen' and log ->> 'module' = 'settlement' limit 1`,
        [key, block, standing],
      );
    for (const [key, block] of [
      ['70', 2],
      ['71', 6],
    ] as const)
      await invent(key, block, null);
    await pool.query('update settlement_watch_word set is_touched = true');
    await expect(watching().look()).rejects.toMatchObject({ code: 'event_without_bit' });
    expect([...typesOf('70'), ...typesOf('71')]).toEqual([]);
    await invent('72', 6, 'observed');
    await ledger.take((await kept('72')) as ChainEffect, { head: 6n, finalized: 5n });
    expect(await adopt()).toEqual([]);
    await goOn();
    expect(['70', '71', '72'].flatMap(typesOf).flat()).toEqual(['observed', 'reorged']);
    expect(typesOf('5')).toEqual([['observed', 'reorged', 'observed', 'finalized']]);
  });

  it('follows a chain that replaced final blocks as long as it shows what the ledger has as final', async () => {
    const before = typesOf('4');
    chain.undo(4);
    chain.mineEmpty(1);
    chain.mine([settled(2n)], [purchased(2n, 9n)], [purchased(3n, 9n)]);
    chain.mine([settled(4n)], [purchased(4n, 9n)]);
    chain.mineEmpty(2);
    chain.finalise(1n);
    await expect(watching().look()).rejects.toMatchObject({ code: 'finality_failed' });
    expect(await adopt()).toEqual([]);
    await goOn();
    expect(typesOf('4')).toEqual(before);
    expect(typesOf('5')).toEqual([['observed', 'reorged']]);
  });

  it('takes nothing back that the ledger has as final, but for an operator', async () => {
    chain.undo(3);
    chain.mine([settled(4n)]);
    chain.mineEmpty(3);
    chain.finalise(1n);
    const { reversed, digest, adopt: go } = await plan();
    expect(reversed.map(({ effect, key, contract }) => `${contract.slice(-2)} ${effect} ${key}`)).toEqual(['a3 slot 3', 'a3 slot 4']);
    await expect(go()).rejects.toThrow('Nobody has decided');
    await expect(watching().look()).rejects.toMatchObject({ code: 'finality_failed' });
    expect((await plan()).digest).toBe(digest);
    await go('The chain went back.');
    chain.mine([purchased(4n, 9n)]);
    await goOn();
    const escrowed = [...ledger.facts()].filter(([id]) => id.includes('a3 1 slot')).map(([, facts]) => facts.map(({ type }) => type));
    expect(escrowed.slice(3)).toEqual([
      ['observed', 'reorged', 'observed', 'finalized', 'reversed'],
      ['observed', 'finalized', 'reversed', 'observed', 'finalized'],
      ['observed', 'reorged'],
    ]);
  });

  it('names nothing while the nodes call less final than the ledger has as final, kept or not', async () => {
    const refusal = { name: 'NodesBehindLedgerFault' };
    const [first] = await Array.fromAsync(new PostgresWatcherStore(pool).standing(configured.chainId, 5n));
    const lost = { ...(first as ChainEffect), key: '91', block: { ...(first as ChainEffect).block, number: '6' } } as ChainEffect;
    await ledger.take(lost, { head: 8n, finalized: 6n });
    await expect(plan(undefined, [{ ...lost, block: '6' }])).rejects.toMatchObject(refusal);
    chain.undo(3);
    chain.mineEmpty(1);
    chain.finalise(1n);
    await expect(plan()).rejects.toMatchObject(refusal);
    chain.mineEmpty(2);
    chain.finalise(1n);
    expect((await plan()).reversed.map(({ block }) => block.number)).toContain('4');
  });

  it('knows what is final from the ledger, where a process ended before it noted that', async () => {
    await pool.query(`update settlement_watch_log set standing = null where key = '4'`);
    chain.undo(3);
    chain.mine([settled(4n)]);
    chain.mineEmpty(3);
    chain.finalise(1n);
    expect((await adopt()).map(({ key }) => key)).toEqual(['3', '4']);
  });

  it("needs nobody for what moves no money, such as a stranger's end of a mandate or approval of one", async () => {
    const stranger = `0x${'b7'.repeat(20)}`;
    const mandate = (name: string, more: readonly unknown[]) =>
      emitted(scriptedContracts.settlement, name, [`0x${'d1'.repeat(32)}`, ...more]);
    const terms = [1n, stranger, `0x${'d2'.repeat(32)}`, stranger, 1n, 1n, 1n, 1n, 2n];
    chain.mine([mandate('MandateRevoked', [stranger, stranger]), mandate('MandateApproved', terms)]);
    chain.mineEmpty(1);
    chain.finalise();
    await watching().look();
    await watching().look();
    expect(ledger.ended()).toHaveLength(1);
    chain.undo(2);
    chain.mineEmpty(3);
    chain.finalise();
    expect((await plan()).reversed.map(({ log }) => log.name)).toEqual([]);
    expect(await adopt()).toEqual([]);
    await goOn();
    const approved = [...ledger.facts()].filter(([id]) => id.includes(' log ')).map(([, facts]) => facts.map(({ type }) => type));
    expect(approved).toEqual([['observed', 'finalized', 'reversed']]);
  });

  it('changes nothing under a watcher that moved on meanwhile', async () => {
    const finding = await resync(true);
    chain.mine([settled(9n)]);
    await watching().look();
    await expect((await plan(finding)).adopt()).rejects.toMatchObject({ name: 'CheckpointMovedFault' });
  });

  async function kept(key: string): Promise<WatchedLog | undefined> {
    const logs = await Array.fromAsync(new PostgresWatcherStore(pool).standing(configured.chainId, 9n));
    return logs.find((log) => log.effect === 'slot' && log.key === key);
  }
});
