import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { prefixOf } from '../../event-store/domain/stream-name.ts';
import { leafOf } from '../domain/leaf.ts';
import { GrowingTree } from '../domain/tree/growing-tree.ts';
import type { TreeHead } from '../domain/tree-head.ts';
import type { EarlierIncarnations } from './earlier-incarnations.ts';
import { eventAt, genesisEventOf } from './genesis.ts';
import type { HeadMemory, HeadStore } from './head-store.ts';
import type { LeafStore, StoredTree } from './leaf-store.ts';
import type { ProviderLog, ProviderLogs } from './provider-logs.ts';
import { assertSameRoot, type RememberedHead, rememberedBy, RememberedHeads } from './remembered-heads.ts';
import { SequencerHalt } from './sequencer-halt.ts';

export interface LogStandingOptions {
  readonly store: EventStore;
  readonly logs: ProviderLogs;
  readonly leaves: LeafStore;
  readonly heads: HeadStore;
  readonly earlier: Pick<EarlierIncarnations, 'whyNotSetAside'>;
  /** Who else saw heads of the logs. */
  readonly memories: readonly HeadMemory[];
  /** Of this process and its like: is told of the head that a look has met, and asked at the next. */
  readonly seen?: HeadMemory;
}

/**
 * Holds the event store to what was shown of a log, as the sequencer does at its start, but writes nothing: any process that promises
 * something may ask, also one that does not sequence.
 */
export class LogStanding {
  readonly #options: LogStandingOptions;
  /** The largest heads that this process has met: a database may be set back under its feet. */
  readonly #met = new Map<string, RememberedHead>();

  constructor(options: LogStandingOptions) {
    this.#options = options;
  }

  /** Why nothing may be written or signed for the log, or undefined when the store holds all that was shown of it. */
  async whyNot(slug: string): Promise<string | undefined> {
    try {
      await this.#compare(slug);
      await this.#remember(slug);
      return undefined;
    } catch (error) {
      if (error instanceof SequencerHalt) return error.message;
      throw error;
    }
  }

  /** All heads that somebody knows of. */
  async remembered(slug: string): Promise<RememberedHead[]> {
    const { heads, memories, seen } = this.#options;
    const durable: RememberedHead = { ...(await heads.durable(slug)), by: 'the database' };
    if (durable.size > (this.#met.get(slug)?.size ?? 0n)) this.#met.set(slug, { ...durable, by: 'this process' });
    const met = this.#met.get(slug);
    const remembered = met !== undefined && met.size > durable.size ? [durable, met] : [durable];
    remembered.push(...(await rememberedBy(seen === undefined ? memories : [...memories, seen], slug)));
    return remembered.filter(({ size }) => size > 0n);
  }

  async #remember(slug: string): Promise<void> {
    const { heads, seen } = this.#options;
    const published = await heads.published(slug);
    if (published === undefined || seen === undefined) return;
    const before = (await seen.latest(slug))?.size ?? 0n;
    if (published.size > before) await seen.remember?.(slug, published);
  }

  async #compare(slug: string): Promise<void> {
    const { store, logs, leaves, earlier } = this.#options;
    const log = await logs.find(slug);
    const mixed = log && (await earlier.whyNotSetAside(log));
    if (mixed !== undefined) throw new SequencerHalt(mixed);
    // Before the tree: it only grows, so that it covers what the database itself knows.
    const remembered = await this.remembered(slug);
    if (remembered.length === 0) return;
    const stored = await leaves.load(slug);
    const shown = new RememberedHeads(slug, leaves, remembered);
    if (log === undefined) return shown.assertNoneAhead(0n);
    await assertSameStore(slug, stored, { store, leaves });
    if (await shown.areCoveredBy(stored.state.size)) return;
    // A tree that was lost or is behind: the rest of it is in the store, or is not.
    const ahead = remembered.filter(({ size }) => size > stored.state.size);
    shown.assertNoneAhead(await this.#walk(log, stored, ahead));
  }

  /** Grows the tree in memory from its stored edge until it has met every head. Answers how far the store reaches. */
  async #walk(log: ProviderLog, stored: StoredTree, ahead: readonly RememberedHead[]): Promise<bigint> {
    const tree = new GrowingTree(stored.state);
    const sizeMax = ahead.reduce((largest, { size }) => (size > largest ? size : largest), 0n);
    for await (const event of this.#eventsAfter(log, stored)) {
      tree.append(Buffer.from(leafOf(log.origin, event).hash, 'hex'));
      const head: TreeHead = { size: tree.size, root: tree.root() };
      for (const memory of ahead) if (memory.size === head.size) assertSameRoot(log.slug, memory, head.root);
      if (tree.size >= sizeMax) return sizeMax;
    }
    return tree.size;
  }

  async *#eventsAfter(log: ProviderLog, { state, position }: StoredTree): AsyncIterable<StoredEvent> {
    const { store } = this.#options;
    let after = position;
    if (state.size === 0n) {
      const genesis = await genesisEventOf(store, log);
      if (genesis === undefined) return;
      yield genesis;
      after = genesis.position;
    }
    // From where an event is known to stand: not every number is a position on every engine.
    for await (const event of store.readAll({ fromPosition: after, filter: { streamPrefixes: [prefixOf(log.slug)] } }))
      if (event.position > after) yield event;
  }
}

/** Whether the tree was made of this very store, by its id and by the last leaf. Throws `SequencerHalt`. */
export async function assertSameStore(
  slug: string,
  { storeId: treeStoreId, state }: StoredTree,
  { store, leaves }: Pick<LogStandingOptions, 'store' | 'leaves'>,
): Promise<void> {
  if (treeStoreId === undefined) return;
  const { storeId } = await store.head();
  if (treeStoreId !== storeId)
    throw new SequencerHalt(
      `${slug}: the tree was derived from event store ${treeStoreId}, but this is store ${storeId}. If the log was copied here, stop ` +
        'the service and run bin/tallyroot store adopt. Nothing is signed.',
    );
  const [last] = await leaves.leaves(slug, state.size - 1n, 1);
  const event = last && (await eventAt(store, last.position));
  if (last === undefined || event?.id === last.eventId) return;
  throw new SequencerHalt(
    `${slug}: leaf ${last.index} is event ${last.eventId}, but position ${last.position} of the event store holds ` +
      `${event === undefined ? 'nothing' : `event ${event.id}`}. The store was restored or replaced. Nothing is signed: ` +
      'docs/guides/backup-and-restore.md.',
  );
}
