import { setTimeout as sleep } from 'node:timers/promises';
import type { PublishedHead } from '../domain/tree-head.ts';
import type { CosignatureStore } from './cosignature-store.ts';
import type { HeadStore } from './head-store.ts';
import type { LogQuery } from './log-query.ts';
import { type Witness, WitnessFault } from './witness.ts';

/**
 * - `following`: it cosigned the last head that it was shown, or is being asked.
 * - `ahead`: it cosigned a larger tree than any that we signed.
 * - `contradicts`: it cosigned a tree that ours does not extend.
 * - `away`, `refused`: see `WitnessFault`. It is asked again.
 */
export type FollowerState = 'following' | 'ahead' | 'contradicts' | 'away' | 'refused';

export interface FollowerOptions {
  /** The provider's slug. */
  readonly log: string;
  readonly witness: Witness;
  readonly store: CosignatureStore;
  readonly heads: Pick<HeadStore, 'durable'>;
  readonly query: Pick<LogQuery, 'consistency'>;
  readonly settings: WitnessSettings;
  /** It cosigned so many leaves, more than we ever signed. */
  readonly onAhead: (size: bigint) => void;
  readonly onContradiction: (message: string) => void;
  readonly onRetry?: (error: unknown) => void;
}

export interface WitnessSettings {
  /** Shortest time between two heads that witnesses are shown. */
  readonly intervalMsMin: number;
  /** A head that stays the newest is shown again after this time: a cosignature states when the witness looked. */
  readonly refreshMs: number;
  /** A witness that takes longer is away. */
  readonly answerMsMax: number;
  /** First and longest pause before a witness that is away is asked again. */
  readonly backoffMsMin: number;
  readonly backoffMsMax: number;
}

/** Each wrong guess of what the witness knows costs one; another process that asks it too may cause a few. */
const guessesMax = 4;

/** Shows heads of one log to one witness, always the newest, one at a time. Nobody waits for it. */
export class WitnessFollower {
  readonly #options: FollowerOptions;
  readonly #abort = new AbortController();
  readonly #attempted = Promise.withResolvers<void>();
  /** What the witness cosigned last, as far as we know. */
  #known: bigint;
  #wanted: PublishedHead | undefined;
  #done: PublishedHead | undefined;
  #running: Promise<void> | undefined;
  #failures = 0;
  state: FollowerState = 'following';
  /** Why it does not follow. */
  reason: string | undefined;

  constructor(known: bigint, options: FollowerOptions) {
    this.#known = known;
    this.#options = options;
  }

  get witness(): Witness {
    return this.#options.witness;
  }

  /** Resolves after the first answer, or the first failure to get one. */
  get attempted(): Promise<void> {
    return this.#attempted.promise;
  }

  get known(): bigint {
    return this.#known;
  }

  /** Returns at once. A head that is offered again is shown again. */
  offer(head: PublishedHead): void {
    this.#wanted = head;
    this.#done = undefined;
    if (this.state === 'contradicts') return;
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted && this.#wanted !== undefined && this.#wanted !== this.#done) {
      const head = this.#wanted;
      try {
        await this.#show(head);
        this.#failures = 0;
        this.#done = head;
        if (this.#isContradicted()) return;
      } catch (error) {
        if (signal.aborted) return;
        await this.#failed(error);
      } finally {
        this.#attempted.resolve();
      }
    }
  }

  /** Throws what stands in the way of an answer. */
  async #show(head: PublishedHead): Promise<void> {
    const { log, witness, store, query, settings, onContradiction } = this.#options;
    for (let guess = 0; guess < guessesMax; guess++) {
      if (this.#known > head.size) return this.#compare();
      const proof = this.#known === 0n ? [] : await query.consistency(log, this.#known, head.size);
      const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(settings.answerMsMax)]);
      const answer = await witness.submit({ oldSize: this.#known, proof, head }, signal);
      if (answer.answer === 'contradicts') {
        this.#become('contradicts', answer.message);
        onContradiction(answer.message);
        return;
      }
      if (answer.answer === 'cosigned') {
        this.#known = head.size;
        await store.keep(log, head.size, witness.vkey, answer.cosignature);
        this.#become('following');
        return;
      }
      this.#known = answer.size;
    }
    throw new WitnessFault('away', `${witness.name} changes what it knows faster than it can be asked`);
  }

  /** The witness knows more than this head; another process may have shown it a newer one of ours. */
  async #compare(): Promise<void> {
    const { log, heads, onAhead } = this.#options;
    const durable = await heads.durable(log);
    if (this.#known <= durable.size) return;
    this.#become('ahead', `it cosigned ${this.#known} leaves, and the largest head that was signed here has ${durable.size}`);
    onAhead(this.#known);
  }

  async #failed(error: unknown): Promise<void> {
    const { settings, onRetry } = this.#options;
    this.#become(error instanceof WitnessFault ? error.reason : 'away', error instanceof Error ? error.message : String(error));
    this.#attempted.resolve();
    onRetry?.(error);
    const delayMs = Math.min(settings.backoffMsMax, settings.backoffMsMin * 2 ** Math.min(this.#failures++, 16));
    // A new head wakes nobody up who is away: the pause is what keeps us from asking all the time.
    await sleep(delayMs, undefined, { signal: this.#abort.signal }).catch(() => undefined);
  }

  #become(state: FollowerState, reason?: string): void {
    this.state = state;
    this.reason = reason;
  }

  #isContradicted(): boolean {
    return this.state === 'contradicts';
  }
}
