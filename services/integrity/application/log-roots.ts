import type { StoredEvent } from '../../event-store/domain/event-store.ts';
import { leafOf } from '../domain/leaf.ts';
import type { TreeHead } from '../domain/tree-head.ts';
import { GrowingTree } from '../domain/tree/growing-tree.ts';
import { hashBytes } from '../domain/tree/node-hash.ts';
import { logOfGenesis } from './genesis.ts';
import { logAfter } from './log-after.ts';
import type { ProviderLog } from './provider-logs.ts';
import { systemStream } from './system-log.ts';

interface Growing {
  /** As the events so far leave it. */
  readonly log: ProviderLog;
  readonly tree: GrowingTree;
  /** Leaf hashes that are not in the tree yet. */
  readonly hashes: Buffer;
  width: number;
}

const hashesAtOnce = 256;

/** The trees of all logs, derived from the events of a whole store and from nothing else: what the sequencers must come to. */
export class LogRoots {
  readonly #logs = new Map<string, Growing>();

  /** Takes the next event of `$all`. A log begins with its genesis; what stands before it is no leaf. */
  add(event: StoredEvent): void {
    const slug = event.stream.slice(0, event.stream.indexOf('.'));
    const growing = this.#growing(slug, event);
    if (growing === undefined) return;
    growing.hashes.write(leafOf(growing.log.origin, event).hash, growing.width * hashBytes, 'hex');
    if (++growing.width === hashesAtOnce) grow(growing);
  }

  /** By provider, the head that the events so far have. */
  heads(): ReadonlyMap<string, TreeHead> {
    return new Map(
      [...this.#logs].map(([slug, log]) => {
        grow(log);
        return [slug, { size: log.tree.size, root: log.tree.root() }];
      }),
    );
  }

  /** Where the event is a leaf: a new incarnation begins a tree of its own. */
  #growing(slug: string, event: StoredEvent): Growing | undefined {
    const growing = this.#logs.get(slug);
    const log =
      growing === undefined ? logOfGenesis(event) : event.stream === systemStream(slug) ? logAfter(growing.log, event) : undefined;
    if (log === undefined) return growing;
    const isContinued = growing?.log.origin === log.origin;
    const next = isContinued
      ? { ...growing, log }
      : { log, tree: new GrowingTree(), hashes: Buffer.allocUnsafe(hashesAtOnce * hashBytes), width: 0 };
    this.#logs.set(slug, next);
    return next;
  }
}

function grow(log: Growing): void {
  log.tree.append(log.hashes.subarray(0, log.width * hashBytes));
  // The tree keeps no reference to it: it copies each hash.
  log.width = 0;
}
