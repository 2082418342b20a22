import { CommandExecutor } from '../../services/commands/application/command-executor.ts';
import type { CommandLog, LoggedCommand } from '../../services/commands/application/command-log.ts';
import { CommandLookup } from '../../services/commands/application/command-lookup.ts';
import { type EnvelopeSource, envelopeOf } from '../../services/commands/application/envelope.ts';
import type { PromisedEvent, Receipt, ReceiptIssuer } from '../../services/commands/application/receipts.ts';
import type { Snapshots } from '../../services/commands/application/snapshots.ts';
import { MemoryEventStore } from '../../services/event-store/adapters/memory/memory.event-store.ts';
import type { Appended, AppendRequest, EventStore } from '../../services/event-store/domain/event-store.ts';
import { UnknownOutcomeFault } from '../../services/event-store/domain/faults.ts';

export const origin = 'tallyroot.local/0000000000000000/demo';

/** A command log that has seen nothing, or what a test tells it. */
export class ListedCommands implements CommandLog {
  readonly commands = new Map<string, LoggedCommand>();
  seen = 2n ** 62n;

  find(ids: readonly string[]): Promise<ReadonlyMap<string, LoggedCommand>> {
    return Promise.resolve(new Map([...this.commands].filter(([id]) => ids.includes(id))));
  }

  position(): Promise<bigint> {
    return Promise.resolve(this.seen);
  }
}

/** Receipts that say what was promised and sign nothing: the signer has tests of its own. */
export class NotedReceipts implements ReceiptIssuer {
  readonly issued: PromisedEvent[] = [];

  issue(event: PromisedEvent): Promise<Receipt> {
    this.issued.push(event);
    return Promise.resolve({ promise: event.leaf, index: '0', count: '1', path: [], note: '' });
  }
}

/** Passes appends on, and loses what the test says: the request before it is written, or the answer after. */
export class LossyEventStore {
  readonly store: EventStore;
  /** For the n-th append from now: `request` was never written, `reply` was. */
  readonly losses: ('request' | 'reply' | 'none')[] = [];

  constructor(inner: EventStore = new MemoryEventStore({ stride: () => BigInt(1 + Math.floor(Math.random() * 5)) })) {
    const append = (request: AppendRequest) => this.#append(inner, request);
    this.store = new Proxy(inner, {
      get: (target, name) => {
        if (name === 'append') return append;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
  }

  async #append(inner: EventStore, request: AppendRequest): Promise<Appended> {
    const loss = this.losses.shift() ?? 'none';
    if (loss === 'request') throw new UnknownOutcomeFault('The request was lost.');
    const appended = await inner.append(request);
    if (loss === 'reply') throw new UnknownOutcomeFault('The reply was lost.');
    return appended;
  }
}

export interface Execution {
  readonly executor: CommandExecutor;
  readonly receipts: NotedReceipts;
  readonly commands: ListedCommands;
}

export function executionOn(store: EventStore, commands = new ListedCommands(), snapshots?: Snapshots): Execution {
  const receipts = new NotedReceipts();
  let tick = 0;
  const clock = { now: () => new Date(Date.UTC(2026, 2, 1) + tick++).toISOString() };
  const origins = { originOf: () => Promise.resolve(origin) };
  const executor = new CommandExecutor({ store, receipts, origins, commands: new CommandLookup(commands), clock, snapshots });
  return { executor, receipts, commands };
}

export function envelope(key: string, options: Partial<EnvelopeSource> = {}) {
  return envelopeOf({
    provider: 'demo',
    actor: { id: 'key_1', type: 'api_key' },
    key,
    command: 'Test',
    body: { key },
    patienceMs: 2_000,
    ...options,
  });
}
