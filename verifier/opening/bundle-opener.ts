import { LeafOpener } from './leaf-opener.ts';
import type { LogToOpen, OpenedLeaf, SealedBundle } from './opened-leaf.ts';

/** Opens the leaves of a log, a bundle at a time: the part of verifying that needs no order, and so may be done anywhere. */
export interface BundleOpener {
  /**
   * The leaves of a bundle in order, the same whoever opens it; fewer than its width if the bundle ends within an entry. They can be gone
   * through once. Rejects if they could not be opened, for no fault of the log.
   */
  open(bundle: SealedBundle): Promise<Iterable<OpenedLeaf>>;
  /** Lets go of whatever it holds. What is still being opened is never answered. */
  close(): Promise<void>;
}

/** Opens leaves in the thread of the caller, each when the caller comes to it. */
export class LocalBundleOpener implements BundleOpener {
  readonly #leaves: LeafOpener;

  constructor(log: LogToOpen) {
    this.#leaves = new LeafOpener(log);
  }

  async open(bundle: SealedBundle): Promise<Iterable<OpenedLeaf>> {
    return this.#leaves.open(bundle);
  }

  async close(): Promise<void> {
    // It holds nothing.
  }
}
