import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryEventStore, type MemoryFaults } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { MemoryLog } from '../../../services/event-store/adapters/memory/memory-log.ts';
import { canonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import { StoreUnavailableFault, UnknownOutcomeFault } from '../../../services/event-store/domain/faults.ts';
import type { Abilities, AppendFault, Engine, OpenEngine } from './engine.ts';

const randomStride = () => 1n + BigInt(Math.floor(Math.random() * 5));

/** What the tests may change while a store is open. */
interface Dials {
  faults: MemoryFaults;
  skewMs: number;
}

/** A log of its own for every test. */
export const memoryEngine: Engine = {
  name: 'memory',
  abilities: [
    ...(['client', 'another', 'process', 'outage', 'appendFaults', 'slowCommits'] as const),
    ...(['noise', 'tamper', 'skewStoreClock', 'lateClientClock'] as const),
  ],

  async open(): Promise<OpenEngine> {
    const dials: Dials = { faults: {}, skewMs: 0 };
    const log = new MemoryLog({ stride: randomStride, now: () => new Date(Date.now() + dials.skewMs) });
    const stores: MemoryEventStore[] = [];
    const open = async (source: MemoryLog) => {
      const faults: MemoryFaults = {
        beforeWrite: async () => dials.faults.beforeWrite?.(),
        afterWrite: async () => dials.faults.afterWrite?.(),
        beforeRead: async () => dials.faults.beforeRead?.(),
      };
      const store = new MemoryEventStore({ log: source, faults });
      stores.push(store);
      return store;
    };
    return {
      store: await open(log),
      ...abilitiesOf(log, dials),
      client: () => open(log),
      another: () => open(new MemoryLog()),
      async close() {
        dials.faults = {};
        await Promise.all(stores.map((store) => store.dispose()));
      },
    };
  },

  close: () => Promise.resolve(),
};

function abilitiesOf(log: MemoryLog, dials: Dials): Partial<Abilities> {
  const set = (faults: MemoryFaults) => async () => void (dials.faults = faults);
  const end = set({});
  const fault = (name: string, faults: MemoryFaults): AppendFault => ({ name, begin: set(faults), end });
  const unavailable = async () => {
    throw new StoreUnavailableFault('The store is away.');
  };
  const unknown = async () => {
    throw new UnknownOutcomeFault('No answer came.');
  };
  return {
    process: { module: join(import.meta.dirname, 'memory.process.ts'), argument: '' },
    lateClientClock: true,
    appendFaults: [
      fault('the request is lost', { beforeWrite: unknown }),
      fault('the reply is lost', { afterWrite: unknown }),
      fault('the store stalls', { beforeWrite: () => sleep(300).then(unknown) }),
    ],
    outage: {
      async begin() {
        dials.faults = { beforeWrite: unknown, beforeRead: unavailable };
        log.signal.notify(); // Readers that wait at the end of the log notice it as they would a broken connection.
      },
      end,
    },
    slowCommits: set({ beforeWrite: () => sleep(4 * Math.random()) }),
    async noise() {
      const write = (stream: string, type: string) =>
        log.writeUnchecked(stream, { id: randomUUID(), type, data: canonicalJson({ noise: true }) });
      write('$stats-127.0.0.1:2113', '$statsCollected');
      write('$$noise.account-1', '$metadata');
      write('$users', 'UserCreated/1');
      write('noise.account-1', '$>');
    },
    tamper: {
      softDelete: async (stream) => log.truncate(stream, 2n ** 63n),
      tombstone: async (stream) => log.seal(stream),
      truncate: async (stream, before) => log.truncate(stream, before),
    },
    async skewStoreClock(milliseconds) {
      dials.skewMs = milliseconds;
    },
  };
}
