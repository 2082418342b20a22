import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Interface } from 'ethers';
import { ledgerAnchorAbi } from '../../../contracts/generated/ledger-anchor.ts';
import { PostgresTransactionStore } from '../../../services/chain/adapters/postgres/postgres.transaction-store.ts';
import { JsonRpc } from '../../../services/chain/adapters/rpc/json-rpc.ts';
import { ChainKeyFiles } from '../../../services/chain/adapters/keys/chain-key-files.ts';
import { ChainAccess } from '../../../services/chain/chain-access.ts';
import { deployLedgerAnchor } from '../../../services/integrity/adapters/chain/deployed-contract.ts';
import { LedgerAnchorChain } from '../../../services/integrity/adapters/chain/ledger-anchor.chain.ts';
import type { AnchoringStatus } from '../../../services/integrity/application/anchoring-status.ts';
import { chainKeyOf, type ListedChain } from '../../../services/integrity/domain/log-policy.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { quietSettings } from './anchoring-fixture.ts';
import { anchoringForEachTest, type AnchoringWorld } from './anchoring-world.ts';
import { until } from './log-fixture.ts';

let anvil: Anvil;
let slow: Anvil;
let fixture: AnchoringWorld['fixture'];
let see: AnchoringWorld['see'];
let slowListed: ListedChain;

beforeAll(async () => void (slow = await startAnvil({ chainId: 31_338 })));
afterAll(() => slow.stop());
anchoringForEachTest(async (world) => {
  ({ anvil, fixture, see } = world);
  for (const role of ['deployer', 'admin', { publisherOf: 'north' }] as const)
    await fundOnSlow((await fixture.keys.walletOf(role)).address);
  slowListed = (await deployLedgerAnchor(slow.rpc, fixture.keys)).contract;
});

describe('a log on two chains', () => {
  it('is anchored on each at its own pace, from one sequence of rounds, and fits one tree', async () => {
    const { logId, chains } = await openOnBoth();
    await fixture.anchoring({
      chains: [
        { chain: chains.fast, mayRegister: true, cadence: { eventsMax: 1, secondsMax: 1_000_000 } },
        { chain: chains.slow, mayRegister: true, cadence: { eventsMax: 1_000_000, secondsMax: 2_000_000 } },
      ],
    });
    await untilFinal(slowListed, 1);
    for (const number of [2, 3, 4]) {
      await fixture.post('north', '1.00');
      await untilFinal(fixture.contract, number);
    }
    const onSlow = await chains.slow.allAnchored(logId);
    const onFast = await chains.fast.allAnchored(logId);
    expect([onFast.length, onSlow.length]).toEqual([4, 1]);
    for (const { size, root } of [...onFast, ...onSlow]) expect(root).toEqual(await fixture.query.rootAt('north', size));
    const { rows } = await fixture.pool.query<{ tick_chain_id: string; opened_for: string[] }>(
      'select tick_chain_id, opened_for from integrity_round order by number',
    );
    // The slow chain is seen the least often, so it ticks where a round is for both; later rounds are for the fast one alone.
    const forSlow = rows.filter(({ opened_for: keys }) => keys.includes(chainKeyOf(slowListed)));
    expect(forSlow.map(({ tick_chain_id: id }) => id)).toEqual(['31338']);
    expect(rows.slice(-3).map(({ opened_for: keys, tick_chain_id: id }) => [keys, id])).toEqual(
      Array.from({ length: 3 }, () => [[chainKeyOf(fixture.contract)], '31337']),
    );
  });

  it('goes on with one while the other is away, which is told and raises an alarm, and catches up by itself', async () => {
    let isAway = true;
    const { logId, chains } = await openOnBoth((url, init) => (isAway ? Promise.reject(new TypeError('refused')) : fetch(url, init)));
    const alarms: AnchoringStatus[] = [];
    const settings = { ...quietSettings, awayMsMax: 200 };
    const { anchorer, report } = await fixture.anchoring({
      chains: [
        { chain: chains.fast, mayRegister: true },
        { chain: chains.slow, mayRegister: true },
      ],
      settings,
      onAlarm: (status) => alarms.push(status),
    });
    await untilFinal(fixture.contract, 1);
    await until(() => alarms.find(({ alarm }) => alarm?.code === 'chain_away'));
    const place = chainKeyOf(slowListed);
    expect(anchorer.statuses()[0]).toMatchObject({
      alarm: { code: 'chain_away' },
      places: [{ alarm: undefined }, { place, state: 'retrying' }],
    });
    // Any other process can tell.
    expect(await until(async () => (await report.places()).find((told) => told.place === place && told.alarm !== undefined))).toMatchObject(
      {
        ...{ log: 'north', state: 'retrying', alarm: 'chain_away', anchors: [] },
        message: expect.stringContaining('did not answer'),
      },
    );
    isAway = false;
    await untilFinal(slowListed, 1);
    await until(() => (anchorer.statuses()[0]?.alarm === undefined ? true : undefined));
    expect(await chains.slow.allAnchored(logId)).toHaveLength(1);
    await until(async () => ((await report.places()).every(({ alarm }) => alarm === undefined) ? true : undefined));
  });

  it.each([
    ['another chain', 'eth_chainId', '0x1'],
    ['other code', 'eth_getCode', '0x00'],
  ])('[ATT-28] is not anchored through a node that serves %s, and goes on on the other chain', async (_, method, lie) => {
    const { logId, chains } = await openOnBoth(async (url, init) => {
      const { id, method: asked } = JSON.parse(init?.body as string) as { id: number; method: string };
      return asked === method ? new Response(JSON.stringify({ jsonrpc: '2.0', id, result: lie })) : fetch(url, init);
    });
    const { anchorer } = await fixture.anchoring({
      chains: [
        { chain: chains.slow, mayRegister: true },
        { chain: chains.fast, mayRegister: true },
      ],
    });
    await untilFinal(fixture.contract, 1);
    await until(() => anchorer.statuses().find(({ alarm }) => alarm?.code === 'wrong_chain'));
    const honest = await chainOn(slow, slowListed);
    expect(await honest.allAnchored(logId)).toEqual([]);
  });

  it('is anchored on a chain that a later policy lists, from the next look on', async () => {
    await fixture.open('north');
    const chains = { fast: (await fixture.chain())!, slow: await chainOn(slow, slowListed) };
    const { anchorer } = await fixture.anchoring({
      chains: [
        { chain: chains.fast, mayRegister: true },
        { chain: chains.slow, mayRegister: true },
      ],
    });
    await untilFinal(fixture.contract, 1);
    expect(anchorer.statuses()[0]?.places).toHaveLength(1);
    await fixture.list('north', [fixture.contract, slowListed]);
    await untilFinal(slowListed, 1);
    await fixture.list('north', [slowListed]);
    await until(() => (anchorer.statuses()[0]?.places.length === 1 ? true : undefined));
    expect(anchorer.statuses()[0]?.places[0]?.place).toBe(chainKeyOf(slowListed));
  });

  async function openOnBoth(fetchSlow: typeof fetch = fetch) {
    const { slug } = await fixture.opener.openLog({ slug: 'north', chains: [fixture.contract, slowListed] });
    return {
      logId: await fixture.logIdOf(slug),
      chains: { fast: (await fixture.chain())!, slow: await chainOn(slow, slowListed, fetchSlow) },
    };
  }

  async function untilFinal(listed: ListedChain, count: number): Promise<void> {
    await until(async () => {
      await Promise.all([anvil.mine(1), slow.mine(1)]);
      const final = (await see.anchors.finalised('north')).filter(({ chainId }) => chainId === listed.chainId);
      return final.length >= count ? true : undefined;
    });
  }
});

