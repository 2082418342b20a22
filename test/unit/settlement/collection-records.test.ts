import { beforeEach, describe, expect, it } from '@jest/globals';
import { CollectionRecords } from '../../../services/settlement/application/mandates/collection-records.ts';
import { dispatchStream, mandateStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { inOrderToCollect } from '../../../services/settlement/domain/collection-order.ts';
import { fail, finish, order } from '../../../services/settlement/domain/dispatch.decider.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { mandate } from '../../../services/settlement/domain/mandate.ts';
import type { CollectionDecided, MandateEvent } from '../../../services/settlement/domain/mandate.events.ts';
import { RefundWorld } from './refund.fixtures.ts';
import { collectionDecided, collectOrdered, invoice, mandateOffered, mandateSigned, offered } from './sending.fixtures.ts';

const [oldest, planted, newest] = ['oldest', 'planted', 'newest'];
const another = 'inv_00000000-0000-5000-8000-000000000002';

let world: RefundWorld;
beforeEach(async () => {
  world = new RefundWorld();
  for (const id of [oldest, planted, newest]) await world.write(mandate, mandateStream('demo', id), mandateOffered, mandateSigned);
});

/** In the order in which they are tried for the invoice. */
async function tried(ids = [oldest, planted, newest]): Promise<string[]> {
  const records = new CollectionRecords(world.store, 'demo');
  const known = ids.map(async (id) => ({ id, record: await records.of(id, invoice) }));
  return inOrderToCollect(await Promise.all(known)).map(({ id }) => id);
}

async function decide(id: string, slot: string, of = invoice): Promise<void> {
  const decided = collectionDecided(slot, '1', '0');
  const event = { ...decided, data: { ...decided.data, invoice: of } as CollectionDecided } as MandateEvent;
  await world.write(mandate, mandateStream('demo', id), event);
}

const send = (slot: string) =>
  world.act(dispatch, dispatchStream('demo', `collect.${slot}`), (state) => order(state, collectOrdered({ slot })));
const collected = (slot: string) =>
  world.act(dispatch, dispatchStream('demo', `collect.${slot}`), (state) =>
    finish(state, { ordered: '0', tx: '0x1', block: { number: '1', hash: '0x1', time: '2026-03-01T00:00:00.000Z' }, gas: '1', fee: '1' }),
  );
const failed = (slot: string, ordered = '0') =>
  world.act(dispatch, dispatchStream('demo', `collect.${slot}`), (state) => fail(state, { ordered, failure: { code: 'expired' } }));
const release = (id: string, slot: string, decided: string) =>
  world.write(mandate, mandateStream('demo', id), { type: 'CollectionReleased/1', data: { mandate: id, slot, decided } });

describe('of several mandates of an account', () => {
  it('the oldest is tried first, so that none that is added later is ahead of it', async () => {
    expect(await tried()).toEqual([oldest, planted, newest]);
  });

  it('what the provider or its customer asked for comes before what was set up at a link, however old that is', async () => {
    await world.write(
      mandate,
      mandateStream('demo', 'at-link'),
      { type: 'MandateOffered/1', data: { ...offered, byPayer: true } },
      mandateSigned,
    );
    expect(await tried(['at-link', planted, newest])).toEqual([planted, newest, 'at-link']);
    await decide('at-link', '7', another);
    await send('7');
    await collected('7');
    expect(await tried(['at-link', planted, newest])).toEqual(['at-link', planted, newest]);
  });

  it('what has been collected from before is tried first, and what is only decided is not that', async () => {
    await decide(planted, '8', another);
    await decide(newest, '7', another);
    await send('7');
    expect(await tried()).toEqual([oldest, planted, newest]);
    await collected('7');
    expect(await tried()).toEqual([newest, oldest, planted]);
  });

  it('what failed for the invoice is behind the others, the last failure last, whether it is given up yet or not', async () => {
    await decide(oldest, '7');
    await send('7');
    await failed('7');
    expect(await tried()).toEqual([planted, newest, oldest]);
    await release(oldest, '7', '2');
    expect(await tried()).toEqual([planted, newest, oldest]);
    await decide(planted, '7');
    await send('7');
    await failed('7', '2');
    await release(planted, '7', '2');
    expect(await tried()).toEqual([newest, oldest, planted]);
    await decide(oldest, '7');
    await release(oldest, '7', '4');
    expect(await tried()).toEqual([newest, planted, oldest]);
  });

  it('a failure for another invoice changes nothing', async () => {
    await decide(oldest, '8', another);
    await release(oldest, '8', '2');
    expect(await tried()).toEqual([oldest, planted, newest]);
  });

  it('none is tried beside one that is under way', async () => {
    await decide(newest, '7');
    expect(await tried()).toEqual([newest]);
    await send('7');
    expect(await tried()).toEqual([newest]);
  });
});
