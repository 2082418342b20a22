import { describe, expect, it } from '@jest/globals';
import type { Aggregate } from '../../../services/commands/domain/aggregate.ts';
import { accept, type Decision } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import type { EventStore, StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { EventTypes, type Fin } from '../../../services/event-store/domain/event-types.ts';
import { leafOf, zeroHash } from '../../../services/integrity/domain/leaf.ts';
import { EventReader } from '../../../services/read-store/event-reader.ts';
import { envelope, executionOn, origin } from '../../support/execution.ts';

/*
 * Three releases of a meter. The first wrote `12 kWh`; the second keeps number and unit apart; the third counts in watt-hours and says
 * who read the meter.
 */
type Read1 = { readonly type: 'MeterRead/1'; readonly data: { readonly reading: string } };
type Read2 = { readonly type: 'MeterRead/2'; readonly data: { readonly amount: string; readonly unit: string } };
type Read3 = { readonly type: 'MeterRead/3'; readonly data: { readonly wattHours: string; readonly by: string } };
type Closed = { readonly type: 'MeterClosed/1'; readonly data: { readonly reason: string } };

function amountAndUnit({ reading }: Fin): Fin {
  const [amount = '', unit = ''] = (reading as string).split(' ');
  return { amount, unit };
}

function wattHours({ amount, unit }: Fin): Fin {
  return { wattHours: (BigInt(amount as string) * (unit === 'kWh' ? 1000n : 1n)).toString(), by: 'unknown' };
}

const release1: Aggregate<bigint, Read1> = {
  initial: 0n,
  evolve: (_, { event }) => BigInt(event.data.reading.split(' ')[0] as string),
  events: new EventTypes<Read1>({ 'MeterRead/1': [] }),
};
const release2: Aggregate<bigint, Read2 | Closed> = {
  initial: 0n,
  evolve: (state, { event }) => (event.type === 'MeterRead/2' ? BigInt(event.data.amount) : state),
  events: new EventTypes<Read2 | Closed>({ 'MeterRead/2': [amountAndUnit], 'MeterClosed/1': [] }),
};
/** Its state is all that `evolve` was given: nothing but the newest version may arrive. */
const release3: Aggregate<readonly (Read3 | Closed)[], Read3 | Closed> = {
  initial: [],
  evolve: (state, { event }) => [...state, event],
  events: new EventTypes<Read3 | Closed>({ 'MeterRead/3': [amountAndUnit, wattHours], 'MeterClosed/1': [] }),
};

const stream = 'demo.meter-1';

/** A process of one release, which knows nothing but the log. */
function run<State, Event extends Read1 | Read2 | Read3 | Closed>(
  store: EventStore,
  aggregate: Aggregate<State, Event>,
  key: string,
  decide: (state: State) => Decision<Event, never>,
) {
  return executionOn(store).executor.execute({ aggregate, stream, envelope: envelope(key), decide });
}

/** The same meter through the years. */
async function history(): Promise<{ store: EventStore; stored: StoredEvent[] }> {
  const store = new MemoryEventStore({ stride: () => 3n });
  await run(store, release1, 'first', () => accept({ type: 'MeterRead/1', data: { reading: '12 kWh' } }));
  await run(store, release2, 'second', (amount) => accept({ type: 'MeterRead/2', data: { amount: `${amount + 1n}`, unit: 'kWh' } }));
  await run(store, release2, 'closed', () => accept({ type: 'MeterClosed/1', data: { reason: 'moved' } }));
  await run(store, release3, 'third', (events) => accept({ type: 'MeterRead/3', data: { wattHours: `${events.length}`, by: 'key_1' } }));
  return { store, stored: await Array.fromAsync(store.readStream(stream)) };
}

const newest = [
  { type: 'MeterRead/3', data: { wattHours: '12000', by: 'unknown' } },
  { type: 'MeterRead/3', data: { wattHours: '13000', by: 'unknown' } },
  { type: 'MeterClosed/1', data: { reason: 'moved' } },
  { type: 'MeterRead/3', data: { wattHours: '3', by: 'key_1' } },
];

describe('events of earlier versions', () => {
  it('are folded in their newest version, by every later release', async () => {
    const { store } = await history();
    expect(await executionOn(store).executor.current(release3, stream, 'demo')).toEqual(newest);
  });

  it('are read by read models in their newest version', async () => {
    const reader = new EventReader({ types: [release3.events] });
    const { stored } = await history();
    const read = stored.map((event) => reader.read(event)!);
    expect(read.map(({ type, fin }) => ({ type, data: fin }))).toEqual(newest);
    expect(read.map(({ id, at }) => ({ id, at }))).toEqual(
      stored.map(({ id, metadata }) => ({ id, at: (JSON.parse(metadata!) as { at: string }).at })),
    );
  });

  it('stay in the log as they were written, and every leaf binds the bytes of the one before', async () => {
    const { stored } = await history();
    expect(stored.map(({ type, data }) => [type, data])).toEqual([
      ['MeterRead/1', '{"fin":{"reading":"12 kWh"}}'],
      ['MeterRead/2', '{"fin":{"amount":"13","unit":"kWh"}}'],
      ['MeterClosed/1', '{"fin":{"reason":"moved"}}'],
      ['MeterRead/3', '{"fin":{"by":"key_1","wattHours":"3"}}'],
    ]);
    const previous = stored.map(({ metadata }) => (JSON.parse(metadata!) as { prev: string }).prev);
    expect(previous).toEqual([zeroHash, ...stored.slice(0, -1).map((event) => leafOf(origin, event).hash)]);
  });

  it('answer a repeat of their command with the bytes that stand in the log', async () => {
    const { store } = await history();
    const repeat = await run(store, release3, 'first', () => accept({ type: 'MeterClosed/1', data: { reason: 'never decided' } }));
    expect(repeat).toMatchObject({
      kind: 'accepted',
      answer: { replayed: true, events: [{ type: 'MeterRead/1', data: { reading: '12 kWh' } }] },
    });
  });

  it('of later versions stop the decisions of an earlier release', async () => {
    const { store, stored } = await history();
    const decided = run(store, release2, 'again', () => accept({ type: 'MeterClosed/1', data: { reason: 'again' } }));
    await expect(decided).rejects.toMatchObject({ name: 'UnreadableEventFault', stream, revision: 3n, type: 'MeterRead/3' });
    await expect(decided).rejects.toThrow('newer release');
    expect(await Array.fromAsync(store.readStream(stream))).toHaveLength(stored.length);
  });
});

describe('EventTypes', () => {
  it('refuses a version whose upcaster is missing, and two newest versions of one name', () => {
    expect(() => new EventTypes({ 'MeterRead/3': [amountAndUnit] })).toThrow('MeterRead/3 needs 2 upcasters and has 1');
    expect(() => new EventTypes({ 'MeterRead/1': [], 'MeterRead/2': [amountAndUnit] })).toThrow('two newest versions');
  });

  it('knows every version up to the newest', () => {
    expect(release3.events.all).toEqual(['MeterRead/1', 'MeterRead/2', 'MeterRead/3', 'MeterClosed/1']);
    expect(['MeterRead/3', 'MeterRead/4', 'MeterOpened/1'].map((type) => release3.events.isNewer(type))).toEqual([false, true, false]);
  });
});
