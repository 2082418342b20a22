import { Interface } from 'ethers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ledgerAnchorAbi } from '../../../contracts/generated/ledger-anchor.ts';
import type { LedgerAnchorChain } from '../../../services/integrity/adapters/chain/ledger-anchor.chain.ts';
import { fund } from '../../../services/integrity/adapters/chain/local-funds.ts';
import { transact } from '../../../services/integrity/adapters/chain/transactions.ts';
import { PostgresAnchorStore } from '../../../services/integrity/adapters/postgres/postgres.anchor-store.ts';
import { PostgresRoundStore } from '../../../services/integrity/adapters/postgres/postgres.round-store.ts';
import type { Anchor } from '../../../services/integrity/application/anchor-store.ts';
import type { AlarmCode } from '../../../services/integrity/application/anchoring-alarm.ts';
import type { AnchoringStatus } from '../../../services/integrity/application/anchoring-status.ts';
import { ChainHeadMemory } from '../../../services/integrity/application/chain-head-memory.ts';
import type { Round } from '../../../services/integrity/application/round-store.ts';
import { GrowingTree } from '../../../services/integrity/domain/tree/growing-tree.ts';
import { consistencyShape } from '../../../services/integrity/domain/tree/proof-shape.ts';
import { rootsFromTiles } from '../../../services/integrity/domain/tree/tile-hashes.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { type AnchoringFixture, openAnchoringFixture, quietSettings } from './anchoring-fixture.ts';
import { until } from './log-fixture.ts';

let anvil: Anvil;
let fixture: AnchoringFixture;
let rounds: PostgresRoundStore;
let anchors: PostgresAnchorStore;

beforeAll(async () => {
  anvil = await startAnvil();
});

afterAll(() => anvil.stop());

beforeEach(async () => {
  fixture = await openAnchoringFixture({ anvil });
  rounds = new PostgresRoundStore(fixture.pool);
  anchors = new PostgresAnchorStore(fixture.pool);
});

afterEach(() => fixture.close());

/** Lets the chain go on until an anchor of at least this size is final. */
async function untilFinal(slug: string, size = 1n): Promise<Anchor> {
  return until(async () => {
    await anvil.mine(1);
    const anchor = await anchors.lastFinalised(slug, fixture.contract);
    return anchor !== undefined && anchor.size >= size ? anchor : undefined;
  });
}

async function untilRound(slug: string, number: bigint, state: Round['state'] = 'covered'): Promise<Round> {
  return until(async () => {
    const round = await rounds.last(slug);
    return round?.number === number && round.state === state ? round : undefined;
  });
}

async function typesOf(slug: string): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of fixture.store.readStream(`${slug}.log-0`)) types.push(type);
  return types;
}

function textOf(init: RequestInit | undefined): string {
  return typeof init?.body === 'string' ? init.body : '';
}

async function untilSigned(slug: string): Promise<Anchor> {
  return until(async () => (await anchors.unsettled(slug, fixture.contract))[0]);
}

/** Every `Anchored` event of the log, as the chain has them now: their sizes. */
async function anchoredSizes(slug: string): Promise<bigint[]> {
  const topics = [null, `0x${await fixture.logIdOf(slug)}`];
  const range = { address: fixture.contract.contract, fromBlock: '0x0', toBlock: 'latest' };
  const logs = await anvil.rpc.call<{ topics: string[] }[]>('eth_getLogs', { ...range, topics });
  return logs.filter((log) => log.topics.length === 3).map((log) => BigInt(log.topics[2] as string));
}

