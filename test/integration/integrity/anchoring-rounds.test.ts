import { describe, expect, it } from '@jest/globals';
import { PostgresTransactionStore } from '../../../services/chain/adapters/postgres/postgres.transaction-store.ts';
import type { Anvil } from '../../support/anvil.ts';
import { openAnchoringFixture, quietSettings } from './anchoring-fixture.ts';
import { anchoringForEachTest, type AnchoringWorld } from './anchoring-world.ts';
import { until } from './log-fixture.ts';

let anvil: Anvil;
let fixture: AnchoringWorld['fixture'];
let see: AnchoringWorld['see'];

anchoringForEachTest((world) => {
  ({ anvil, fixture, see } = world);
});

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
      const { balances, anchorer } = await plain.anchoring({ chain: null, settings: { ...quietSettings, secondsMax: 0 } });
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

/** Everything that a round and its anchor write, in order: into the database, the event store and the chain. */
const writes = {
  'the opened round': 'insert into integrity_round',
  'the tick': 'set tick_chain_id',
  'the leaf of the tick': 'TimeTicked/1',
  'the ticked round': `set state = 'ticked'`,
  'the leaf of the commitment': 'StateCommitted/1',
  'the committed round': `set state = 'committed'`,
  'the covered round': `set state = 'covered'`,
  'the signed transaction': 'insert into chain_transaction',
  'the anchor': 'insert into integrity_anchor as',
  'the sent transaction': 'eth_sendRawTransaction',
  'where the transaction is': 'update chain_transaction',
  'where the anchor is': 'update integrity_anchor',
  'what it cost': 'insert into integrity_anchor_cost',
} as const;

type Write = keyof typeof writes;

describe('a write of a round', () => {
  const cases = (Object.keys(writes) as Write[]).flatMap((write) => [
    [write, 'was not made', 'before'] as const,
    [write, 'was made and its answer lost', 'after'] as const,
  ]);

  it.each(cases)('%s %s in a crash: the next start mends it, with one tick, one commitment and one anchor', async (write, _, when) => {
    await fixture.open('north');
    await fixture.post('north', '1.00', 2);
    await (await fixture.chain())?.register('north', await fixture.logIdOf('north'));
    const crashed = await failingAnchoring({ fails: [write], when, isFatal: true });
    await until(async () => {
      await anvil.mine(1);
      return crashed.failed.size > 0 || undefined;
    });
    await crashed.stop();
    const { anchorer } = await fixture.anchoring();
    const round = await see.untilRound('north', 1n);
    await see.untilFinal('north', round.head?.size);
    await expectOneAnchor(round.head?.size);
    expect(anchorer.statuses()[0]?.alarm).toBeUndefined();
  });

  it.each(['before', 'after'] as const)(
    'fails once each in a process that goes on, %s it was made: nothing is written twice',
    async (when) => {
      await fixture.open('north');
      await fixture.post('north', '1.00', 2);
      const { failed } = await failingAnchoring({ fails: Object.keys(writes) as Write[], when, isFatal: false });
      const { head } = await see.untilRound('north', 1n);
      await see.untilFinal('north', head?.size);
      await until(async () => {
        await anvil.mine(1);
        return failed.size === Object.keys(writes).length || undefined;
      });
      await expectOneAnchor(head?.size);
    },
  );

  async function expectOneAnchor(size: bigint | undefined): Promise<void> {
    expect(await see.typesOf('north')).toEqual(['LogGenesis/1', 'TimeTicked/1', 'StateCommitted/1']);
    expect(await see.anchoredSizes('north')).toEqual([size]);
    await until(async () => {
      await anvil.mine(1);
      return (await see.underWay('north')).length === 0 || undefined;
    });
    const { rows } = await fixture.pool.query<{ anchors: bigint; costs: bigint; transactions: bigint }>(
      `select (select count(*) from integrity_anchor) as anchors, (select count(*) from integrity_anchor_cost) as costs,
         (select count(*) from chain_transaction where subject like 'anchor %') as transactions`,
    );
    expect(rows).toEqual([{ anchors: 1n, costs: 1n, transactions: 1n }]);
  }

  /** An anchorer whose writes of some kinds fail, the first time; where that is fatal, every call fails from then on. */
  async function failingAnchoring({ fails, when, isFatal }: { fails: Write[]; when: 'before' | 'after'; isFatal: boolean }) {
    const failed = new Set<Write>();
    const attempt = async <T>(text: string, work: () => Promise<T>): Promise<T> => {
      const write = fails.find((name) => !failed.has(name) && text.includes(writes[name]));
      if (isFatal && failed.size > 0) throw new Error('The process is gone.');
      if (write === undefined) return work();
      if (when === 'after') await work();
      failed.add(write);
      throw new Error(`The answer to ${write} is lost.`);
    };
    const store = proxyOf(fixture.store, 'append', (request: { events: { type: string }[] }) => request.events[0]?.type ?? '', attempt);
    const pool = proxyOf(
      fixture.pool,
      'query',
      (query: string | { text: string }) => (typeof query === 'string' ? query : query.text),
      attempt,
    );
    const chain = await fixture.chain(
      (url, init) =>
        attempt(typeof init?.body === 'string' ? init.body : '', () => fetch(url, init)).catch((error: unknown) => {
          throw new TypeError('The connection was reset.', { cause: error });
        }),
      { transactions: new PostgresTransactionStore(pool), resendAfterMs: 100 },
    );
    const { anchorer } = await fixture.anchoring({ chain, store, pool });
    return { failed, stop: () => anchorer.stop() };
  }
});

/** The same object, but for one method: what it is about to do is told first. */
function proxyOf<Target extends object>(
  target: Target,
  method: string,
  textOf: (argument: never) => string,
  attempt: <T>(text: string, work: () => Promise<T>) => Promise<T>,
): Target {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const bound = (value as (...args: unknown[]) => Promise<unknown>).bind(target);
      return name !== method ? bound : (...args: unknown[]) => attempt(textOf(args[0] as never), () => bound(...args));
    },
  });
}
