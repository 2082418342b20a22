import { describe, expect, it } from '@jest/globals';
import type { LedgerAnchorChain } from '../../../services/integrity/adapters/chain/ledger-anchor.chain.ts';
import type { AnchoringStatus } from '../../../services/integrity/application/anchoring-status.ts';
import { ChainHeadMemory } from '../../../services/integrity/application/chain-head-memory.ts';
import type { Anvil } from '../../support/anvil.ts';
import { anchoringForEachTest, type AnchoringWorld } from './anchoring-world.ts';
import { until } from './log-fixture.ts';

let anvil: Anvil;
let fixture: AnchoringWorld['fixture'];
let see: AnchoringWorld['see'];

anchoringForEachTest((world) => {
  ({ anvil, fixture, see } = world);
});

function textOf(init: RequestInit | undefined): string {
  return typeof init?.body === 'string' ? init.body : '';
}

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
    const anchor = await see.untilFinal('north');
    expect(lost).toBeGreaterThan(0);
    expect(await see.anchoredSizes('north')).toEqual([anchor.size]);
  });

  it('gets the anchor again when a reorganisation drops it', async () => {
    await fixture.open('north');
    const { anchorer } = await fixture.anchoring();
    await see.untilFinal('north');
    await fixture.post('north', '1.00');
    const wanted = anchorer.anchorNow('north');
    const size = (await see.untilRound('north', 2n)).head?.size as bigint;
    const included = await until(async () => {
      const anchor = await see.anchors.find('north', fixture.contract, size);
      return anchor?.state === 'included' ? anchor : undefined;
    });
    await anvil.undo(1);
    await until(async () => {
      const anchor = await see.anchors.find('north', fixture.contract, size);
      return anchor?.state === 'included' && anchor.place?.blockHash !== included.place?.blockHash ? anchor : undefined;
    });
    expect((await see.untilFinal('north', size)).size).toBe(size);
    expect((await wanted).size).toBe(size);
    expect(await see.anchoredSizes('north')).toHaveLength(2);
  });

  it('is served by one of two processes, and by the other when that one ends', async () => {
    await fixture.open('north');
    const [first, second] = [await fixture.anchoring(), await fixture.anchoring()];
    const { size } = await see.untilFinal('north');
    expect(await see.anchoredSizes('north')).toEqual([size]);
    const states = () => [first, second].map(({ anchorer }) => anchorer.statuses()[0]?.state);
    await until(() => (states().includes('standby') ? true : undefined));
    const [worker, standby] = states()[0] === 'standby' ? [second, first] : [first, second];
    await worker.anchorer.stop();
    const wanted = standby.anchorer.anchorNow('north');
    await see.untilFinal('north', size + 1n);
    expect((await wanted).oldSize).toBe(size);
  });

  it('remembers heads for the sequencer, and nothing while it is away', async () => {
    await fixture.open('north');
    await fixture.anchoring();
    const { size, root } = await see.untilFinal('north');
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
    await see.untilFinal('north');
    await fixture.post('north', '1.00');
    const wanted = first.anchorer.anchorNow('north');
    await see.untilFinal('north', (await see.untilRound('north', 2n)).head?.size ?? 0n);
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
    await see.untilFinal('north');
    expect(anchorer.statuses()[0]?.error).toBeUndefined();
  });

  it('gets a transaction that no block takes again with higher fees, and takes one of them', async () => {
    await fixture.open('north');
    const chain = await fixture.chain(fetch, { replaceAfterMs: 100, resendAfterMs: 20 });
    await chain?.register('north', await fixture.logIdOf('north'));
    await anvil.rpc.call('evm_setAutomine', false);
    try {
      await fixture.anchoring({ chain });
      const stuck = await until(async () =>
        (await see.underWay('north'))[0]?.attempts.length === 3 ? (await see.underWay('north'))[0] : undefined,
      );
      const [first, second, third] = stuck.attempts;
      expect(new Set(stuck.attempts.map(({ tx }) => tx)).size).toBe(3);
      expect(second!.feePerGasMax * 1000n).toBeGreaterThanOrEqual(first!.feePerGasMax * 1125n);
      expect(third!.tipPerGas * 1000n).toBeGreaterThanOrEqual(second!.tipPerGas * 1125n);
      expect(await see.underWay('north')).toHaveLength(1);
    } finally {
      await anvil.rpc.call('evm_setAutomine', true);
    }
    const anchor = await see.untilFinal('north');
    expect(await see.anchoredSizes('north')).toEqual([anchor.size]);
  });

  it('anchors each provider with a key of its own, and one that fails stops no other', async () => {
    await fixture.open('north');
    await fixture.open('south');
    const chain = await fixture.chain();
    await chain?.register('south', await fixture.logIdOf('north')); // North's place belongs to another key.
    const alarms: AnchoringStatus[] = [];
    const { anchorer } = await fixture.anchoring({ onAlarm: (status) => alarms.push(status) });
    await see.untilFinal('south');
    await until(() => alarms.find(({ log, alarm }) => log === 'north' && alarm?.code === 'publisher_foreign'));
    expect(await see.anchors.lastFinalised('north', fixture.contract)).toBeUndefined();
    await expect(anchorer.anchorNow('north')).rejects.toMatchObject({ code: 'publisher_foreign' });
  });
});
