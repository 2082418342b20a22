import { ChainFault, WrongChainFault } from '../../chain/application/chain-faults.ts';
import type { Clock } from '../../commands/application/clock.ts';
import type { HeldLock, SequencerLock } from '../../integrity/application/sequencer-lock.ts';
import { WakingPause } from '../../integrity/application/waking-pause.ts';
import type { ChainWatch } from './chain-watch.ts';
import { NodesDisagreeFault, QuorumFault, WatcherAlarm } from './watcher-faults.ts';
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
  readonly clock: Clock;
  readonly settings: ChainWatcherSettings;
  /** Told when an alarm is raised. */
  readonly onAlarm: (status: WatcherStatus) => void;
  /** Told of a failure that is tried again. */
  readonly onRetry: (chainId: string, error: unknown) => void;
}

const repeatMs = 30_000;

/** Follows one chain for ever. Of several processes the one that holds the chain's lock works, the others stand by. */
export class ChainWatcher {
  readonly #options: ChainWatcherOptions;
  readonly #abort = new AbortController();
  readonly #pause = new WakingPause(this.#abort.signal);
  #running: Promise<void> | undefined;
  #held: HeldLock | undefined;
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
      if (!(await this.#isOurs())) {
        this.#become(this.#statusOf('standby'));
        return settings.pollMs;
      }
      await watch.look();
      [this.#failures, this.#failingSince] = [0, undefined];
      this.#become(this.#statusOf('following'));
      return settings.pollMs;
    } catch (error) {
      return this.#failed(error);
    }
  }

  async #isOurs(): Promise<boolean> {
    if (this.#held !== undefined) return true;
    const held = await this.#options.lock.tryAcquire(`settlement ${this.#options.watch.chainId}`);
    void held?.lost.then(() => (this.#held = undefined));
    this.#held = held;
    return held !== undefined;
  }

  #failed(error: unknown): number {
    const { settings, onRetry, watch } = this.#options;
    this.#failingSince ??= performance.now();
    const alarm = alarmOf(error, performance.now() - this.#failingSince >= settings.awayMsMax);
    const state = error instanceof WatcherAlarm ? 'alarm' : 'retrying';
    const message = error instanceof Error ? error.message : String(error);
    this.#become({ ...this.#statusOf(state), alarm, message, isDelayed: error instanceof ChainFault });
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

/** What takes somebody to end it, or lasts long. Nodes that contradict each other are told of at once. */
function alarmOf(error: unknown, isLong: boolean): WatcherStatus['alarm'] {
  if (error instanceof WatcherAlarm) return error.code;
  if (error instanceof NodesDisagreeFault) return 'nodes_disagree';
  if (error instanceof WrongChainFault) return 'wrong_chain';
  if (!isLong) return undefined;
  return error instanceof QuorumFault ? 'nodes_away' : 'ledger_away';
}
