import { appendCopies } from '../../event-store/application/append-copies.ts';
import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { prefixOf } from '../../event-store/domain/stream-name.ts';
import { leafOf } from '../domain/leaf.ts';
import { GrowingTree } from '../domain/tree/growing-tree.ts';
import { hashBytes } from '../domain/tree/node-hash.ts';
import type { TreeHead } from '../domain/tree-head.ts';
import { eventsFrom } from './genesis.ts';
import { MirrorFault } from './log-mirror.ts';
import type { MirroredLog } from './mirrored-log.ts';
import type { RememberedHead } from './remembered-heads.ts';

/** The store went on in another way than the log that was shown: what it holds now stands where the missing events stood. */
export class LogDivergedFault extends Error {
  override readonly name = 'LogDivergedFault';
  readonly retryable = false;
}

export interface RecoverLogOptions {
  readonly store: EventStore;
  readonly slug: string;
  readonly origin: string;
  /** Of its genesis; undefined where the store lost that too. */
  readonly genesisPosition: bigint | undefined;
  readonly mirrored: MirroredLog;
  /** What was shown of the log before. */
  readonly remembered: readonly RememberedHead[];
  /** Told once, when everything is compared, before the first append. */
  readonly begins?: (leaves: { readonly held: bigint; readonly missing: bigint }) => void;
  readonly progressed?: (leaves: bigint) => void;
}

export interface Recovered {
  /** Leaves that the store held before. */
  readonly held: bigint;
  readonly appended: number;
  /** What the store holds now: size and root, computed from its events. */
  readonly head: TreeHead;
  /** Heads that are still ahead: another mirror may know more. */
  readonly ahead: readonly RememberedHead[];
}

/**
 * Appends the events that a store lost again: the same bytes at the same revisions, in the order of the log. First everything is compared and
 * nothing is written: the mirror with its signed head and with all that others remember, the store with the mirror, and every missing event
 * with its leaf. What is appended then is a beginning of the log at every moment, so that a recovery which was cut off goes on when it is
 * called again. Throws `MirrorFault` and `LogDivergedFault`.
 */
export async function recoverLog(options: RecoverLogOptions): Promise<Recovered> {
  const { mirrored, remembered } = options;
  const { held, lastPosition, tree } = await compare(options);
  const appended = held < mirrored.head.size ? await appendFrom(held, options) : 0;
  if (appended > 0) await growOn(tree, options, lastPosition);
  const head = { size: tree.size, root: tree.root() };
  if (appended > 0 && (head.size !== mirrored.head.size || !head.root.equals(mirrored.head.root)))
    throw new LogDivergedFault(
      `The store holds ${head.size} leaves with root ${head.root.toString('hex')} after ${appended} events were appended, and not the log of ` +
        `${mirrored.name}. Somebody else wrote to it meanwhile.`,
    );
  return { held, appended, head, ahead: remembered.filter(({ size }) => size > head.size) };
}

async function appendFrom(held: bigint, { store, mirrored, begins, progressed = () => undefined }: RecoverLogOptions): Promise<number> {
  let missing = 0n;
  // Once without writing: a mirror that lacks a payload is found out before the first append.
  for await (const _ of mirrored.events(held)) missing++;
  begins?.({ held, missing });
  let leaves = held;
  return appendCopies(store, mirrored.events(held), { progressed: () => progressed(++leaves) });
}

interface Comparison {
  /** Leaves that the store holds. */
  readonly held: bigint;
  /** Of the last of them; undefined for none. */
  readonly lastPosition: bigint | undefined;
  /** The tree of what the store holds. */
  readonly tree: GrowingTree;
}

/** Holds mirror, memories and store against each other. What is wrong with the mirror is told first. */
async function compare({ store, slug, origin, genesisPosition, mirrored, remembered }: RecoverLogOptions): Promise<Comparison> {
  const stored = eventsOf(store, slug, genesisPosition)[Symbol.asyncIterator]();
  const [ofMirror, ofStore] = [new GrowingTree(), new GrowingTree()];
  let next = await stored.next();
  let lastPosition: bigint | undefined;
  let difference: string | undefined;
  let contradiction: string | undefined;
  for await (const hashes of mirrored.hashes()) {
    for (let at = 0; at < hashes.length; at += hashBytes) {
      const hash = hashes.subarray(at, at + hashBytes);
      ofMirror.append(hash);
      for (const memory of remembered)
        if (memory.size === ofMirror.size) contradiction ??= contradictionOf(memory, mirrored.name, ofMirror.root());
      if (next.done === true || difference !== undefined) continue;
      const { value: event } = next;
      if (leafOf(origin, event).hash === hash.toString('hex')) {
        ofStore.append(hash);
        lastPosition = event.position;
        next = await stored.next();
      } else
        difference = `leaf ${ofMirror.size - 1n} is ${event.type} at ${event.stream}@${event.revision} in the store, and another event in ${mirrored.name}`;
    }
  }
  if (!ofMirror.root().equals(mirrored.head.root))
    throw new MirrorFault(`The tiles of ${mirrored.name} do not have the root of its signed head: it is damaged, or was tampered with.`);
  if (difference !== undefined)
    throw new LogDivergedFault(
      `The store and the mirror have diverged: ${difference}.${contradiction === undefined ? '' : ` ${contradiction}.`} Where something was written ` +
        'after the store was set back, this log cannot be continued: docs/guides/backup-and-restore.md.',
    );
  if (contradiction !== undefined) throw new MirrorFault(`${contradiction}: that is another history.`);
  for (; next.done !== true; next = await stored.next()) {
    ofStore.append(Buffer.from(leafOf(origin, next.value).hash, 'hex'));
    for (const memory of remembered)
      if (memory.size === ofStore.size) contradiction ??= contradictionOf(memory, 'the store', ofStore.root());
    lastPosition = next.value.position;
  }
  if (contradiction !== undefined)
    throw new LogDivergedFault(`${contradiction}: this log cannot be continued, docs/guides/backup-and-restore.md.`);
  return { held: ofStore.size, lastPosition, tree: ofStore };
}

/** The events that are leaves of the log, in order: the genesis, and what stands behind it. */
async function* eventsOf(store: EventStore, slug: string, genesisPosition: bigint | undefined): AsyncIterable<StoredEvent> {
  if (genesisPosition !== undefined) yield* eventsFrom(store, slug, genesisPosition);
}

/** Reads back what was appended: what a store answers is not yet what it holds. */
async function growOn(tree: GrowingTree, { store, slug, origin }: RecoverLogOptions, after: bigint | undefined): Promise<void> {
  const options = after === undefined ? {} : { fromPosition: after };
  for await (const event of store.readAll({ ...options, filter: { streamPrefixes: [prefixOf(slug)] } }))
    if (after === undefined || event.position > after) tree.append(Buffer.from(leafOf(origin, event).hash, 'hex'));
}

function contradictionOf({ by, size, root }: RememberedHead, name: string, actual: Buffer): string | undefined {
  if (root === undefined || root.equals(actual)) return undefined;
  return (
    `${by} knows a signed head of ${size} leaves with root ${root.toString('hex')}, but the first ${size} leaves of ${name} have root ` +
    actual.toString('hex')
  );
}
