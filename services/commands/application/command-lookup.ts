import { StoreUnavailableFault } from '../../event-store/domain/faults.ts';
import type { CommandLog, LoggedCommand } from './command-log.ts';

interface Waiting {
  readonly commandId: string;
  readonly resolve: (found: LoggedCommand | undefined) => void;
  readonly reject: (error: unknown) => void;
}

export interface LookupOptions {
  /** The command log must have passed this position, or what it says proves nothing. */
  readonly after?: bigint;
  /** Milliseconds of the process clock. */
  readonly deadline: number;
}

const pollDelayMs = 20;
/** Two queries at once at most: the callers that share one would otherwise all wait for it at the same time. */
const batchSizeMax = 64;
const inFlightMax = 2;

/** Asks the command log for many commands at once: all look-ups of one flush share one query. */
export class CommandLookup {
  readonly #log: CommandLog;
  #waiting: Waiting[] = [];
  #inFlight = 0;

  constructor(log: CommandLog) {
    this.#log = log;
  }

  /** What the log knows of a command. Throws a retryable fault when it has not caught up before the deadline. */
  async find(commandId: string, { after, deadline }: LookupOptions): Promise<LoggedCommand | undefined> {
    if (after !== undefined) await this.#passed(after, deadline);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ commandId, resolve, reject });
      if (this.#inFlight === 0) void this.#drain();
    });
  }

  async #passed(position: bigint, deadline: number): Promise<void> {
    while ((await this.#log.position()) < position) {
      if (performance.now() >= deadline) throw new StoreUnavailableFault('The command log has not caught up.');
      await new Promise((resolve) => setTimeout(resolve, pollDelayMs));
    }
  }

  async #drain(): Promise<void> {
    this.#inFlight++;
    // Let every caller of this turn join.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const asked = this.#waiting.splice(0, batchSizeMax);
      if (this.#waiting.length > 0 && this.#inFlight < inFlightMax) void this.#drain();
      try {
        const found = await this.#log.find(asked.map(({ commandId }) => commandId));
        for (const { commandId, resolve } of asked) resolve(found.get(commandId));
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    this.#inFlight--;
  }
}
