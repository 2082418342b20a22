import { LogBehindFault, type LogGuard } from '../../commands/application/log-guard.ts';

export interface StandingGuardOptions {
  /** Why nothing may be written for a log; undefined when it may go on. */
  readonly whyNot: (slug: string) => Promise<string | undefined>;
  /** Told once for each reason. */
  readonly onBehind?: (slug: string, reason: string) => void;
  /** Told of a look that failed after the first; what was found before stands. */
  readonly onRetry?: (slug: string, error: unknown) => void;
  /** How long a log that was found whole is believed to be so. */
  readonly wholeMs?: number;
  /** How long one that was found behind is. */
  readonly behindMs?: number;
}

interface Finding {
  readonly reason: string | undefined;
  readonly until: number;
}

const wholeMsDefault = 30_000;
const behindMsDefault = 1_000;

/**
 * Lets commands pass while the store holds what was shown of their log. The first command of a process waits for the look; later looks are
 * taken beside the commands, so that a database that is set back under a running service is noticed too.
 */
export class StandingGuard implements LogGuard {
  readonly #options: StandingGuardOptions;
  readonly #found = new Map<string, Finding>();
  readonly #looking = new Map<string, Promise<Finding>>();

  constructor(options: StandingGuardOptions) {
    this.#options = options;
  }

  admit(slug: string): Promise<void> | undefined {
    const found = this.#found.get(slug);
    const isFresh = found !== undefined && performance.now() < found.until;
    if (found !== undefined && found.reason === undefined) {
      if (!isFresh) void this.#look(slug).catch((error: unknown) => this.#answerFailure(slug, found, error));
      return undefined;
    }
    return (isFresh ? Promise.resolve(found) : this.#look(slug)).then(({ reason }) => {
      if (reason !== undefined) throw new LogBehindFault(reason);
    });
  }

  #look(slug: string): Promise<Finding> {
    let looking = this.#looking.get(slug);
    if (looking === undefined) {
      looking = this.#take(slug).finally(() => this.#looking.delete(slug));
      this.#looking.set(slug, looking);
    }
    return looking;
  }

  async #take(slug: string): Promise<Finding> {
    const { whyNot, onBehind, wholeMs = wholeMsDefault, behindMs = behindMsDefault } = this.#options;
    const reason = await whyNot(slug);
    if (reason !== undefined && reason !== this.#found.get(slug)?.reason) onBehind?.(slug, reason);
    const found = { reason, until: performance.now() + (reason === undefined ? wholeMs : behindMs) };
    this.#found.set(slug, found);
    return found;
  }

  /** The database or a memory is away: that alone says nothing about the log, and the next look is due at once. */
  #answerFailure(slug: string, found: Finding, error: unknown): void {
    const { onRetry, behindMs = behindMsDefault } = this.#options;
    this.#found.set(slug, { ...found, until: performance.now() + behindMs });
    onRetry?.(slug, error);
  }
}
