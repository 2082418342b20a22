import type { Clock } from '../../commands/application/clock.ts';
import { ChainFault } from '../../chain/application/chain-faults.ts';
import { chainKeyOf } from '../domain/log-policy.ts';
import { logIdOf } from '../domain/origin.ts';
import type { AnchorChain } from './anchor-chain.ts';
import type { AnchorKeeper } from './anchor-keeper.ts';
import { AnchoringAlarm } from './anchoring-alarm.ts';
import { type AnchoringState, type AnchoringStatus, type AnchoringStatusStore, type PlaceStatus, worstOf } from './anchoring-status.ts';
import type { LogQuery } from './log-query.ts';
import { PlaceAnchorer, type PlaceSettings } from './place-anchorer.ts';
import type { ProviderLog, ProviderLogs } from './provider-logs.ts';
import { isRoundDue, type RoundSettings } from './round-schedule.ts';
import type { Round, RoundStore } from './round-store.ts';
import type { RoundSteps } from './round.ts';
import type { HeldLock, SequencerLock } from './sequencer-lock.ts';
import { StatusTeller } from './status-teller.ts';
import { WaitingLeaves } from './waiting-leaves.ts';
import { WakingPause } from './waking-pause.ts';

export interface LogAnchorerOptions {
  readonly logs: ProviderLogs;
  readonly query: LogQuery;
  readonly rounds: RoundStore;
  readonly steps: RoundSteps;
  readonly keeper: AnchorKeeper;
  readonly lock: SequencerLock;
  readonly statuses: AnchoringStatusStore;
  readonly clock: Clock;
  /** The chains of this installation; a log is anchored on those that it lists. */
  readonly chains: readonly ChainOfInstallation[];
  readonly settings: AnchoringSettings;
  readonly onAlarm?: (status: AnchoringStatus) => void;
  /** Told of a failure that is tried again. */
  readonly onRetry?: (log: string, error: unknown) => void;
}

export interface ChainOfInstallation {
  readonly chain: AnchorChain;
  /** Where it is anchored on at another pace than `AnchoringSettings` say. */
  readonly cadence?: Partial<RoundSettings>;
}

export interface AnchoringSettings extends Pick<RoundSettings, 'eventsMax' | 'secondsMax'>, PlaceSettings {
  /** Half of what the log's policy promises when absent, so that an anchor is final in time. */
  readonly heartbeatSeconds?: number;
}

/**
 * Runs the rounds of one log, and an anchorer for each chain that it lists. Any number of processes may; the one that holds the log's
 * lock works.
 */
export class LogAnchorer {
  readonly #slug: string;
  readonly #options: LogAnchorerOptions;
  readonly #abort = new AbortController();
  readonly #pause = new WakingPause(this.#abort.signal);
  readonly #waiting: WaitingLeaves;
  readonly #teller: StatusTeller;
  #running: Promise<void> | undefined;
  #own: PlaceStatus = { place: '', state: 'stopped', error: undefined, alarm: undefined };
  #round = 0n;
  #places: readonly PlaceAnchorer[] = [];
  #wantedSize = 0n;
  #failures = 0;

  constructor(slug: string, options: LogAnchorerOptions) {
    this.#slug = slug;
    this.#options = options;
    this.#waiting = new WaitingLeaves(slug, options.rounds);
    this.#teller = new StatusTeller(slug, options.statuses, options.clock);
  }