describe('a round', () => {
  it('ticks, commits to the balances and anchors the first head that covers both', async () => {
    await fixture.open('north');
    await fixture.post('north', '1.50', 3);
    const { anchorer, anchors: query } = await fixture.anchoring();
    const final = anchorer.anchorNow('north');
    const anchor = await Promise.race([final, untilFinal('north', 100n).catch(() => final)]);
    expect((await typesOf('north')).slice(0, 3)).toEqual(['LogGenesis/1', 'TimeTicked/1', 'StateCommitted/1']);
    expect(anchor.root).toEqual(await fixture.query.rootAt('north', anchor.size));
    const [record] = (await query.anchors('north')).slice(-1);
    expect(record).toEqual({
      ...{ chainId: '31337', contract: fixture.contract.contract, logId: `0x${await fixture.logIdOf('north')}` },
      ...{ size: anchor.size.toString(), root: `0x${anchor.root.toString('hex')}`, seq: expect.stringMatching(/^[12]$/) },
      ...{ block: anchor.place?.block.toString(), blockHash: anchor.place?.blockHash, tx: anchor.place?.tx },
    });
  });

  it('does not feed the next one with its own leaves', async () => {
    await fixture.open('north');
    await fixture.anchoring({ settings: { ...quietSettings, eventsMax: 1, secondsMax: 0 } });
    await untilFinal('north');
    const { number } = await untilRound('north', 1n);
    await anvil.mine(5);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await rounds.last('north'))?.number).toBe(number);
    await fixture.post('north', '1.00');
    await untilRound('north', 2n);
  });

  it('opens on an idle log when the heartbeat is due', async () => {
    await fixture.open('north');
    await fixture.anchoring({ settings: { ...quietSettings, heartbeatSeconds: 0.2 } });
    await untilFinal('north');
    const sizes = await until(async () => {
      await anvil.mine(1);
      const found = await anchoredSizes('north');
      return found.length >= 3 ? found : undefined;
    });
    expect(sizes).toEqual([...sizes].sort((left, right) => Number(left - right)));
  });

  it('commits without a tick and without an anchor where the log lists no chain', async () => {
    const plain = await openAnchoringFixture({});
    try {
      await plain.open('north');
      await plain.post('north', '2.00');
      const { balances, anchorer } = await plain.anchoring({ chain: undefined, settings: { ...quietSettings, secondsMax: 0 } });
      const proven = await until(async () => {
        const found = await balances.find('north', 'revenue:tv', 'EUR');
        return found?.value === undefined ? undefined : found;
      });
      expect(proven.value).toMatch(/"balance":"-2.00"/);
      await expect(anchorer.anchorNow('north')).rejects.toMatchObject({ name: 'NotAnchoredFault' });
    } finally {
      await plain.close();
    }
  });
});

describe('a crash in a round', () => {
  const steps = ['opened', 'tick kept', 'tick written', 'ticked', 'state written', 'committed', 'covered', 'signed', 'sent'] as const;

  it.each(steps)('after "%s" is mended by the next start, with one tick, one commitment and one anchor', async (step) => {
    await fixture.open('north');
    await fixture.post('north', '1.00', 2);
    const crashed = await crashingAnchoring(step);
    await crashed.died;
    await crashed.stop();
    const { anchorer } = await fixture.anchoring();
    const round = await untilRound('north', 1n);
    await untilFinal('north', round.head?.size);
    expect(await typesOf('north')).toEqual(['LogGenesis/1', 'TimeTicked/1', 'StateCommitted/1']);
    expect(await anchoredSizes('north')).toEqual([round.head?.size]);
    expect(anchorer.statuses()[0]?.alarm).toBeUndefined();
  });

  /** An anchorer whose every call fails from a step on, as if the process were gone; what was done before stays done. */
  async function crashingAnchoring(step: (typeof steps)[number]) {
    const died = Promise.withResolvers<void>();
    let isDead = false;
    const die = (): never => {
      isDead = true;
      died.resolve();
      throw new Error('The process is gone.');
    };
    const dieAfter = <T>(result: T, isStep: boolean): T => (isStep ? die() : result);
    const chain = new Proxy((await fixture.chain()) as NonNullable<Awaited<ReturnType<AnchoringFixture['chain']>>>, {
      get(target, name: 'send' | 'sign') {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (isDead) die();
          if (name === 'send' && step === 'signed') die();
          return dieAfter(await (value as (...all: unknown[]) => Promise<unknown>).apply(target, args), name === 'send' && step === 'sent');
        };
      },
    });
    const store = new Proxy(fixture.store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== 'append') return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
        return async (request: Parameters<typeof target.append>[0]) => {
          if (isDead) die();
          const type = request.events[0]?.type;
          if (step === 'tick kept' && type === 'TimeTicked/1') die();
          const appended = await target.append(request);
          const isStep = (step === 'tick written' && type === 'TimeTicked/1') || (step === 'state written' && type === 'StateCommitted/1');
          return dieAfter(appended, isStep);
        };
      },
    });
    const pool = new Proxy(fixture.pool, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== 'query') return typeof value === 'function' ? (value as () => unknown).bind(target) : value;
        return async (query: string | { text: string }, values: unknown[]) => {
          if (isDead) die();
          const result = await target.query(query as string, values);
          const text = typeof query === 'string' ? query : query.text;
          const isStep =
            (step === 'opened' && text.includes('insert into integrity_round')) ||
            ((step === 'ticked' || step === 'committed' || step === 'covered') && text.includes(`set state = '${step}'`));
          return dieAfter(result, isStep);
        };
      },
    });
    const anchoring = await fixture.anchoring({ chain, store, pool });
    return { died: died.promise, stop: () => anchoring.anchorer.stop() };
  }
});

