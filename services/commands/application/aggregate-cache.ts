import { LRUCache } from 'lru-cache';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import type { Aggregate, DomainEvent } from '../domain/aggregate.ts';
import { type AggregateSource, catchUp, type LiveAggregate, loadAggregate } from './live-aggregate.ts';
import type { LogOrigins } from './receipts.ts';
import type { Snapshots } from './snapshots.ts';

export interface AggregateCacheOptions {
  readonly store: EventStore;
  readonly origins: LogOrigins;
  /** Absent: every aggregate is folded from its first event. */
  readonly snapshots?: Snapshots | undefined;
  /** How many aggregates are kept in memory. */
  readonly cacheSizeMax?: number;
}

export interface AggregatePlace<State, Event extends DomainEvent> {
  readonly aggregate: Aggregate<State, Event>;
  readonly stream: string;
  readonly provider: string;
}

const cacheSizeMaxDefault = 50_000;

/** The aggregates that this process has in memory: those used last; any other is loaded when it is asked for. */
export class AggregateCache {
  readonly #options: AggregateCacheOptions;
  readonly #live: LRUCache<string, LiveAggregate<unknown>>;

  constructor(options: AggregateCacheOptions) {
    this.#options = options;
    this.#live = new LRUCache({ max: options.cacheSizeMax ?? cacheSizeMaxDefault });
  }

  /** One that is remembered may lack what other processes have written since; one that was loaded just now has it. */
  async find<State, Event extends DomainEvent>(
    place: AggregatePlace<State, Event>,
  ): Promise<{ readonly live: LiveAggregate<State>; readonly isRemembered: boolean }> {
    const cached = this.#live.get(place.stream);
    // A stream belongs to one aggregate for ever, so what is cached under its name has that aggregate's state.
    if (cached !== undefined) return { live: cached as LiveAggregate<State>, isRemembered: true };
    const live = await loadAggregate(this.#sourceOf(place));
    this.#live.set(place.stream, live);
    this.offerSnapshot(place, live);
    return { live, isRemembered: false };
  }

  /** Takes in what other processes have written since. False where that is nothing. */
  async catchUp<State, Event extends DomainEvent>(place: AggregatePlace<State, Event>, live: LiveAggregate<State>): Promise<boolean> {
    try {
      return await catchUp(this.#sourceOf(place), live);
    } catch (error) {
      this.forget(place.stream); // It may stand half way.
      throw error;
    }
  }

  forget(stream: string): void {
    this.#live.delete(stream);
  }

  /** To be called after each change; a snapshot is taken of it now and then. Returns at once. */
  offerSnapshot(
    { aggregate: { version }, stream }: { readonly aggregate: Pick<Aggregate<unknown, never>, 'version'>; readonly stream: string },
    live: LiveAggregate<unknown>,
  ): void {
    if (version !== undefined) this.#options.snapshots?.offer({ stream, version }, live);
  }

  #sourceOf<State, Event extends DomainEvent>({
    aggregate,
    stream,
    provider,
  }: AggregatePlace<State, Event>): AggregateSource<State, Event> {
    const { store, snapshots, origins } = this.#options;
    return { store, snapshots, aggregate, stream, originAt: (position) => origins.originOf(provider, position) };
  }
}
