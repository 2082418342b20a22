import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../commands/application/clock.ts';
import { logIdOf } from '../domain/origin.ts';
import type { AnchorChain } from './anchor-chain.ts';
import type { AnchoredLog, AnchorKeeper } from './anchor-keeper.ts';
import { AnchoringAlarm } from './anchoring-alarm.ts';
import type { AnchoringState, AnchoringStatus } from './anchoring-status.ts';
import type { LogQuery } from './log-query.ts';
import type { ProviderLog, ProviderLogs } from './provider-logs.ts';
import { isRoundDue, type RoundSettings } from './round-schedule.ts';
import type { Round, RoundStore } from './round-store.ts';
import type { RoundSteps } from './round.ts';
import type { HeldLock, SequencerLock } from './sequencer-lock.ts';

export interface LogAnchorerOptions {
  readonly logs: ProviderLogs;
  readonly query: LogQuery;
  readonly rounds: RoundStore;
  readonly steps: RoundSteps;
  readonly keeper: AnchorKeeper;
  readonly lock: SequencerLock;
  readonly clock: Clock;
  /** The chain of this installation; a log that does not list it is not anchored. */
  readonly chain: AnchorChain | undefined;
  readonly settings: AnchoringSettings;
  readonly onAlarm?: (status: AnchoringStatus) => void;
  /** Told of a failure that is tried again. */
  readonly onRetry?: (log: string, error: unknown) => void;
}

export interface AnchoringSettings extends Pick<RoundSettings, 'eventsMax' | 'secondsMax'> {
  /** Half of what the log's policy promises when absent, so that an anchor is final in time. */
  readonly heartbeatSeconds?: number;
  /** Between two looks at the log. */
  readonly pollMs: number;
  /** Between two looks at the chain: while an anchor settles, and while an alarm lasts. */
  readonly chainPollMs: number;
  /** Between two checks that the contract of an idle log holds nothing foreign. */
  readonly watchMs: number;
  /** Longest pause between attempts while something is away. */
  readonly backoffMsMax: number;
}

/** Runs the rounds of one log and keeps it anchored. Any number of processes may; the one that holds the log's lock works. */
export class LogAnchorer {
  readonly #slug: string;
  readonly #options: LogAnchorerOptions;
  readonly #abort = new AbortController();
  #wake = Promise.withResolvers<void>();
  #running: Promise<void> | undefined;
  #status: AnchoringStatus;
  #wantedSize = 0n;
  #waiting = { from: -1n, size: 0n, count: 0 };
  #watchedAt = -Infinity;
  #failures = 0;

  constructor(slug: string, options: LogAnchorerOptions) {
    this.#slug = slug;
    this.#options = options;
    this.#status = { log: slug, state: 'stopped', round: 0n, error: undefined, alarm: undefined };
  }

  get status(): AnchoringStatus {
    return this.#status;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is written or sent any more and the lock is free. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    this.#become('stopped');
  }

  /** Opens a round at the next opportunity, if none has committed to these leaves yet. */
  want(size: bigint): void {
    if (size > this.#wantedSize) this.#wantedSize = size;
    this.#wake.resolve();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { lock, settings } = this.#options;
    while (!signal.aborted) {
      try {
        const held = await lock.tryAcquire(`anchorer ${this.#slug}`);
        if (held === undefined) {
          this.#become('standby');
          await this.#pause(settings.pollMs);
        } else await this.#holding(held);
      } catch (error) {
        await this.#pause(this.#failed(error));
      }
    }
  }

  /** Works until told to stop, or until the lock or an attempt is lost. */
  async #holding(held: HeldLock): Promise<void> {
    let isLost = false;
    void held.lost.then(() => (isLost = true));
    try {
      while (!this.#abort.signal.aborted && !isLost) {
        const state = await this.#advance();
        this.#failures = 0;
        this.#become(state);
        const { pollMs, chainPollMs } = this.#options.settings;
        await this.#pause(state === 'settling' ? Math.max(chainPollMs, 1) : pollMs);
      }
    } finally {
      await held.release();
    }
  }

