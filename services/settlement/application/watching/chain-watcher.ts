import { ChainFault, WrongChainFault } from '../../../chain/application/chain-faults.ts';
import type { Clock } from '../../../commands/application/clock.ts';
import type { HeldLock, SequencerLock } from '../../../integrity/application/sequencer-lock.ts';
import { WakingPause } from '../../../integrity/application/waking-pause.ts';
import type { ChainWatch } from './chain-watch.ts';
import { EffectDefect, SettlementAlarm } from '../settlement-alarms.ts';
import { NodesDisagreeFault, QuorumFault, WatcherAlarm } from './watcher-faults.ts';
import { type HaltCode, isHaltCode, type WatcherHalt, type WatcherHalts } from './watcher-halts.ts';
import type { WatcherState, WatcherStatus, WatcherStatusStore } from './watcher-status.ts';

export interface ChainWatcherSettings {
  /** Between two looks at the nodes. */
  readonly pollMs: number;
  /** Longest pause between attempts while something is away. */
  readonly backoffMsMax: number;
  /** What is away for so long raises an alarm; it is asked on. */
  readonly awayMsMax: number;
}

export interface ChainWatcherOptions {
  readonly watch: ChainWatch;
  readonly lock: SequencerLock;
  readonly statuses: WatcherStatusStore;
  readonly halts: WatcherHalts;
  readonly clock: Clock;
  readonly settings: ChainWatcherSettings;
  /** Told when an alarm is raised. */
  readonly onAlarm: (status: WatcherStatus) => void;
  /** Told of a failure that is tried again. */
  readonly onRetry: (chainId: string, error: unknown) => void;
}

const repeatMs = 30_000;

/** Who holds it reads the chain, and nobody else changes what is kept of it. */
export function lockOfChain(chainId: string): string {
  return `settlement ${chainId}`;
}

/**
 * Follows one chain for ever. Of several processes the one that holds the chain's lock works, the others stand by. What cannot be halts the
 * chain for all of them, until an operator lifts that; a process that ends before the halt is written leaves it to the next look, since nothing
 * was told of what it is about. Nobody holds the lock of a halted chain: who has it then knows that no look is under way.
 */
export class ChainWatcher {
  readonly #options: ChainWatcherOptions;
  readonly #abort = new AbortController();
  readonly #pause = new WakingPause(this.#abort.signal);
  #running: Promise<void> | undefined;
  #held: HeldLock | undefined;
  /** Not yet written. */
  #unraised: WatcherHalt | undefined;
  #failures = 0;
  #failingSince: number | undefined;
  #status: WatcherStatus;
  #told = { text: '', at: -Infinity };

  constructor(options: ChainWatcherOptions) {
    this.#options = options;
    this.#status = this.#statusOf('standby');
  }

  get status(): WatcherStatus {
    return this.#status;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is written any more. What is under way goes on after the next start. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#running;
    await this.#held?.release();
    this.#status = this.#statusOf('stopped');
  }

