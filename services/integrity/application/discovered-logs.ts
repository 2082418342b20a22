import type { EventBatch, EventStore, StoredEvent, Subscription } from '../../event-store/domain/event-store.ts';
import { readGenesis, logOfGenesis, slugOfSystemStream } from './genesis.ts';
import { incarnationAt, incarnationsOf, partsOfKey } from './incarnations.ts';
import { logAfter } from './log-after.ts';
import type { LogRegistry } from './log-registry.ts';
import { type ProviderLog, type ProviderLogs, ProviderUnknownFault } from './provider-logs.ts';
import { systemStream } from './system-log.ts';

/** How often progress without a new log is saved; a start reads again what came after. */
const saveIntervalMs = 10_000;
const changingTypes = ['LogGenesis/1', 'LogPolicyChanged/1', 'KeyRotated/1'];

/**
 * Finds the logs in the event store: each first `LogGenesis/1` is one, each `LogPolicyChanged/1` and `KeyRotated/1` changes one, and a later
 * genesis goes on with one. Works without `start` too, for a caller that asks for providers by name.
 */
export class DiscoveredLogs implements ProviderLogs {
  readonly #store: EventStore;
  readonly #registry: LogRegistry | undefined;
  readonly #logs = new Map<string, ProviderLog>();
  readonly #finding = new Map<string, Promise<ProviderLog | undefined>>();
  readonly #listeners = new Set<(log: ProviderLog) => void>();
  #subscription: Subscription | undefined;
  #savedAt = 0;

  constructor(store: EventStore, registry?: LogRegistry) {
    this.#store = store;
    this.#registry = registry;
  }

  /** Resolves when every log that the store held at the call is known. Rejects with what stopped the reading. */
  async start(): Promise<void> {
    const { storeId } = await this.#store.head();
    const saved = await this.#registry?.load(storeId);
    for (const log of saved?.logs ?? []) this.#know(log);
    const after = saved?.position;
    const caughtUp = Promise.withResolvers<void>();
    this.#subscription = this.#store.subscribeAll({
      from: after === undefined ? 'start' : { after },
      filter: { typePrefixes: changingTypes },
      handle: (batch) => this.#handle(storeId, batch),
      caughtUp: caughtUp.resolve,
    });
    await Promise.race([caughtUp.promise, this.#subscription.stopped]);
  }

  /** Settles as the subscription does; undefined before `start`. */
  get stopped(): Promise<void> | undefined {
    return this.#subscription?.stopped;
  }

  async stop(): Promise<void> {
    await this.#subscription?.unsubscribe();
  }

  async find(name: string): Promise<ProviderLog | undefined> {
    const { slug, number } = partsOfKey(name);
    const log = await this.#find(slug);
    return log === undefined || number === undefined ? log : incarnationsOf(log).slice(0, -1)[number - 1];
  }

  async #find(slug: string): Promise<ProviderLog | undefined> {
    const log = this.#logs.get(slug);
    if (log !== undefined) return log;
    let finding = this.#finding.get(slug);
    if (finding === undefined) {
      finding = this.#findByName(slug).finally(() => this.#finding.delete(slug));
      this.#finding.set(slug, finding);
    }
    const found = await finding;
    if (found !== undefined && !this.#logs.has(slug)) this.#know(found);
    return this.#logs.get(slug);
  }

  async originOf(slug: string, position?: bigint): Promise<string> {
    const log = await this.#existing(slug);
    return (position === undefined ? log : incarnationAt(log, position)).origin;
  }

  async genesisHashOf(slug: string): Promise<string> {
    return (await this.#existing(slug)).genesisHash;
  }

  known(): readonly ProviderLog[] {
    return [...this.#logs.values()];
  }

  onKnown(listener: (log: ProviderLog) => void): () => void {
    this.#listeners.add(listener);
    for (const log of this.#logs.values()) listener(log);
    return () => this.#listeners.delete(listener);
  }

  /** The genesis is read in any case: a registry may be of another store. What the registry does not know yet is read from the stream. */
  async #findByName(slug: string): Promise<ProviderLog | undefined> {
    const opened = await readGenesis(this.#store, slug);
    if (opened === undefined) return undefined;
    const saved = await this.#registry?.load((await this.#store.head()).storeId);
    const known = saved?.logs.find((log) => incarnationsOf(log)[0]?.genesisHash === opened.genesisHash);
    const readTo = known === undefined ? opened.genesisPosition : (saved?.position ?? opened.genesisPosition);
    let log = known ?? opened;
    for (const event of await this.#systemEventsAfter(slug, readTo)) log = logAfter(log, event) ?? log;
    return log;
  }

  /** Newest first in the store, so that what was read before is not read again; in order here. */
  async #systemEventsAfter(slug: string, position: bigint): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for await (const event of this.#store.readStream(systemStream(slug), { direction: 'backwards' })) {
      if (event.position <= position) break;
      if (changingTypes.includes(event.type)) events.push(event);
    }
    return events.reverse();
  }

  async #existing(slug: string): Promise<ProviderLog> {
    const log = await this.find(slug);
    if (log === undefined) throw new ProviderUnknownFault(slug);
    return log;
  }

  async #handle(storeId: string, { events, checkpoint }: EventBatch): Promise<void> {
    const changed = new Map<string, ProviderLog>();
    for (const event of events) {
      const log = this.#read(event, changed);
      if (log !== undefined) changed.set(log.slug, log);
    }
    if (changed.size > 0 || performance.now() - this.#savedAt > saveIntervalMs) {
      await this.#registry?.save(storeId, { logs: [...changed.values()], position: checkpoint });
      this.#savedAt = performance.now();
    }
    for (const log of changed.values()) this.#know(log);
  }

  /** The log as it is after this event; undefined for an event that changes none. */
  #read(event: StoredEvent, changed: ReadonlyMap<string, ProviderLog>): ProviderLog | undefined {
    const opened = logOfGenesis(event);
    if (opened !== undefined) return opened;
    const slug = slugOfSystemStream(event.stream);
    const log = slug === undefined ? undefined : (changed.get(slug) ?? this.#logs.get(slug));
    return log === undefined ? undefined : logAfter(log, event);
  }

  #know(log: ProviderLog): void {
    const isNew = !this.#logs.has(log.slug);
    this.#logs.set(log.slug, log);
    if (isNew) for (const listener of this.#listeners) listener(log);
  }
}
