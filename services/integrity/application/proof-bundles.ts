import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { FoldChanges, postingsIn } from '../domain/fold.ts';
import { leafOf, payloadSaltOf, zeroHash } from '../domain/leaf.ts';
import type { HashText } from '../domain/state-map-hash.ts';
import type { PublishedHead } from '../domain/tree-head.ts';
import type { AnchorsQuery } from './anchors-query.ts';
import { lastAnchors } from './last-anchors.ts';
import type { LeafRow } from './leaf-store.ts';
import type { LogFiles } from './log-files.ts';
import type { LogQuery } from './log-query.ts';
import { PolicyLeaves } from './policy-leaves.ts';
import type { BundledBalance, BundledLeaf, ProofBundle } from './proof-bundle.ts';
import type { BalancePlace, ProvenBalance, ProvenBalances } from './proven-balances.ts';

/** Revisions of a stream, both included. */
export interface StreamRange {
  readonly stream: string;
  readonly fromRevision: bigint;
  readonly toRevision: bigint;
}

export interface BundleSubject {
  /** The provider's slug. */
  readonly log: string;
  readonly account: string;
  readonly invoice?: string;
  readonly ranges: readonly StreamRange[];
  /** At least one. */
  readonly places: readonly BalancePlace[];
  /** A leaf of the ranges that no published head covers yet: leave it out, or answer that there is no bundle yet. */
  readonly whenUncovered: 'leave out' | 'no bundle';
}

export interface ProofBundlesOptions {
  readonly store: EventStore;
  readonly query: LogQuery;
  readonly files: LogFiles;
  readonly balances: ProvenBalances;
  readonly anchors: AnchorsQuery;
}

/** By `placeOf`. */
type EventsByPlace = ReadonlyMap<string, StoredEvent>;

/** Puts together what proves some streams and balances of a log, and nothing of anybody else. */
export class ProofBundles {
  readonly #options: ProofBundlesOptions;
  readonly #policies: PolicyLeaves;

  constructor(options: ProofBundlesOptions) {
    this.#options = options;
    this.#policies = new PolicyLeaves(options.query);
  }