describe('the chain', () => {
  it('is not told twice when the answer to a sent anchor is lost', async () => {
    await fixture.open('north');
    let lost = 0;
    const chain = await fixture.chain(async (url, init) => {
      const response = await fetch(url, init);
      if (!textOf(init).includes('eth_sendRawTransaction') || lost >= 3) return response;
      lost++;
      throw new TypeError('The connection was reset.');
    });
    await fixture.anchoring({ chain });
    const anchor = await untilFinal('north');
    expect(lost).toBeGreaterThan(0);
    expect(await anchoredSizes('north')).toEqual([anchor.size]);
  });

  it('gets the anchor again when a reorganisation drops it', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring();
    await untilFinal('north');
    await fixture.post('north', '1.00');
    const wanted = anchorer.anchorNow('north');
    const size = (await untilRound('north', 2n)).head?.size as bigint;
    const included = await until(async () => {
      const anchor = await anchors.find('north', fixture.contract, size);
      return anchor?.state === 'included' ? anchor : undefined;
    });
    await anvil.undo(1);
    await until(async () => {
      const anchor = await anchors.find('north', fixture.contract, size);
      return anchor?.state === 'included' && anchor.place?.blockHash !== included.place?.blockHash ? anchor : undefined;
    });
    expect((await untilFinal('north', size)).size).toBe(size);
    expect((await wanted).size).toBe(size);
    expect(await anchoredSizes('north')).toHaveLength(2);
  });

  it('is served by one of two processes, and by the other when that one ends', async () => {
    await fixture.open('north');
    const [first, second] = [await fixture.anchoring(), await fixture.anchoring()];
    const { size } = await untilFinal('north');
    expect(await anchoredSizes('north')).toEqual([size]);
    const states = () => [first, second].map(({ anchorer }) => anchorer.statuses()[0]?.state);
    await until(() => (states().includes('standby') ? true : undefined));
    const [worker, standby] = states()[0] === 'standby' ? [second, first] : [first, second];
    await worker.anchorer.stop();
    const wanted = standby.anchorer.anchorNow('north');
    await untilFinal('north', size + 1n);
    expect((await wanted).oldSize).toBe(size);
  });

  it('remembers heads for the sequencer, and nothing while it is away', async () => {
    await fixture.open('north');
    await fixture.anchoring();
    const { size, root } = await untilFinal('north');
    let isAway = false;
    const chain = await fixture.chain((url, init) => (isAway ? Promise.reject(new TypeError('refused')) : fetch(url, init)));
    const memory = new ChainHeadMemory(chain as LedgerAnchorChain, fixture.logs);
    expect(await memory.latest('north')).toEqual({ size, root });
    expect(await memory.latest('nobody')).toBeUndefined();
    isAway = true;
    expect(await memory.latest('north')).toBeUndefined();
  });

  it('gives back the anchors that a lost database knew', async () => {
    await fixture.open('north');
    const first = await fixture.anchoring();
    await untilFinal('north');
    await fixture.post('north', '1.00');
    const wanted = first.anchorer.anchorNow('north');
    await untilFinal('north', (await untilRound('north', 2n)).head?.size ?? 0n);
    await wanted;
    await first.anchorer.stop();
    const before = await first.anchors.anchors('north');
    await fixture.pool.query('delete from integrity_anchor');
    const second = await fixture.anchoring();
    await until(async () => ((await second.anchors.anchors('north')).length === before.length ? true : undefined));
    expect(await second.anchors.anchors('north')).toEqual(before);
    expect(before.map(({ seq }) => seq)).toEqual(['1', '2']);
  });

  it('may be away: the round waits, says so and goes on, and other logs do not notice', async () => {
    await fixture.open('north');
    let isAway = true;
    const chain = await fixture.chain((url, init) => {
      const isAsked = textOf(init).includes('finalized');
      return isAway && isAsked ? Promise.reject(new TypeError('refused')) : fetch(url, init);
    });
    const { anchorer } = await fixture.anchoring({ chain });
    await until(() => anchorer.statuses().find(({ state }) => state === 'retrying'));
    isAway = false;
    await untilFinal('north');
    expect(anchorer.statuses()[0]?.error).toBeUndefined();
  });

  it('gets a transaction that no block takes again with higher fees, and takes one of them', async () => {
    await fixture.open('north');
    await anvil.rpc.call('evm_setAutomine', false);
    try {
      // A registration needs blocks; the anchor is left waiting.
      const mining = setInterval(() => void anvil.mine(1), 20);
      const chain = await fixture.chain();
      await chain?.register('north', await fixture.logIdOf('north')).finally(() => clearInterval(mining));
      await fixture.anchoring({ replaceAfterMs: 100, resendAfterMs: 20 });
      const first = await untilSigned('north');
      await until(async () => ((await untilSigned('north')).signed.tx === first.signed.tx ? undefined : true));
      const second = await untilSigned('north');
      expect(second.signed.nonce).toBe(first.signed.nonce);
      expect(second.signed.feePerGasMax).toBeGreaterThan(first.signed.feePerGasMax);
    } finally {
      await anvil.rpc.call('evm_setAutomine', true);
    }
    const anchor = await untilFinal('north');
    expect(await anchoredSizes('north')).toEqual([anchor.size]);
  });

  it('anchors each provider with a key of its own, and one that fails stops no other', async () => {
    await fixture.open('north');
    await fixture.open('south');
    const chain = await fixture.chain();
    await chain?.register('south', await fixture.logIdOf('north')); // North's place belongs to another key.
    const alarms: AnchoringStatus[] = [];
    const { anchorer } = await fixture.anchoring({ onAlarm: (status) => alarms.push(status) });
    await untilFinal('south');
    await until(() => alarms.find(({ log, alarm }) => log === 'north' && alarm?.code === 'publisher_foreign'));
    expect(await anchors.lastFinalised('north', fixture.contract)).toBeUndefined();
    await expect(anchorer.anchorNow('north')).rejects.toMatchObject({ code: 'publisher_foreign' });
  });
});

