import { Worker } from 'node:worker_threads';
import { EntryReader } from '../log/entry.ts';
import type { BundleOpener } from './bundle-opener.ts';
import type { LogToOpen, OpenedLeaf, SealedBundle } from './opened-leaf.ts';
import { type PackedLeaves, unpackLeaves } from './packed-leaves.ts';

/** A bundle on its way to a worker. */
export interface BundleMessage {
  readonly start: number;
  readonly width: number;
  readonly entries: Uint8Array<ArrayBuffer>;
  readonly payloads: Uint8Array<ArrayBuffer> | undefined;
}

/** What a worker says: once that it has started, then the leaves of each bundle. */
export type WorkerMessage = 'ready' | { readonly start: number; readonly leaves: PackedLeaves };

interface Waiting {
  readonly resolve: (leaves: PackedLeaves) => void;
  readonly reject: (error: Error) => void;
}

export function startOpenerWorker(log: LogToOpen): Worker {
  return new Worker(new URL('./opener.worker.ts', import.meta.url), { workerData: log });
}

/** Opens bundles in a worker thread. If the worker dies, whoever waits for it gets an error: nothing is said of leaves that were not read. */
export class WorkerBundleOpener implements BundleOpener {
  readonly #worker: Worker;
  readonly #entries: EntryReader;
  /** By the bundle's first leaf. */
  readonly #waiting = new Map<number, Waiting>();
  #isReady = false;
  #failure: Error | undefined;

  constructor(origin: string, worker: Worker) {
    this.#worker = worker;
    this.#entries = new EntryReader(origin);
    worker.on('message', (message: WorkerMessage) => this.#hear(message));
    worker.on('messageerror', (error) => this.#fail(String(error)));
    worker.on('error', (error) => this.#fail(String(error)));
    worker.on('exit', (code) => this.#fail(`exit code ${code}`));
  }

  /** Has it started, so that a bundle is not kept waiting for that? */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Bundles that wait for it. */
  get load(): number {
    return this.#waiting.size;
  }

  async open({ start, width, entries, payloads }: SealedBundle): Promise<Iterable<OpenedLeaf>> {
    this.assertAlive();
    const message: BundleMessage = { start, width, entries: ownBytes(entries), payloads: payloads && ownBytes(payloads) };
    const moved = [message.entries, message.payloads].flatMap((bytes) => bytes?.buffer ?? []);
    const packed = new Promise<PackedLeaves>((resolve, reject) => this.#waiting.set(start, { resolve, reject }));
    this.#worker.postMessage(message, moved);
    return unpackLeaves(await packed, this.#entries);
  }

  assertAlive(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async close(): Promise<void> {
    this.#waiting.clear();
    await this.#worker.terminate();
  }

  #hear(message: WorkerMessage): void {
    if (message === 'ready') this.#isReady = true;
    else {
      this.#waiting.get(message.start)?.resolve(message.leaves);
      this.#waiting.delete(message.start);
    }
  }

  #fail(reason: string): void {
    this.#failure ??= new Error(`A worker thread of the verifier died: ${reason}`);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }
}

/** The bytes in memory of their own, which can be given away: a small buffer is a piece of memory that has others in it. */
function ownBytes(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? new Uint8Array(buffer) : Uint8Array.from(bytes);
}