  async #run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const pauseMs = await this.#turn();
      await this.#tell();
      await this.#pause.take(pauseMs);
    }
  }

  /** Answers how long to wait before the next one. */
  async #turn(): Promise<number> {
    const { watch, settings } = this.#options;
    try {
      await this.#raise();
      if (await this.#isHalted()) return settings.pollMs;
      if (this.#held === undefined) {
        if (!(await this.#isOurs())) {
          this.#become(this.#statusOf('standby'));
          return settings.pollMs;
        }
        // Somebody may have halted it before the lock was ours.
        if (await this.#isHalted()) return settings.pollMs;
      }
      await watch.look(this.#abort.signal);
      [this.#failures, this.#failingSince] = [0, undefined];
      this.#become(this.#statusOf('following'));
      return settings.pollMs;
    } catch (error) {
      if (error instanceof WatcherAlarm && isHaltCode(error.code)) return this.#halt(error.code, error.message);
      return this.#failed(error);
    }
  }

  /** Nothing else happens before the halt is written, unless that fails: then it comes first in the next turn. */
  async #halt(code: HaltCode, message: string): Promise<number> {
    const { watch, clock, settings } = this.#options;
    this.#unraised = { chainId: watch.chainId, code, message, raisedAt: new Date(clock.now()) };
    this.#become(this.#haltedBy(this.#unraised));
    try {
      await this.#raise();
      return settings.pollMs;
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #raise(): Promise<void> {
    if (this.#unraised === undefined) return;
    await this.#options.halts.raise(this.#unraised);
    this.#unraised = undefined;
  }

  async #isHalted(): Promise<boolean> {
    const halt = await this.#options.halts.standing(this.#options.watch.chainId);
    if (halt === undefined) return false;
    this.#become(this.#haltedBy(halt));
    await this.#held?.release();
    this.#held = undefined;
    return true;
  }

  async #isOurs(): Promise<boolean> {
    const held = await this.#options.lock.tryAcquire(lockOfChain(this.#options.watch.chainId));
    void held?.lost.then(() => {
      if (this.#held === held) this.#held = undefined;
    });
    this.#held = held;
    return held !== undefined;
  }

  #failed(error: unknown): number {
    const { settings, onRetry, watch } = this.#options;
    this.#failingSince ??= performance.now();
    const alarm = alarmOf(error, performance.now() - this.#failingSince >= settings.awayMsMax);
    const state = error instanceof WatcherAlarm || isRefusal(error) ? 'alarm' : 'retrying';
    const message = error instanceof Error ? error.message : String(error);
    // A halt that cannot be written stays what has to be looked at.
    if (this.#unraised === undefined) this.#become({ ...this.#statusOf(state), alarm, message, isDelayed: error instanceof ChainFault });
    // Other providers are told of what comes all the same.
    if (isRefusal(error)) return settings.pollMs;
    if (state === 'alarm') return Math.max(settings.pollMs, settings.backoffMsMax);
    onRetry(watch.chainId, error);
    return Math.min(settings.backoffMsMax, settings.pollMs * 2 ** Math.min(this.#failures++, 16));
  }

  #become(status: WatcherStatus): void {
    const isNew = status.alarm !== undefined && this.#status.alarm !== status.alarm;
    this.#status = status;
    if (isNew) this.#options.onAlarm(status);
  }

  #statusOf(state: WatcherState): WatcherStatus {
    const { watch } = this.#options;
    return { chainId: watch.chainId, state, alarm: undefined, message: undefined, isDelayed: false, nodes: watch.nodes() };
  }

  #haltedBy({ code: alarm, message }: WatcherHalt): WatcherStatus {
    return { ...this.#statusOf('halted'), alarm, message };
  }

  /** What changed is told at once, and now and then that nothing did. A standby leaves the word to the one that works. */
  async #tell(): Promise<void> {
    const { statuses, clock } = this.#options;
    const { state, alarm, message, nodes } = this.#status;
    const text = JSON.stringify([state, alarm, message, nodes.map((node) => [node.state, node.message])]);
    if (state === 'standby' || (text === this.#told.text && performance.now() - this.#told.at < repeatMs)) return;
    try {
      await statuses.tell(this.#status, new Date(clock.now()));
      this.#told = { text, at: performance.now() };
    } catch {
      // A status that cannot be written is told again the next time.
      this.#told = { text: '', at: -Infinity };
    }
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof SettlementAlarm || error instanceof EffectDefect;
}

/** What takes somebody to end it, or lasts long. Nodes that contradict each other are told of at once. */
function alarmOf(error: unknown, isLong: boolean): WatcherStatus['alarm'] {
  if (error instanceof WatcherAlarm) return error.code;
  if (isRefusal(error)) return 'ledger_refused';
  if (error instanceof NodesDisagreeFault) return 'nodes_disagree';
  if (error instanceof WrongChainFault) return 'wrong_chain';
  if (!isLong) return undefined;
  return error instanceof QuorumFault ? 'nodes_away' : 'ledger_away';
}