describe('an alarm', () => {
  it.each([
    ['chain_ahead', 'a larger tree than ours', 1_000n],
    ['chain_foreign', 'a root that our tree never had', 1n],
  ] as const)('%s is raised when the contract holds %s, and nothing is written any more', async (code, _, newSize) => {
    await fixture.open('north');
    const chain = await fixture.chain();
    const logId = await fixture.logIdOf('north');
    await chain?.register('north', logId);
    await anchorAsThief('north', { logId, oldSize: 0n, newSize });
    const { anchorer } = await fixture.anchoring();
    await untilAlarm(anchorer.statuses.bind(anchorer), code);
    expect(await typesOf('north')).toEqual(['LogGenesis/1']);
    expect(await anchoredSizes('north')).toEqual([newSize]);
  });

  it('is raised on an idle log too', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring();
    const { size } = await untilFinal('north');
    await until(() => anchorer.statuses().find(({ state }) => state === 'idle'));
    await anchorAsThief('north', { logId: await fixture.logIdOf('north'), oldSize: size, newSize: size * 2n });
    await untilAlarm(anchorer.statuses.bind(anchorer), 'chain_ahead');
  });

  it('frozen is raised when a guardian has closed the log', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring();
    await untilFinal('north');
    const guardian = await fixture.keys.walletOf('guardian');
    await fund(anvil.rpc, '31337', guardian.address);
    const data = new Interface(ledgerAnchorAbi).encodeFunctionData('freeze', [`0x${await fixture.logIdOf('north')}`]);
    await transact(anvil.rpc, guardian, { to: fixture.contract.contract, data });
    await fixture.post('north', '1.00');
    await expect(anchorer.anchorNow('north')).rejects.toMatchObject({ code: 'frozen' });
  });

  it('not_registered is raised where the contract does not know the log and we are not its admin', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring({ mayRegister: false });
    await untilAlarm(anchorer.statuses.bind(anchorer), 'not_registered');
    const chain = await fixture.chain();
    await chain?.register('north', await fixture.logIdOf('north'));
    await untilFinal('north'); // Goes on by itself once the cause is gone.
    expect(anchorer.statuses()[0]?.alarm).toBeUndefined();
  });

  it('finality_failed is raised when the chain undoes what was final', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring();
    const { place } = await untilFinal('north');
    const head = BigInt(await anvil.rpc.call<string>('eth_blockNumber'));
    await anvil.undo(Number(head - (place?.block as bigint) + 1n));
    await untilAlarm(anchorer.statuses.bind(anchorer), 'finality_failed');
  });

  async function untilAlarm(statuses: () => AnchoringStatus[], code: AlarmCode): Promise<AnchoringStatus> {
    return until(() => statuses().find(({ state, alarm }) => state === 'alarm' && alarm?.code === code));
  }

  /** The publisher's key in other hands: anchors our leaves with others behind them, past all our checks. */
  async function anchorAsThief(
    slug: string,
    { logId, oldSize, newSize }: { logId: string; oldSize: bigint; newSize: bigint },
  ): Promise<void> {
    const publisher = await fixture.keys.walletOf({ publisherOf: slug });
    await fund(anvil.rpc, '31337', publisher.address);
    const ours = (await fixture.leaves.leaves(slug, 0n, Number(oldSize))).map(({ hash }) => hash);
    const forged = Array.from({ length: Number(newSize - oldSize) }, () => Buffer.alloc(32, 7));
    const tree = new GrowingTree();
    const tiles = tree.append(Buffer.concat([...ours, ...forged]));
    const proof = oldSize === 0n ? [] : rootsFromTiles(consistencyShape(oldSize, newSize), tiles);
    const data = new Interface(ledgerAnchorAbi).encodeFunctionData('anchor', [`0x${logId}`, oldSize, newSize, tree.root(), proof]);
    await transact(anvil.rpc, publisher, { to: fixture.contract.contract, data });
  }
});
