import type { Clock } from '../../commands/application/clock.ts';
import { ChainUnavailableFault, FeesTooHighFault, UnfundedFault, WrongChainFault } from '../../chain/application/chain-faults.ts';
import { chainKeyOf } from '../domain/log-policy.ts';
import type { AnchoredLog, AnchorKeeper } from './anchor-keeper.ts';
import { AnchoringAlarm } from './anchoring-alarm.ts';
import type { AnchoringState, AnchoringStatusStore, PlaceStatus } from './anchoring-status.ts';
import { isRoundDue, type RoundSettings } from './round-schedule.ts';
import type { Round, RoundStore } from './round-store.ts';
import { StatusTeller } from './status-teller.ts';
import { WaitingLeaves } from './waiting-leaves.ts';
import { WakingPause } from './waking-pause.ts';

export interface PlaceSettings {
  /** Between two looks at the log. */
  readonly pollMs: number;
  /** Between two looks at the chain: while an anchor settles, and while an alarm lasts. */
  readonly chainPollMs: number;
  /** Between two checks that the contract of an idle log holds nothing foreign. */
  readonly watchMs: number;
  /** Longest pause between attempts while something is away. */
  readonly backoffMsMax: number;
  /** A chain that did not answer for so long raises an alarm; it is asked on. */
  readonly awayMsMax: number;
  /** A publisher that can pay for fewer transactions than this raises an alarm. */
  readonly affordableMin: bigint;
}

export interface PlaceAnchorerOptions {
  readonly rounds: RoundStore;
  readonly keeper: AnchorKeeper;
  readonly statuses: AnchoringStatusStore;
  readonly clock: Clock;
  readonly cadence: RoundSettings;
  readonly settings: PlaceSettings;
  /** Told when an alarm is raised. */
  readonly onAlarm: () => void;
  /** Told of a failure that is tried again. */
  readonly onRetry: (error: unknown) => void;
  /** Told when the place may be due. */
  readonly onDue: () => void;
}

/**
 * Keeps one log anchored on one chain, at the chain's own cadence: brings the rounds that were opened for it into the contract, and says
 * when it needs another one. A chain that is away, refuses or lies stops no other.
 */
export class PlaceAnchorer {
  readonly key: string;
  readonly log: AnchoredLog;
  readonly cadence: RoundSettings;
  readonly #options: PlaceAnchorerOptions;
  readonly #abort = new AbortController();
  readonly #pause = new WakingPause(this.#abort.signal);
  readonly #waiting: WaitingLeaves;
  readonly #teller: StatusTeller;
  #running: Promise<void> | undefined;
  #status: PlaceStatus;
  #wantedSize = 0n;
  /** Number of the last round here when another one was found due. */
  #dueAfter: bigint | undefined;
  #kept: { readonly round: bigint; readonly at: number } = { round: 0n, at: -Infinity };
  #failingSince: number | undefined;
  #failures = 0;
  #funds: AnchoringAlarm | undefined;

  constructor(log: AnchoredLog, options: PlaceAnchorerOptions) {
    this.log = log;
    this.key = chainKeyOf(log.chain.listed);
    this.cadence = options.cadence;
    this.#options = options;
    this.#waiting = new WaitingLeaves(log.slug, options.rounds);
    this.#teller = new StatusTeller(log.slug, options.statuses, options.clock);
    this.#status = { place: this.key, state: 'idle', error: undefined, alarm: undefined };
  }

