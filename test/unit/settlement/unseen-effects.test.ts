import { beforeEach, describe, expect, it } from '@jest/globals';
import { accept } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { orderDispatch } from '../../../services/settlement/application/sending/dispatch-commands.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import type { SendingAlarm } from '../../../services/settlement/application/sending/sending-status.ts';
import { settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { type UnseenDispatch, UnseenEffects } from '../../../services/settlement/application/sending/unseen-effects.ts';
import { type ChainEffect, type EffectKind, settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { fail, finish } from '../../../services/settlement/domain/dispatch.decider.ts';
import { dispatchIdOf, type OrderEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { creditRefundOrdered, issueOrdered } from './credit.fixtures.ts';
import { EffectHistory, effectOf } from './effect.fixtures.ts';
import { cancelOrdered, captureOrdered, claimOrdered, collectOrdered, refundOrdered } from './sending.fixtures.ts';

const dollar = `0x${'d'.repeat(40)}`;
const euro = `0x${'e'.repeat(40)}`;
const doneAt = Date.parse('2026-03-01T12:00:00.000Z');
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** Each with what it does on chain. */
const cases: readonly (readonly [string, OrderEvent, EffectKind, readonly string[]])[] = [
  ['a refund', refundOrdered(), 'refund', ['3']],
  ['a capture', captureOrdered({ tokens: [dollar, euro] }), 'capture', [`99.${dollar}`, `99.${euro}`]],
  ['a cancellation', cancelOrdered, 'cancel', ['99']],
  ['claims of refunds', claimOrdered(), 'purchase-refund', ['7', '8', '9']],
  ['a collection', collectOrdered(), 'slot', ['7']],
  ['an issue of credit', { type: 'CreditIssueOrdered/1', data: issueOrdered }, 'issue', ['7']],
  ['credit taken back', { type: 'CreditRefundOrdered/1', data: creditRefundOrdered }, 'credit-refund', [creditRefundOrdered.refundSeq]],
];

let store: MemoryEventStore;
let found: UnseenDispatch[];
let alarms: SendingAlarm[];
let now: number;
let writes: number;
let unseen: UnseenEffects;

beforeEach(() => {
  [store, found, alarms, writes] = [new MemoryEventStore(), [], [], 0];
  unseen = started();
});

/** One process; another one knows nothing of what this one has told. */
function started(chainIds = ['31337', issueOrdered.chainId, creditRefundOrdered.chainId]): UnseenEffects {
  return new UnseenEffects({
    ...{ executor: executionOn(store).executor, chainIds, perRoundMax: 3, clock: { now: () => new Date(now).toISOString() } },
    found: {
      unseen: ({ after, limit }) => Promise.resolve(found.filter(({ position }) => position > after).slice(0, limit)),
    },
    onAlarm: (alarm) => alarms.push(alarm),
  });
}

async function ordered(order: OrderEvent): Promise<string> {
  await orderDispatch(executionOn(store).executor, envelope(`order ${writes++}`), order);
  found.push({ provider: 'demo', id: dispatchIdOf(order), position: BigInt(found.length + 1) });
  return dispatchStream('demo', dispatchIdOf(order));
}

async function done(order: OrderEvent, time = doneAt): Promise<string> {
  const stream = await ordered(order);
  const block = { number: '12', hash: '0x2', time: new Date(time).toISOString() };
  await executionOn(store).executor.execute({
    ...{ aggregate: dispatch, stream, envelope: envelope(`done ${writes++}`) },
    decide: (state) => finish(state, { ordered: '0', tx: '0x1', block, gas: '1', fee: '1' }),
  });
  return stream;
}

async function shown({ data: { chainId, contract } }: OrderEvent, effect: EffectKind, key: string, isFinal = true): Promise<void> {
  const log = effectOf('cancel', key, { name: 'EventCancelled', eventId: key }, { contract });
  const history = new EffectHistory().observed({ ...log, chainId, effect, key } as ChainEffect, {});
  const [first, ...others] = (isFinal ? history.finalized({}) : history).events;
  await executionOn(store).executor.execute({
    ...{ aggregate: settlement, stream: settlementStream('demo', settlementId({ chainId, contract, effect, key })) },
    ...{ envelope: envelope(`shown ${writes++}`), decide: () => accept(first!, ...others) },
  });
}

async function roundAt(time: number): Promise<void> {
  now = time;
  await unseen.round();
}

describe('what is done by the word of one node, and did nothing that the watcher saw', () => {
  it.each(cases)('is told of for %s, unless all of it is final', async (_, order, effect, keys) => {
    const stream = await done(order);
    for (const key of keys.slice(1)) await shown(order, effect, key);
    await roundAt(doneAt + hourMs);
    expect(alarms).toEqual([
      { chainId: order.data.chainId, code: 'effect_unseen', message: expect.stringContaining(`${stream} was done by 0x1 in block 12`) },
    ]);
    await shown(order, effect, keys[0]!);
    await roundAt(doneAt + 3 * dayMs);
    expect(alarms).toHaveLength(1);
  });

  it('is told of as long as what was seen may still go', async () => {
    const order = refundOrdered();
    await done(order);
    await shown(order, 'refund', '3', false);
    await roundAt(doneAt + hourMs);
    expect(alarms).toHaveLength(1);
  });

  it('has an hour to be seen, and is told of once a day behind that', async () => {
    await done(refundOrdered());
    await roundAt(doneAt + hourMs - 1);
    expect(alarms).toEqual([]);
    for (let hour = 2; hour < 2 + 48; hour++) await roundAt(doneAt + hour * hourMs);
    expect(alarms).toHaveLength(2);
  });

  it('is told of although the node names a time to come', async () => {
    await done(refundOrdered(), doneAt + 365 * dayMs);
    for (const hour of [0, 1]) await roundAt(doneAt + hour * hourMs);
    expect(alarms).toHaveLength(1);
  });

  it('is nothing that is under way, or failed, or on a chain that is not watched', async () => {
    await ordered(refundOrdered());
    await executionOn(store).executor.execute({
      ...{ aggregate: dispatch, stream: await ordered(cancelOrdered), envelope: envelope('failed') },
      decide: (state) => fail(state, { ordered: '0', failure: { code: 'expired' } }),
    });
    await done(refundOrdered({ chainId: '5', refundSeq: '4' }));
    await roundAt(doneAt + dayMs);
    expect(alarms).toEqual([]);
  });

  it('is gone over in turns where there is much of it, each once an hour', async () => {
    for (let number = 0; number < 4; number++) await done(refundOrdered({ refundSeq: `${number}` }));
    const told = [];
    for (let round = 0; round < 4; round++) {
      await roundAt(doneAt + hourMs + round);
      told.push(alarms.length);
    }
    expect(told).toEqual([3, 4, 4, 4]);
  });

  it('is told of although another one cannot be looked at', async () => {
    await done(refundOrdered());
    found.unshift({ provider: 'demo', id: '', position: 0n });
    found = found.map((each, place) => ({ ...each, position: BigInt(place + 1) }));
    await expect(roundAt(doneAt + hourMs)).rejects.toThrow('1 dispatches could not be looked at');
    expect(alarms).toHaveLength(1);
  });
});