  get status(): AnchoringStatus {
    const places = this.#places.map(({ status }) => status);
    const { state, error, alarm } = worstOf(this.#own, places);
    return { log: this.#slug, round: this.#round, state, error, alarm, places };
  }

  start(): void {
    if (this.#running !== undefined) return;
    this.#become('standby');
    this.#running = this.#run();
  }

  /** Resolves when nothing is written or sent any more and the lock is free. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    this.#become('stopped');
  }

  /** Opens a round at the next opportunity, if none has committed to these leaves yet, and anchors it on the chain of the fastest pace. */
  want(size: bigint): void {
    if (size > this.#wantedSize) this.#wantedSize = size;
    fastestOf(this.#places)?.want(size);
    this.#pause.wake();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { lock, settings } = this.#options;
    while (!signal.aborted) {
      try {
        const held = await lock.tryAcquire(`anchorer ${this.#slug}`);
        if (held === undefined) {
          this.#become('standby');
          await this.#pause.take(settings.pollMs);
        } else await this.#holding(held);
      } catch (error) {
        const pauseMs = this.#failed(error);
        await this.#teller.tell(this.#own);
        await this.#pause.take(pauseMs);
      }
    }
  }

  /** Works until told to stop, or until the lock or an attempt is lost. */
  async #holding(held: HeldLock): Promise<void> {
    let isLost = false;
    void held.lost.then(() => (isLost = true));
    try {
      while (!this.#abort.signal.aborted && !isLost) {
        const pauseMs = await this.#attempt();
        await this.#teller.tell(this.#own);
        await this.#pause.take(pauseMs);
      }
    } finally {
      await Promise.all(this.#places.map((place) => place.stop()));
      this.#places = [];
      await held.release();
    }
  }

  /** Answers how long to wait before the next one. A chain is no reason to let go of the log: another process would fare no better. */
  async #attempt(): Promise<number> {
    try {
      this.#become(await this.#advance());
      this.#failures = 0;
      return this.#options.settings.pollMs;
    } catch (error) {
      if (!(error instanceof AnchoringAlarm || error instanceof ChainFault)) throw error;
      return this.#failed(error);
    }
  }

  /** Does all that can be done now for the log's rounds. */
  async #advance(): Promise<AnchoringState> {
    const { query, rounds, steps } = this.#options;
    const log = await this.#options.logs.find(this.#slug);
    const head = await query.head(this.#slug);
    if (log === undefined || head === undefined) return 'idle';
    await this.#place(log);
    let round = await rounds.last(this.#slug);
    this.#round = round?.number ?? 0n;
    if (round === undefined || round.state === 'covered') {
      const openedFor = await this.#openFor(log, round);
      if (openedFor === undefined) return 'idle';
      const openedAt = new Date(this.#options.clock.now());
      round = await rounds.open({ log: this.#slug, number: this.#round + 1n, openedAt, uptoSize: head.size, openedFor });
      this.#round = round.number;
    } else if (this.#own.state !== 'round') await this.#checkOnce(round);
    const reached = await steps.advance({ slug: this.#slug, origin: log.origin, chains: this.#chainsFor(round) }, round);
    if (reached.state !== 'covered') return 'round';
    for (const place of this.#places) place.wake();
    return 'idle';
  }

  /** The chains that a round is due for; none for a log without a chain whose round is due; undefined where nothing is. */
  async #openFor(log: ProviderLog, last: Round | undefined): Promise<string[] | undefined> {
    if (this.#places.length === 0) return (await this.#isDueAlone(log, last)) ? [] : undefined;
    const due: string[] = [];
    for (const place of this.#places) if (await place.isDue()) due.push(place.key);
    return due.length === 0 ? undefined : due;
  }

  /** A round that a crash left is gone on with, if the log's place on one of its chains is as we left it. */
  async #checkOnce(round: Round): Promise<void> {
    const failures: unknown[] = [];
    const places = this.#places.filter(({ key }) => isFor(round, key));
    for (const { log } of places) await this.#options.keeper.check(log).catch((error: unknown) => failures.push(error));
    if (failures.length > 0 && failures.length === places.length) throw failures[0];
  }

  /** Those that the round is for, the slowest first, since it is seen the least often; then the others. */
  #chainsFor(round: Round): AnchorChain[] {
    const slowestFirst = this.#places.toSorted((left, right) => right.cadence.secondsMax - left.cadence.secondsMax);
    const [due, others] = [slowestFirst.filter(({ key }) => isFor(round, key)), slowestFirst.filter(({ key }) => !isFor(round, key))];
    return [...due, ...others].map(({ log }) => log.chain);
  }

  /** Starts and stops anchorers, so that there is one for each chain that the policy in force lists and this process speaks to. */
  async #place({ slug, origin, vkey, policy }: ProviderLog): Promise<void> {
    const { chains, settings } = this.#options;
    const listed = new Map(policy.chains.map((chain) => [chainKeyOf(chain), chain]));
    const [kept, left] = [this.#places.filter(({ key }) => listed.has(key)), this.#places.filter(({ key }) => !listed.has(key))];
    this.#places = kept;
    await Promise.all(left.map((place) => place.stop()));
    for (const { chain, cadence = {} } of chains) {
      const key = chainKeyOf(chain.listed);
      const promised = listed.get(key);
      if (promised === undefined || kept.some((place) => place.key === key)) continue;
      const heartbeatSeconds = settings.heartbeatSeconds ?? Number(promised.heartbeatSeconds ?? policy.heartbeatSeconds) / 2;
      const place = new PlaceAnchorer(
        { slug, logId: logIdOf(origin, vkey), chain },
        {
          ...{
            ...this.#options,
            cadence: { eventsMax: settings.eventsMax, secondsMax: settings.secondsMax, heartbeatSeconds, ...cadence },
          },
          onAlarm: () => this.#options.onAlarm?.(this.status),
          onRetry: (error) => this.#options.onRetry?.(slug, error),
          onDue: () => this.#pause.wake(),
        },
      );
      this.#places = [...this.#places, place];
      place.start();
    }
    if (this.#wantedSize > 0n) fastestOf(this.#places.filter((place) => !kept.includes(place)))?.want(this.#wantedSize);
  }

  async #isDueAlone({ policy }: ProviderLog, last: Round | undefined): Promise<boolean> {
    const { settings, clock } = this.#options;
    const heartbeatSeconds = settings.heartbeatSeconds ?? Number(policy.heartbeatSeconds) / 2;
    const waiting = await this.#waiting.since(last?.uptoSize ?? 0n);
    const now = new Date(clock.now());
    return isRoundDue({ now, last, waiting, wantedSize: this.#wantedSize }, { ...settings, heartbeatSeconds });
  }

  /** Answers how long to wait before the next attempt. */
  #failed(error: unknown): number {
    const { settings, onAlarm, onRetry } = this.#options;
    const cause = error instanceof Error ? error : new Error(String(error));
    if (cause instanceof AnchoringAlarm) {
      const isNew = this.#own.alarm?.code !== cause.code;
      this.#own = { place: '', state: 'alarm', error: cause, alarm: cause };
      if (isNew) onAlarm?.(this.status);
      return Math.max(settings.chainPollMs, settings.backoffMsMax);
    }
    this.#own = { place: '', state: 'retrying', error: cause, alarm: undefined };
    onRetry?.(this.#slug, error);
    return Math.min(settings.backoffMsMax, settings.pollMs * 2 ** Math.min(this.#failures++, 16));
  }

  #become(state: AnchoringState): void {
    this.#own = { place: '', state, error: undefined, alarm: undefined };
  }
}

/** A round of a time when nobody said what for is for every chain. */
function isFor({ openedFor }: Round, key: string): boolean {
  return openedFor.length === 0 || openedFor.includes(key);
}

function fastestOf(places: readonly PlaceAnchorer[]): PlaceAnchorer | undefined {
  return places.toSorted((left, right) => left.cadence.secondsMax - right.cadence.secondsMax)[0];
}