  /** Undefined before the log has committed to balances under a published head. */
  async build(subject: BundleSubject): Promise<ProofBundle | undefined> {
    const { query, files, balances } = this.#options;
    const { log, account, invoice, places, whenUncovered } = subject;
    const leaves = (await Promise.all(subject.ranges.map((range) => this.#leavesOf(log, range)))).flat();
    const events = await this.#eventsAt(leaves);
    const proven = (await this.#finalBalances(subject, leaves, events)) ?? (await balances.findAll(log, places));
    const policies = await this.#policies.of(log);
    // Last, so that it covers what was found before.
    const head = await query.head(log);
    const [first] = proven ?? [];
    if (proven === undefined || first === undefined || head === undefined || first.committedIndex >= head.size) return undefined;
    const covered = leaves.filter(({ index }) => index < head.size);
    const asked = subject.ranges.reduce((sum, { fromRevision, toRevision }) => sum + Number(toRevision - fromRevision) + 1, 0);
    if (whenUncovered === 'no bundle' && covered.length < asked) return undefined;
    const [commitment] = await query.leavesAt(log, first.committedIndex, 1);
    const genesis = await files.read(log, 'genesis.json', { payloads: false, head });
    if (commitment === undefined || genesis === undefined) return undefined;
    const bundle = async (rows: readonly LeafRow[]) => this.#bundled(log, rows, head, await this.#eventsAt(rows));
    return {
      v: 'tallyroot-bundle/1',
      account,
      ...(invoice !== undefined && { invoice }),
      genesis: JSON.parse(genesis.bytes.toString()) as ProofBundle['genesis'],
      policies: await bundle(policies.filter(({ index }) => index < head.size)),
      checkpoint: head.note,
      anchors: await lastAnchors(log, head, this.#options),
      commitment: (await bundle([commitment]))[0] as BundledLeaf,
      balances: places.map((place, at) => bundledBalance(place, proven[at] as ProvenBalance)),
      leaves: await this.#bundled(log, covered, head, events),
    };
  }

  /**
   * Balances under a commitment that a chain has made final, where there is one: a customer who asks the chain has nothing of a newer one. Only
   * for a whole account, whose own leaves tell what they were.
   */
  async #finalBalances(
    { log, account, invoice, places }: BundleSubject,
    leaves: readonly LeafRow[],
    events: EventsByPlace,
  ): Promise<ProvenBalance[] | undefined> {
    if (invoice !== undefined) return undefined;
    const { anchors, balances } = this.#options;
    const size = (await anchors.anchors(log)).reduce(
      (largest, anchor) => (BigInt(anchor.size) > largest ? BigInt(anchor.size) : largest),
      0n,
    );
    if (size === 0n) return undefined;
    const posting = leaves.toSorted((left, right) => (left.index < right.index ? -1 : 1));
    const valuesAt = (uptoSize: bigint) => {
      const changes = new FoldChanges();
      for (const row of posting) if (row.index < uptoSize) changes.post(row.index, postingsIn(events.get(placeOf(row))?.data ?? ''));
      return changes
        .balances()
        .filter((balance) => balance.account.split(':').includes(account))
        .map(({ change, ...place }) => ({ ...place, balance: change }));
    };
    return balances.findAllBelow(log, places, { size, valuesAt });
  }

  async #leavesOf(log: string, { stream, fromRevision, toRevision }: StreamRange): Promise<LeafRow[]> {
    return this.#options.query.leavesOfStream(log, stream, fromRevision, toRevision);
  }

  async #bundled(log: string, rows: readonly LeafRow[], head: PublishedHead, events: EventsByPlace): Promise<BundledLeaf[]> {
    const { query } = this.#options;
    const indexes = rows.map(({ index }) => index);
    const paths = await query.inclusions(log, indexes, head.size);
    const origin = head.note.slice(0, head.note.indexOf('\n'));
    return rows.map((row, at) => bundledLeaf(origin, row, events.get(placeOf(row)), paths[at] as readonly Buffer[]));
  }

  async #eventsAt(rows: readonly LeafRow[]): Promise<EventsByPlace> {
    const byStream = Map.groupBy(rows, ({ stream }) => stream);
    const events = new Map<string, StoredEvent>();
    for (const [stream, some] of byStream) for (const event of await this.#eventsOf(stream, some)) events.set(placeOf(event), event);
    return events;
  }

  /** What the event store holds at these places now. A wide range is read in one go, single leaves one by one. */
  async #eventsOf(stream: string, rows: readonly LeafRow[]): Promise<StoredEvent[]> {
    const revisions = rows.map(({ revision }) => revision).sort((left, right) => (left < right ? -1 : 1));
    const [first, last] = [revisions[0] as bigint, revisions.at(-1) as bigint];
    const isDense = last - first < BigInt(2 * rows.length);
    const spans = isDense ? [{ from: first, count: Number(last - first) + 1 }] : revisions.map((from) => ({ from, count: 1 }));
    const events: StoredEvent[] = [];
    for (const { from, count } of spans) {
      try {
        const read = this.#options.store.readStream(stream, { fromRevision: from, maxCount: count });
        for await (const event of read) events.push(event);
      } catch (error) {
        if (!(error instanceof StreamNotFoundFault)) throw error;
      }
    }
    return events;
  }
}

function placeOf({ stream, revision }: { readonly stream: string; readonly revision: bigint }): string {
  return `${stream}@${revision}`;
}

function bundledLeaf(origin: string, row: LeafRow, event: StoredEvent | undefined, path: readonly Buffer[]): BundledLeaf {
  const isMalformed = event !== undefined && leafOf(origin, event).malformed;
  return {
    index: row.index.toString(),
    entry: base64(row.entry),
    payload: event === undefined ? null : base64(event.data),
    salt: event === undefined ? zeroHash : payloadSaltOf(event),
    ...(isMalformed && { metadata: base64(event.metadata ?? '') }),
    path: path.map((hash) => hash.toString('hex')),
  };
}

/** A proven balance as it goes out, with hashes in hex. */
export function bundledBalance({ account, currency }: BalancePlace, { value, proof }: ProvenBalance): BundledBalance {
  const { siblings, terminal } = proof;
  return {
    account,
    currency,
    ...(value !== undefined && { value }),
    siblings: siblings.map(hexOf),
    ...(terminal !== undefined && { terminal: { key: hexOf(terminal.key), valueHash: hexOf(terminal.valueHash) } }),
  };
}

function hexOf(hash: HashText): string {
  return Buffer.from(hash, 'latin1').toString('hex');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