  /** Does all that can be done now. Answers what it waits for. */
  async #advance(): Promise<AnchoringState> {
    const { query, rounds, steps, keeper } = this.#options;
    const log = await this.#options.logs.find(this.#slug);
    const head = await query.head(this.#slug);
    if (log === undefined || head === undefined) return 'idle';
    const anchored = this.#anchoredLog(log);
    let round = await rounds.last(this.#slug);
    this.#status = { ...this.#status, round: round?.number ?? 0n };
    if (round === undefined || round.state === 'covered') {
      const isKept = anchored === undefined || round?.head === undefined || (await this.#keep(anchored, round));
      if (!isKept) return 'settling';
      const isSettled = anchored === undefined || (await keeper.follow(anchored));
      if (!(await this.#isDue(log, round))) return isSettled ? 'idle' : 'settling';
      await this.#check(anchored);
      const openedAt = new Date(this.#options.clock.now());
      round = await rounds.open({ log: this.#slug, number: (round?.number ?? 0n) + 1n, openedAt, uptoSize: head.size });
    } else if (this.#status.state !== 'round') await this.#check(anchored);
    const reached = await steps.advance({ slug: this.#slug, origin: log.origin, chain: anchored?.chain }, round);
    if (reached.state !== 'covered' || reached.head === undefined) return 'round';
    if (anchored === undefined) return 'idle';
    await keeper.keep(anchored, reached.head);
    return 'settling';
  }

  /** Before anything is written for a round: nothing is, for a log whose place in the contract is not as we left it. */
  async #check(anchored: AnchoredLog | undefined): Promise<void> {
    if (anchored !== undefined) await this.#options.keeper.check(anchored);
  }

  /** Sees to it that the last round's head is in the contract. An idle log is looked at now and then only. */
  async #keep(anchored: AnchoredLog, { head }: Round): Promise<boolean> {
    const isQuiet = this.#status.state === 'idle' && performance.now() - this.#watchedAt < this.#options.settings.watchMs;
    if (isQuiet || head === undefined) return true;
    const isKept = await this.#options.keeper.keep(anchored, head);
    this.#watchedAt = performance.now();
    return isKept;
  }

  /** The place of the log in the contract that its policy lists, if that is the one we speak to. */
  #anchoredLog({ slug, origin, vkey, policy }: ProviderLog): AnchoredLog | undefined {
    const { chain } = this.#options;
    const isListed = policy.chains.some(
      ({ chainId, contract }) => chainId === chain?.listed.chainId && contract.toLowerCase() === chain.listed.contract.toLowerCase(),
    );
    return chain === undefined || !isListed ? undefined : { slug, logId: logIdOf(origin, vkey), chain };
  }

  async #isDue({ policy }: ProviderLog, last: Round | undefined): Promise<boolean> {
    const { settings, clock } = this.#options;
    const heartbeatSeconds = settings.heartbeatSeconds ?? Number(policy.heartbeatSeconds) / 2;
    const waiting = await this.#countWaiting(last?.uptoSize ?? 0n);
    const now = new Date(clock.now());
    return isRoundDue({ now, last, waiting, wantedSize: this.#wantedSize }, { ...settings, heartbeatSeconds });
  }

  /** Counts each leaf once, however often we look. */
  async #countWaiting(from: bigint): Promise<number> {
    if (this.#waiting.from !== from) this.#waiting = { from, size: from, count: 0 };
    const { count, size } = await this.#options.rounds.countBusinessLeaves(this.#slug, this.#waiting.size);
    this.#waiting = { from, size, count: this.#waiting.count + count };
    return this.#waiting.count;
  }

  /** Answers how long to wait before the next attempt. */
  #failed(error: unknown): number {
    const { settings, onAlarm, onRetry } = this.#options;
    const cause = error instanceof Error ? error : new Error(String(error));
    if (cause instanceof AnchoringAlarm) {
      const isNew = this.#status.alarm?.code !== cause.code;
      this.#status = { ...this.#status, state: 'alarm', error: cause, alarm: cause };
      if (isNew) onAlarm?.(this.#status);
      return Math.max(settings.chainPollMs, settings.backoffMsMax);
    }
    this.#status = { ...this.#status, state: 'retrying', error: cause, alarm: undefined };
    onRetry?.(this.#slug, error);
    return Math.min(settings.backoffMsMax, settings.pollMs * 2 ** Math.min(this.#failures++, 16));
  }

  #become(state: AnchoringState): void {
    this.#status = { ...this.#status, state, error: undefined, alarm: undefined };
  }

  async #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#abort;
    const wakeUp = new AbortController();
    const timer = sleep(milliseconds, undefined, { signal: AbortSignal.any([signal, wakeUp.signal]) }).catch(() => undefined);
    await Promise.race([timer, this.#wake.promise]);
    wakeUp.abort();
    this.#wake = Promise.withResolvers();
  }
}
