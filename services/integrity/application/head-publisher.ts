import { setTimeout as sleep } from 'node:timers/promises';
import type { NoteSigner } from '../domain/note.ts';
import { type PublishedHead, type TreeHead, treeHeadText } from '../domain/tree-head.ts';
import type { HeadMemory, HeadStore } from './head-store.ts';

export interface HeadPublisherOptions {
  readonly log: string;
  readonly signer: NoteSigner;
  readonly heads: HeadStore;
  readonly memories: readonly HeadMemory[];
  /** Shortest time between two heads, in milliseconds. */
  readonly intervalMsMin: number;
}

/** Another sequencer moved the head, or the database was restored: begin again from what is stored, and be held to it. */
export class HeadMovedFault extends Error {
  override readonly name = 'HeadMovedFault';
  readonly retryable = true;
}

/**
 * Makes heads durable, signs and shows them, in this order: a crash between any two steps signs the same head again, with the same bytes.
 * The first head after a pause goes out at once, under load one an interval.
 */
export class HeadPublisher {
  readonly #options: HeadPublisherOptions;
  readonly #failed = Promise.withResolvers<never>();
  readonly #abort = new AbortController();
  /** The durable head. */
  #durable: TreeHead;
  #newest: TreeHead;
  #isShown: boolean;
  #running: Promise<void> | undefined;
  #shownAt = -Infinity;

  private constructor(options: HeadPublisherOptions, durable: TreeHead, isShown: boolean) {
    this.#options = options;
    this.#durable = durable;
    this.#newest = durable;
    this.#isShown = isShown;
    this.#failed.promise.catch(() => undefined); // Whoever opened it listens, or has gone.
  }

  static async open(options: HeadPublisherOptions): Promise<HeadPublisher> {
    const durable = await options.heads.durable(options.log);
    const published = await options.heads.published(options.log);
    return new HeadPublisher(options, durable, durable.size === (published?.size ?? 0n));
  }

  get durable(): TreeHead {
    return this.#durable;
  }

  /** Rejects with what ended the publishing. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** The tree has grown to this head, and its rows are committed. Returns at once. */
  offer(head: TreeHead): void {
    if (head.size > this.#newest.size) this.#newest = head;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Resolves when no step is under way any more. */
  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#abort.signal.aborted && (!this.#isShown || this.#newest.size > this.#durable.size)) {
        if (this.#isShown) {
          await this.#pause();
          if (this.#abort.signal.aborted) return;
          await this.#persist(this.#newest);
        }
        await this.#show(this.#durable);
      }
    } catch (error) {
      this.#abort.abort();
      this.#failed.reject(error);
    }
  }

  async #pause(): Promise<void> {
    const pauseMs = this.#shownAt + this.#options.intervalMsMin - performance.now();
    if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }

  async #persist(head: TreeHead): Promise<void> {
    const { log, heads } = this.#options;
    if (!(await heads.swap(log, this.#durable, head)))
      throw new HeadMovedFault(`The head of ${log} is not at ${this.#durable.size} leaves any more. Nothing was signed.`);
    this.#durable = head;
    this.#isShown = false;
  }

  async #show(head: TreeHead): Promise<void> {
    const { log, signer, heads, memories } = this.#options;
    const published: PublishedHead = { ...head, note: signer.sign(treeHeadText(signer.name, head)) };
    await heads.publish(log, published);
    this.#isShown = true;
    this.#shownAt = performance.now();
    for (const memory of memories) await memory.remember?.(log, published);
  }
}
