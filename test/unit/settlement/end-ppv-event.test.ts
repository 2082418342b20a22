import { beforeEach, describe, expect, it } from '@jest/globals';
import { EndPpvEvent, EndPpvEventHandler } from '../../../services/settlement/application/escrow/end-ppv-event.handler.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { ppvEventStream } from '../../../services/settlement/application/settlement-streams.ts';
import { mappedTitle } from '../../../services/settlement/domain/ppv-event.ts';
import type { PpvEvent } from '../../../services/settlement/domain/settlement-provider.events.ts';
import { zeroAddress } from '../../../services/settlement/domain/quote.ts';
import { envelope } from '../../support/execution.ts';
import { escrow } from './effect.fixtures.ts';
import { RefundWorld } from './refund.fixtures.ts';
import { place, usdc } from './slot.fixtures.ts';

const title = 'ttl_628db93f-92c5-5095-af8d-15b184921e15';
const contracts = { registry: '0x', settlement: place.contract, escrow };
const chains = new SettlementChains([
  {
    ...{ chainId: place.chainId, rpcUrls: [], contracts, codeHashes: {}, deploymentBlock: 0n, tokens: [] },
    profile: { finality: 'tag', realMoney: false, confirmations: [] },
  },
]);

const mapped = (eventId: string, captureAfter: number): PpvEvent => {
  const times = { captureAfter: String(captureAfter), reclaimAfter: String(captureAfter + 1000) };
  return { type: 'PpvEventMapped/1', data: { title, eventId, ...times } };
};

let world: RefundWorld;
/** What the escrow holds, by event. */
let held: Record<string, readonly string[]>;
let now: number;
beforeEach(async () => {
  [world, held, now] = [new RefundWorld(), { 900: [usdc, zeroAddress], 901: [usdc] }, 2500];
  await world.write(mappedTitle, ppvEventStream('demo', title), mapped('900', 2000), mapped('901', 2400));
});

function end(key: string, tokens: readonly string[] = [usdc, zeroAddress]) {
  const slotsOf = (_: string, event: { readonly eventId: string; readonly token?: string }) =>
    Promise.resolve(held[event.eventId]!.includes(event.token!) ? ['7'] : []);
  const purchases = { slotsOf, boughtIn: () => Promise.resolve([]) };
  const handler = new EndPpvEventHandler(world.executor(), chains, purchases, { now: () => new Date(now * 1000).toISOString() });
  return handler.execute(new EndPpvEvent(envelope(key, { body: { tokens } }), { title, end: 'capture', tokens }));
}

const captured = () => world.typed('CaptureOrdered/1');

describe('the capture of a title that was sold under terms with other times of escrow', () => {
  it('takes what every event of it holds, in the tokens that it holds', async () => {
    expect(await end('capture')).toMatchObject({ kind: 'accepted' });
    expect(await captured()).toMatchObject([
      { fin: { eventId: '900', tokens: [usdc, zeroAddress] } },
      { fin: { eventId: '901', tokens: [usdc] } },
    ]);
  });

  it('is ordered once by one key, which is refused with other tokens', async () => {
    await end('capture');
    expect(await end('capture')).toMatchObject({ kind: 'accepted', answer: { replayed: true } });
    expect(await end('capture', [usdc])).toMatchObject({ kind: 'rejected', rejection: { code: 'idempotency_key_reused' } });
    expect(await captured()).toHaveLength(2);
  });

  it('takes what is due, and leaves what nobody bought for', async () => {
    now = 2399;
    expect(await end('first')).toMatchObject({ kind: 'accepted' });
    expect(await captured()).toMatchObject([{ fin: { eventId: '900' } }]);
    [now, held] = [2500, { 900: [usdc, zeroAddress], 901: [] }];
    expect(await end('second')).toMatchObject({ kind: 'accepted' });
    expect(await captured()).toHaveLength(1);
  });

  it('is refused before the first, after the last, and where nothing is held', async () => {
    now = 1999;
    expect(await end('early')).toMatchObject({ rejection: { code: 'capture_too_early', from: '2000' } });
    now = 3400;
    expect(await end('late')).toMatchObject({ rejection: { code: 'capture_too_late', until: '3400' } });
    [now, held] = [2500, { 900: [], 901: [] }];
    expect(await end('nothing')).toMatchObject({ rejection: { code: 'nothing_held', tokens: [usdc, zeroAddress] } });
  });
});
