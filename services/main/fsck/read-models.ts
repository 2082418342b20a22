import { passes } from '../../event-store/domain/event-filter.ts';
import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import type { LedgerEvent } from '../../event-store/domain/ledger-event.ts';
import { prefixOf } from '../../event-store/domain/stream-name.ts';
import type { EventReader } from '../../read-store/event-reader.ts';
import type { Projection } from '../../read-store/projection.ts';
import { placeOf } from './event-place.ts';
import { check, Part, type PartReport } from './part.ts';
import { countRows, rowDifference } from './row-difference.ts';
import type { Scratch } from './scratch.ts';

export interface ReadModelsToCheck {
  readonly scratch: Scratch;
  readonly store: EventStore;
  readonly projections: readonly Projection[];
  readonly reader: EventReader;
  /** Only the rows of this provider; all when absent. */
  readonly provider: string | undefined;
  readonly onProgress: (done: bigint, of: bigint) => void;
}

const eventsAtOnce = 1_000;

/**
 * Builds every read model again in temporary tables, by replaying the log, and compares row by row. The log is replayed up to where each
 * live one was a moment ago; the rest is replayed within the snapshot that is compared, so that a service which goes on makes no difference.
 */
export async function checkReadModels(options: ReadModelsToCheck): Promise<PartReport[]> {
  const { projections, scratch, store } = options;
  const rebuilt = projections.map((projection) => new Rebuilt(projection, options));
  const { storeId, position: head } = await store.head();
  const reports: PartReport[] = [];
  const failed = await check(
    rebuilt.map(({ part }) => part),
    async () => {
      await scratch.define(projections.map(({ schema }) => schema).join('; '));
      for (const each of rebuilt) await each.begin();
      await replayTogether(rebuilt, options, head);
    },
  );
  if (failed.some(({ result }) => result === 'could not check')) return failed;
  for (const each of rebuilt) reports.push(...(await check([each.part], () => each.compare(storeId))));
  return reports;
}

/** One way through the log for all of them. */
async function replayTogether(
  rebuilt: readonly Rebuilt[],
  { store, provider, onProgress }: ReadModelsToCheck,
  head: bigint,
): Promise<void> {
  const last = rebuilt.reduce((largest, { target }) => (target > largest ? target : largest), 0n);
  for await (const events of pagesOf(store, { provider, after: 0n, to: last })) {
    for (const each of rebuilt) await each.apply(events);
    onProgress(events.at(-1)?.position ?? 0n, head);
  }
}

interface PagesToRead {
  readonly provider: string | undefined;
  /** A position at which an event stands, or 0. */
  readonly after: bigint;
  readonly to: bigint;
}

async function* pagesOf(store: EventStore, { provider, after, to }: PagesToRead): AsyncGenerator<readonly StoredEvent[]> {
  const filter = provider === undefined ? {} : { filter: { streamPrefixes: [prefixOf(provider)] } };
  let page: StoredEvent[] = [];
  // From where an event is known to stand: not every number is a position on every engine.
  for await (const event of store.readAll({ ...(after > 0n && { fromPosition: after }), ...filter })) {
    if (event.position > to) break;
    if (event.position > after) page.push(event);
    if (page.length < eventsAtOnce) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** One read model that is being built again. */
class Rebuilt {
  readonly part: Part;
  /** The live one was here when the replay began. */
  target = 0n;
  readonly #projection: Projection;
  readonly #options: ReadModelsToCheck;
  #isFailed = false;
  /** The last event that was read. */
  #last = 0n;

  constructor(projection: Projection, options: ReadModelsToCheck) {
    this.#projection = projection;
    this.#options = options;
    this.part = new Part(projection.name, undefined);
  }

  async begin(): Promise<void> {
    this.target = (await this.#checkpoint())?.position ?? 0n;
  }

  async compare(storeId: string): Promise<void> {
    const { scratch, provider, store } = this.#options;
    const { client } = scratch;
    await this.#goOn((await this.#checkpoint())?.position ?? 0n);
    await scratch.inSnapshot(async () => {
      const live = await this.#checkpoint();
      if (live === undefined) return this.part.leave('not checked', 'it was never built');
      if (live.store_id !== storeId) return this.#differs('store_id', storeId, live.store_id);
      const { position: head } = await store.head();
      if (live.position > head) return this.#differs('position', `at most ${head}`, live.position.toString());
      if (live.position < this.target) return this.part.leave('could not check', 'it was set back meanwhile: somebody rebuilds it');
      await this.#goOn(live.position);
      if (this.#isFailed) return;
      const only = provider === undefined ? undefined : { column: 'provider', value: provider };
      for (const table of this.#projection.tables) {
        const difference = await rowDifference(client, { table, only });
        if (difference !== undefined) this.part.differs(difference);
        else this.part.figures[`rows of ${table}`] = await countRows(client, { table, only });
      }
      this.part.figures['positions behind'] = head - live.position;
    });
  }

  /** Applies those events that the live one has seen too. */
  async apply(events: readonly StoredEvent[]): Promise<void> {
    const seen = events.filter((event) => event.position <= this.target);
    this.#last = seen.at(-1)?.position ?? this.#last;
    await this.#project(seen.filter((event) => passes(this.#projection.filter, event)));
  }

  async #goOn(to: bigint): Promise<void> {
    if (to <= this.target) return;
    this.target = to;
    const { store, provider } = this.#options;
    for await (const events of pagesOf(store, { provider, after: this.#last, to })) await this.apply(events);
  }

  /** An event that cannot be applied is named: the live one has passed it, which it cannot have done. */
  async #project(stored: readonly StoredEvent[]): Promise<void> {
    if (this.#isFailed) return;
    const { scratch, reader } = this.#options;
    const events = stored.map((each) => reader.read(each)).filter((event) => event !== undefined);
    if (events.length === 0) return;
    try {
      await scratch.atomically(() => this.#projection.project(events, scratch.client));
    } catch (error) {
      if (stored.length > 1) for (const event of stored) await this.#project([event]);
      else this.#fail(events[0] as LedgerEvent, error);
    }
  }

  #fail(event: LedgerEvent, error: unknown): void {
    this.#isFailed = true;
    const message = `the read model has passed an event that it cannot apply: ${error instanceof Error ? error.message : String(error)}`;
    this.part.differs({ message, at: { ...placeOf(event), type: event.type } });
  }

  #differs(column: string, expected: string, found: string): void {
    const { name, version } = this.#projection;
    const at = { table: 'projection_checkpoint', key: `${name}, ${version}`, column };
    this.part.differs({ message: 'the checkpoint is not one of this event store', at, expected, found });
  }

  async #checkpoint(): Promise<{ readonly store_id: string; readonly position: bigint } | undefined> {
    const { name, version } = this.#projection;
    const { rows } = await this.#options.scratch.client.query<{ store_id: string; position: bigint }>(
      'select store_id, position from tallyroot.projection_checkpoint where name = $1 and version = $2',
      [name, version],
    );
    return rows[0];
  }
}
