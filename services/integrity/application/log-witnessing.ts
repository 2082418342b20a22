import { setTimeout as sleep } from 'node:timers/promises';
import type { PublishedHead } from '../domain/tree-head.ts';
import { SequencerHalt } from './sequencer-halt.ts';
import { type FollowerOptions, WitnessFollower } from './witness-follower.ts';
import type { Witness } from './witness.ts';

export interface LogWitnessingOptions extends Omit<FollowerOptions, 'witness' | 'onAhead' | 'onContradiction' | 'onRetry'> {
  readonly witnesses: readonly Witness[];
  /** Told of a witness that is asked again. */
  readonly onRetry?: (log: string, error: unknown) => void;
}

/** A witness knows more leaves than were signed here: begin again from what is stored, and be held to it. */
export class WitnessAheadFault extends Error {
  override readonly name = 'WitnessAheadFault';
  readonly retryable = true;
}

/**
 * Shows the heads of one log to all its witnesses: the same one to each, so that a head comes to have the words of all, and at most one an
 * interval. The first after a pause goes out at once.
 */
export class LogWitnessing {
  readonly #options: LogWitnessingOptions;
  readonly #abort = new AbortController();
  readonly followers: readonly WitnessFollower[];
  #newest: PublishedHead | undefined;
  #shown: PublishedHead | undefined;
  #running: Promise<void> | undefined;
  #shownAt = -Infinity;
  #refresh: NodeJS.Timeout | undefined;
  #disturbance: Error | undefined;
  #listener: ((error: Error) => void) | undefined;
  /** Leaves that the sequencer was told of. */
  #sizeTold = 0n;

  static async open(options: LogWitnessingOptions): Promise<LogWitnessing> {
    const last = await options.store.last(options.log);
    return new LogWitnessing(options, (vkey) => last.get(vkey)?.size ?? 0n);
  }

  private constructor(options: LogWitnessingOptions, knownBy: (vkey: string) => bigint) {
    this.#options = options;
    this.followers = options.witnesses.map((witness) => this.#follower(witness, knownBy(witness.vkey)));
  }

  /** Returns at once. */
  offer(head: PublishedHead): void {
    if (this.#newest !== undefined && head.size < this.#newest.size) return;
    this.#newest = head;
    this.#start();
  }

  /** The largest tree that a witness cosigned. Shows them the head, and waits for each until it answers, or for a while. */
  async size(head: PublishedHead): Promise<bigint> {
    this.offer(head);
    const { signal } = this.#abort;
    const answered = Promise.all(this.followers.map(({ attempted }) => attempted));
    await Promise.race([answered, sleep(this.#options.settings.answerMsMax, undefined, { signal, ref: false }).catch(() => undefined)]);
    const contradicted = this.followers.find(({ state }) => state === 'contradicts');
    if (contradicted !== undefined) throw this.#halt(contradicted.witness, contradicted.reason ?? '');
    this.#sizeTold = this.followers.reduce((largest, { known }) => (known > largest ? known : largest), 0n);
    this.#disturbance = undefined;
    return this.#sizeTold;
  }

  /** Rejects when a witness tells of another history. */
  disturbed(): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => undefined); // Whoever asked listens, or has gone.
    this.#listener = reject;
    if (this.#disturbance !== undefined) reject(this.#disturbance);
    return promise;
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    clearTimeout(this.#refresh);
    await Promise.all(this.followers.map((follower) => follower.stop()));
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  async #run(): Promise<void> {
    const { log, store, settings, onRetry } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted && this.#newest !== undefined && this.#newest !== this.#shown) {
      const pauseMs = this.#shownAt + settings.intervalMsMin - performance.now();
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      const head = this.#newest;
      try {
        await store.offer(log, head);
        this.#shown = head;
        for (const follower of this.followers) follower.offer(head);
        this.#showAgainLater();
      } catch (error) {
        onRetry?.(log, error); // The database is away; the next turn tries again.
      }
      this.#shownAt = performance.now();
    }
  }

  #showAgainLater(): void {
    clearTimeout(this.#refresh);
    const again = () => {
      this.#shown = undefined;
      this.#start();
    };
    this.#refresh = setTimeout(again, this.#options.settings.refreshMs).unref();
  }

  #follower(witness: Witness, known: bigint): WitnessFollower {
    const { log, onRetry } = this.#options;
    return new WitnessFollower(known, {
      ...this.#options,
      witness,
      onAhead: (size) => {
        if (size <= this.#sizeTold) return; // The sequencer will come there before it signs, or halt.
        this.#disturb(new WitnessAheadFault(`${log}: witness ${witness.name} cosigned ${size} leaves, more than were signed here.`));
      },
      onContradiction: (message) => this.#disturb(this.#halt(witness, message)),
      onRetry: (error) => onRetry?.(log, error),
    });
  }

  #halt(witness: Witness, message: string): SequencerHalt {
    return new SequencerHalt(
      `${this.#options.log}: witness ${witness.name} cosigned a tree that this one does not extend (${message}). The log was rewritten or ` +
        'restored, or somebody else signs with its key. Nothing is signed: docs/guides/witnesses.md.',
    );
  }

  #disturb(error: Error): void {
    this.#disturbance = error;
    this.#listener?.(error);
  }
}
