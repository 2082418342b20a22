import type { EventBatch, EventStore, StoredEvent, Subscription } from '../../event-store/domain/event-store.ts';
import { readGenesis, logOfGenesis, policyOf, slugOfSystemStream } from './genesis.ts';
import type { LogRegistry } from './log-registry.ts';
import { type ProviderLog, type ProviderLogs, ProviderUnknownFault } from './provider-logs.ts';

/** How often progress without a new log is saved; a start reads again what came after. */
const saveIntervalMs = 10_000;

/**
 * Finds the logs in the event store: each `LogGenesis/1` is one, each `LogPolicyChanged/1` changes one. Works without `start` too, for
 * a caller that asks for providers by name: then a policy is the one of the genesis.
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
      filter: { typePrefixes: ['LogGenesis/1', 'LogPolicyChanged/1'] },
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

  async find(slug: string): Promise<ProviderLog | undefined> {
    const log = this.#logs.get(slug);
    if (log !== undefined) return log;
    let finding = this.#finding.get(slug);
    if (finding === undefined) {
      finding = readGenesis(this.#store, slug).finally(() => this.#finding.delete(slug));
      this.#finding.set(slug, finding);
    }
    const found = await finding;
    if (found !== undefined && !this.#logs.has(slug)) this.#know(found);
    return this.#logs.get(slug);
  }

  async originOf(slug: string): Promise<string> {
    return (await this.#existing(slug)).origin;
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
    const policy = event.type === 'LogPolicyChanged/1' ? policyOf(event) : undefined;
    return log === undefined || policy === undefined ? undefined : { ...log, policy };
  }

  #know(log: ProviderLog): void {
    const isNew = !this.#logs.has(log.slug);
    this.#logs.set(log.slug, log);
    if (isNew) for (const listener of this.#listeners) listener(log);
  }
}
