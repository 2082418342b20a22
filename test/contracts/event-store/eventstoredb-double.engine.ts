import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { giveStoreId } from '../../../services/event-store/adapters/eventstoredb/given-store-id.ts';
import { EventStoreDBDouble } from '../../eventstoredb-double/eventstoredb-double.ts';
import type { AppendFault as DoubleFault } from '../../eventstoredb-double/faults.ts';
import type { WireRecord } from '../../eventstoredb-double/wire-event.ts';
import type { AppendFault, Engine, OpenEngine, OpenOptions, SetBack } from './engine.ts';
import { commonAbilities, EventStoreDBClients } from './eventstoredb-clients.ts';

/** A double for each test, with its log in a file: what was answered before a kill has to be there after it. */
export const eventStoreDBDoubleEngine: Engine = {
  name: 'eventstoredb-double',
  abilities: [...commonAbilities, ...(['another', 'crash', 'setBack', 'unreplicated', 'slowCommits', 'skewStoreClock'] as const)],
  open,
  close: () => Promise.resolve(),
};

async function open(options: OpenOptions = {}): Promise<OpenEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyroot-double-'));
  const stride = () => BigInt(1 + Math.floor(200 * Math.random()));
  const double = await EventStoreDBDouble.start({ file: join(folder, 'log.jsonl'), stride });
  const clients = await EventStoreDBClients.start(double.connectionString, options);
  const common = clients.abilities();
  const others: EventStoreDBDouble[] = [];
  const always = (name: string, fault: DoubleFault): AppendFault => ({
    name,
    begin: async () => double.appendFaults.rule(() => fault),
    end: async () => double.appendFaults.clear(),
  });
  return {
    store: clients.store,
    ...common,
    appendFaults: [
      ...common.appendFaults,
      always('the server never answers what it wrote', { fault: 'drop_reply', written: true }),
      always('the server never answers what it did not write', { fault: 'drop_reply', written: false }),
      always('the server ends the stream of appends', { fault: 'half_close', written: true }),
      always('the server resets the stream of appends', { fault: 'reset', written: false }),
      always('the server is not ready', { fault: 'not_ready' }),
      always('the server is busy', { fault: 'busy' }),
      always('the server does not lead', { fault: 'not_leader', leader: undefined }),
    ],
    unreplicated: always('not replicated', { fault: 'timeout', written: true }),
    crash: { kill: () => double.kill(), restart: () => double.restart() },
    setBack: setBackOf(double),
    noise: async () => {
      double.makeNoise();
      await common.noise();
    },
    slowCommits: async () => double.appendFaults.rule(() => ({ fault: 'delay_write', ms: 5 * Math.random() })),
    skewStoreClock: async (milliseconds) => double.setClockSkew(milliseconds),
    another: async () => {
      const other = await EventStoreDBDouble.start();
      others.push(other);
      return clients.open(other.connectionString);
    },
    async close() {
      double.appendFaults.clear();
      await clients.close();
      await Promise.all([double, ...others].map((each) => each.stop()));
      await rm(folder, { recursive: true });
    },
  };
}

/** Then another id, as docs/reference/eventstoredb.md tells an operator. */
function setBackOf(double: EventStoreDBDouble): SetBack {
  let copied: readonly WireRecord[] = [];
  return {
    copy: async () => void (copied = double.backup()),
    async restore() {
      await double.restore(copied);
      await giveStoreId(double.connectionString);
    },
  };
}