  get status(): PlaceStatus {
    return this.#status;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is written or sent any more. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  /** Looks again now: a round was covered. */
  wake(): void {
    this.#pause.wake();
  }

  /** A round is due here if none has committed to these leaves yet. */
  want(size: bigint): void {
    if (size > this.#wantedSize) this.#wantedSize = size;
    this.wake();
  }

  /** Does it need a round that nobody has opened yet? Nothing is written for a place that is not as we left it. */
  async isDue(): Promise<boolean> {
    const { rounds, keeper } = this.#options;
    const dueAfter = this.#dueAfter;
    if (dueAfter === undefined) return false;
    const newest = await rounds.newestFor(this.log.slug, this.key);
    if ((newest?.number ?? 0n) > dueAfter) return false;
    try {
      await keeper.check(this.log);
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { pollMs, chainPollMs } = this.#options.settings;
    while (!signal.aborted) {
      let pauseMs: number;
      try {
        const state = await this.#look();
        [this.#failures, this.#failingSince] = [0, undefined];
        this.#become({ place: this.key, state, error: undefined, alarm: this.#funds });
        pauseMs = state === 'settling' ? Math.max(chainPollMs, 1) : pollMs;
      } catch (error) {
        pauseMs = this.#failed(error);
      }
      await this.#teller.tell(this.#status);
      await this.#pause.take(pauseMs);
    }
  }

  /** Does all that can be done now. Answers what it waits for. */
  async #look(): Promise<AnchoringState> {
    const { rounds, keeper, settings } = this.#options;
    const last = await rounds.newestFor(this.log.slug, this.key);
    const isQuiet =
      this.#status.state === 'idle' && this.#kept.round === (last?.number ?? 0n) && performance.now() - this.#kept.at < settings.watchMs;
    let isSettled = true;
    if (!isQuiet) {
      const isKept = last?.head === undefined ? (await keeper.check(this.log)) !== undefined : await keeper.keep(this.log, last.head);
      this.#dueAfter = undefined;
      if (!isKept) return 'settling';
      isSettled = await keeper.follow(this.log);
      if (isSettled) await this.#lookAtFunds();
      if (isSettled) this.#kept = { round: last?.number ?? 0n, at: performance.now() };
    }
    if (await this.#needsRound(last)) {
      this.#dueAfter = last?.number ?? 0n;
      this.#options.onDue();
    }
    return isSettled ? 'idle' : 'settling';
  }

  /** A warning is no reason to stop. */
  async #lookAtFunds(): Promise<void> {
    try {
      await this.#options.keeper.checkFunds(this.log, this.#options.settings.affordableMin);
      this.#funds = undefined;
    } catch (error) {
      if (!(error instanceof AnchoringAlarm)) throw error;
      this.#funds = error;
    }
  }

  #become(status: PlaceStatus): void {
    const isNew = status.alarm !== undefined && this.#status.alarm?.code !== status.alarm.code;
    this.#status = status;
    if (isNew) this.#options.onAlarm();
  }

  async #needsRound(last: Round | undefined): Promise<boolean> {
    const { clock, cadence } = this.#options;
    const waiting = await this.#waiting.since(last?.uptoSize ?? 0n);
    return isRoundDue({ now: new Date(clock.now()), last, waiting, wantedSize: this.#wantedSize }, cadence);
  }

  /** Answers how long to wait before the next attempt. */
  #failed(error: unknown): number {
    const { settings, onRetry } = this.#options;
    const cause = error instanceof Error ? error : new Error(String(error));
    this.#dueAfter = undefined;
    this.#failingSince ??= performance.now();
    const alarm = alarmOf(cause, performance.now() - this.#failingSince >= settings.awayMsMax);
    const state = cause instanceof AnchoringAlarm ? 'alarm' : 'retrying';
    this.#become({ place: this.key, state, error: cause, alarm });
    if (state === 'alarm') return Math.max(settings.chainPollMs, settings.backoffMsMax);
    onRetry(error);
    return Math.min(settings.backoffMsMax, settings.pollMs * 2 ** Math.min(this.#failures++, 16));
  }
}

/** What takes somebody to end it, or lasts long. */
function alarmOf(error: Error, isLong: boolean): AnchoringAlarm | undefined {
  if (error instanceof AnchoringAlarm) return error;
  if (error instanceof WrongChainFault) return new AnchoringAlarm('wrong_chain', error.message);
  if (error instanceof UnfundedFault) return new AnchoringAlarm('unfunded', error.message);
  if (error instanceof FeesTooHighFault && isLong) return new AnchoringAlarm('fees_high', error.message);
  return error instanceof ChainUnavailableFault && isLong ? new AnchoringAlarm('chain_away', error.message) : undefined;
}
