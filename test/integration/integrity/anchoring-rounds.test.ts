import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { type AnchoringFixture, openAnchoringFixture, quietSettings } from './anchoring-fixture.ts';
import { until } from './log-fixture.ts';

import { observe } from './anchoring-observer.ts';

let anvil: Anvil;
let fixture: AnchoringFixture;
let see: ReturnType<typeof observe>;

beforeAll(async () => {
  anvil = await startAnvil();
});

afterAll(() => anvil.stop());

beforeEach(async () => {
  fixture = await openAnchoringFixture({ anvil });
  see = observe(fixture, anvil);
});

afterEach(() => fixture.close());

describe('a round', () => {
  it('ticks, commits to the balances and anchors the first head that covers both', async () => {
    await fixture.open('north');
    await fixture.post('north', '1.50', 3);
    const { anchorer, anchors: query } = await fixture.anchoring();
    const final = anchorer.anchorNow('north');
    const anchor = await Promise.race([final, see.untilFinal('north', 100n).catch(() => final)]);
    expect((await see.typesOf('north')).slice(0, 3)).toEqual(['LogGenesis/1', 'TimeTicked/1', 'StateCommitted/1']);
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
    await see.untilFinal('north');
    const { number } = await see.untilRound('north', 1n);
    await anvil.mine(5);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await see.rounds.last('north'))?.number).toBe(number);
    await fixture.post('north', '1.00');
    await see.untilRound('north', 2n);
  });

  it('opens on an idle log when the heartbeat is due', async () => {
    await fixture.open('north');
    await fixture.anchoring({ settings: { ...quietSettings, heartbeatSeconds: 0.2 } });
    await see.untilFinal('north');
    const sizes = await until(async () => {
      await anvil.mine(1);
      const found = await see.anchoredSizes('north');
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
    const round = await see.untilRound('north', 1n);
    await see.untilFinal('north', round.head?.size);
    expect(await see.typesOf('north')).toEqual(['LogGenesis/1', 'TimeTicked/1', 'StateCommitted/1']);
    expect(await see.anchoredSizes('north')).toEqual([round.head?.size]);
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