describe('logs that share a publisher', () => {
  const slugs = ['north', 'south', 'east'] as const;

  it('share a transaction when they are due at once, and each its part of the cost; one that is refused stops no other', async () => {
    const shared = new ChainKeyFiles({ folder: fixture.folder, chainId: '31337', publisherFile: `${fixture.folder}/shared.key` });
    const access = new ChainAccess({ node: anvil.rpc, chainId: '31337', transactions: new PostgresTransactionStore(fixture.pool) });
    const keys = {
      walletOf: (role: Parameters<ChainKeyFiles['walletOf']>[0]) => (role === 'admin' ? fixture.keys : shared).walletOf(role),
    };
    const chain = new LedgerAnchorChain(access, fixture.contract, keys);
    for (const slug of [...slugs, 'west']) await fixture.open(slug);
    for (const slug of slugs) await chain.register(slug, await fixture.logIdOf(slug));
    await (await fixture.chain())!.register('west', await fixture.logIdOf('west')); // Its place belongs to another key.
    const { anchorer, report } = await fixture.anchoring({ chain, gatherMs: 1_500 });
    for (const slug of slugs) await see.untilFinal(slug);
    await until(() => anchorer.statuses().find(({ log, alarm }) => log === 'west' && alarm?.code === 'publisher_foreign'));
    const queue = await chain.queueOf('north');
    await until(async () => {
      await anvil.mine(1);
      return (await see.transactions.unsettled(queue.key)).length === 0 || undefined;
    });
    const final = (await see.transactions.lastFinal(queue.key))!;
    expect(
      final.subject
        .split(' ')
        .slice(1)
        .map((item) => item.split(':')[0])
        .sort(),
    ).toEqual([...slugs].sort());
    expect(final.attempts.at(-1)!.call.data.slice(0, 10)).toBe(new Interface(ledgerAnchorAbi).getFunction('anchorMany')!.selector);
    for (const slug of slugs) expect((await see.anchors.lastFinalised(slug, fixture.contract))?.place?.tx).toBe(final.place!.tx);
    const day = new Date(final.place!.at).toISOString().slice(0, 10);
    const costs = await report.costs({ from: day, to: day });
    expect(costs.map(({ log, chainId, transactions, anchors }) => [log, chainId, transactions, anchors])).toEqual(
      [...slugs].sort().map((slug) => [slug, '31337', 1n, 1n]),
    );
    expect(costs.reduce((sum, { fee }) => sum + fee, 0n)).toBe(final.place!.fee);
    expect(costs.reduce((sum, { gas }) => sum + gas, 0n)).toBe(final.place!.gas);
    expect(await report.costs({ from: '2000-01-01', to: '2000-01-02' })).toEqual([]);
  });
});

async function chainOn({ url }: Anvil, listed: ListedChain, fetchOver: typeof fetch = fetch): Promise<LedgerAnchorChain> {
  const node = new JsonRpc(url, fetchOver);
  const transactions = new PostgresTransactionStore(fixture.pool);
  const access = new ChainAccess({ node, chainId: listed.chainId, transactions, replaceAfterMs: 60_000, resendAfterMs: 300 });
  return Promise.resolve(new LedgerAnchorChain(access, listed, fixture.keys));
}

async function fundOnSlow(address: string): Promise<void> {
  await slow.rpc.call('anvil_setBalance', address, `0x${(10n ** 21n).toString(16)}`);
}
