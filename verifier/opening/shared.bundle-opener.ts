import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { type BundleOpener, LocalBundleOpener } from './bundle-opener.ts';
import type { LogToOpen, OpenedLeaf, SealedBundle } from './opened-leaf.ts';
import { startOpenerWorker, WorkerBundleOpener } from './worker.bundle-opener.ts';

/** More would wait for the one thread that puts the leaves in order. */
const workersMax = 3;
/** Enough that a worker is not idle while this thread is busy with bundles of its own. */
const loadMax = 4;
/** A shorter log is verified before a worker has started. */
const leavesMin = 16_384;

/** The opener that suits a log of this size and this machine: workers on the cores beside the caller's, if there are any. */
export function openerFor(log: LogToOpen, size: number): BundleOpener {
  const local = new LocalBundleOpener(log);
  const workers = mayStartWorkers() ? Math.min(availableParallelism() - 1, workersMax) : 0;
  if (workers === 0 || size < leavesMin) return local;
  return new SharedBundleOpener(
    local,
    Array.from({ length: workers }, () => new WorkerBundleOpener(log.origin, startOpenerWorker(log))),
  );
}

/** Gives bundles to workers, and to the caller's own thread while all of them are busy or have not started. */
export class SharedBundleOpener implements BundleOpener {
  readonly #local: BundleOpener;
  readonly #workers: readonly WorkerBundleOpener[];
  #turns: Promise<void> = Promise.resolve();

  constructor(local: BundleOpener, workers: readonly WorkerBundleOpener[]) {
    this.#local = local;
    this.#workers = workers;
  }

  async open(bundle: SealedBundle): Promise<Iterable<OpenedLeaf>> {
    if (this.#free === undefined) await this.#turn();
    for (const worker of this.#workers) worker.assertAlive();
    if (this.#free !== undefined) return this.#free.open(bundle);
    return [...(await this.#local.open(bundle))]; // Now, while the workers are at theirs, and not when it is due.
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  /** The worker with the least to do, of those that have room. */
  get #free(): WorkerBundleOpener | undefined {
    const [free] = this.#workers.filter(({ isReady, load }) => isReady && load < loadMax).sort((left, right) => left.load - right.load);
    return free;
  }

  /** One bundle after the other waits for all that workers have answered meanwhile. */
  #turn(): Promise<void> {
    return (this.#turns = this.#turns.then(() => setImmediate()));
  }
}

/** Not under node's permission model without `--allow-worker`, by which a careful auditor may run this. */
function mayStartWorkers(): boolean {
  return (process.permission as typeof process.permission | undefined)?.has('worker') ?? true;
}
