import type { StoredEvent } from '../../event-store/domain/event-store.ts';
import { leafOf } from '../domain/leaf.ts';
import type { TreeHead } from '../domain/tree-head.ts';
import { GrowingTree } from '../domain/tree/growing-tree.ts';
import { hashBytes } from '../domain/tree/node-hash.ts';
import { logOfGenesis } from './genesis.ts';

interface Growing {
  readonly origin: string;
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
    const log = this.#logs.get(slug) ?? this.#begin(event);
    if (log === undefined) return;
    log.hashes.write(leafOf(log.origin, event).hash, log.width * hashBytes, 'hex');
    if (++log.width === hashesAtOnce) grow(log);
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

  #begin(event: StoredEvent): Growing | undefined {
    const opened = logOfGenesis(event);
    if (opened === undefined) return undefined;
    const log = { origin: opened.origin, tree: new GrowingTree(), hashes: Buffer.allocUnsafe(hashesAtOnce * hashBytes), width: 0 };
    this.#logs.set(opened.slug, log);
    return log;
  }
}

function grow(log: Growing): void {
  log.tree.append(log.hashes.subarray(0, log.width * hashBytes));
  // The tree keeps no reference to it: it copies each hash.
  log.width = 0;
}
