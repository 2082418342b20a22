import { type Absence, type Bundle, isAbsence, readBundle, readLargeBundle, type Unwanted } from '../source/bundles.ts';
import type { LogSource } from '../source/log-source.ts';
import { tileWidth } from '../source/tile-path.ts';
import type { BundleOpener } from './bundle-opener.ts';
import type { OpenedLeaf } from './opened-leaf.ts';

/** Up to 256 leaves of a log. */
export interface OpenedBundle {
  /** Index of its first leaf. */
  readonly start: number;
  /** Leaves of the log that are in it. */
  readonly width: number;
  readonly tile: Buffer | Absence;
  /** As a `BundleOpener` opened them. */
  readonly leaves: Iterable<OpenedLeaf> | Absence;
  /** Why payloads are not at hand; undefined where they are. */
  readonly payloadsAbsence: Absence | undefined;
}

export interface LogToRead {
  readonly source: LogSource;
  /** Leaf to begin with, the first of a bundle. */
  readonly from?: number;
  /** Where to end. */
  readonly size: number;
  readonly opener: BundleOpener;
  /** What the reader finds out that it need not have any more. */
  readonly unwanted: Unwanted;
}

/** So many bundles are read and opened before the reader comes to them: it bounds the memory that a log of any length takes. */
const bundlesAhead = 8;

/** Reads and opens a log from its first leaf to its last. Ends with a bundle whose tile is absent. */
export async function* openedBundlesOf(log: LogToRead): AsyncGenerator<OpenedBundle> {
  const ahead: Promise<OpenedBundle | 'large'>[] = [];
  let next = log.from ?? 0;
  for (;;) {
    while (ahead.length < bundlesAhead && next < log.size) {
      const bundle = openedBundle(log, next, Math.min(tileWidth, log.size - next));
      bundle.catch(() => undefined); // Heard when it is due, and then thrown.
      ahead.push(bundle);
      next += tileWidth;
    }
    const [start, first] = [next - ahead.length * tileWidth, await ahead.shift()];
    if (first === undefined) return;
    const bundle = first === 'large' ? await largeBundle(log, start) : first;
    yield bundle;
    if (isAbsence(bundle.tile)) return;
  }
}

async function openedBundle(log: LogToRead, start: number, width: number): Promise<OpenedBundle | 'large'> {
  const bundle = await readBundle(log.source, start, width, log.unwanted);
  return bundle === 'large' ? bundle : opened(log, bundle);
}

/** Reads and opens a bundle that was too large to be read beside others. */
async function largeBundle(log: LogToRead, start: number): Promise<OpenedBundle> {
  return opened(log, await readLargeBundle(log.source, start, Math.min(tileWidth, log.size - start), log.unwanted));
}

async function opened({ opener }: LogToRead, { start, width, tile, entries, payloads }: Bundle): Promise<OpenedBundle> {
  const payloadsAbsence = isAbsence(payloads) ? payloads : undefined;
  if (isAbsence(tile) || isAbsence(entries)) return { start, width, tile, leaves: isAbsence(entries) ? entries : [], payloadsAbsence };
  const leaves = await opener.open({ start, width, entries, payloads: isAbsence(payloads) ? undefined : payloads });
  return { start, width, tile, leaves, payloadsAbsence };
}
