/**
 * `different`: something in the databases is not what the events make of it. `not checked`: there was nothing to check it against, and
 * nobody promised that there would be. `could not check`: there should have been.
 */
export type PartResult = 'ok' | 'different' | 'not checked' | 'could not check';

/** The first place at which a part is not what it has to be. */
export interface Difference {
  readonly message: string;
  /** By name: table, key, column, leaf, position, stream, revision, event; as many as apply. */
  readonly at: Readonly<Record<string, string>>;
  readonly expected?: string | undefined;
  readonly found?: string | undefined;
}

/** What the check of one part came to. */
export interface PartReport {
  /** Slug of the log; undefined for what all logs share. */
  readonly log: string | undefined;
  readonly part: string;
  readonly result: PartResult;
  readonly difference?: Difference | undefined;
  /** Why it was not checked. */
  readonly reason?: string | undefined;
  /** How much was looked at, in the words of the report. */
  readonly figures: Readonly<Record<string, bigint | number>>;
  /** Remarks that change no result. */
  readonly findings: readonly string[];
}

export type Figures = Record<string, bigint | number>;

/** What one part says while it is being checked: the first difference counts, the rest of the part goes on. */
export class Part {
  readonly figures: Figures = {};
  readonly findings: string[] = [];
  readonly #log: string | undefined;
  readonly #name: string;
  #difference: Difference | undefined;
  #left: Pick<PartReport, 'result' | 'reason'> | undefined;

  constructor(name: string, log?: string) {
    this.#name = name;
    this.#log = log;
  }

  get isDifferent(): boolean {
    return this.#difference !== undefined;
  }

  differs(difference: Difference): void {
    this.#difference ??= difference;
  }

  leave(result: 'not checked' | 'could not check', reason: string): void {
    this.#left ??= { result, reason };
  }

  report(): PartReport {
    const [log, part, difference] = [this.#log, this.#name, this.#difference];
    const { figures, findings } = this;
    if (difference !== undefined) return { log, part, result: 'different', difference, figures, findings };
    return { log, part, result: 'ok', ...this.#left, figures, findings };
  }
}

/** Runs the check of some parts. What keeps it from its end is no difference: nobody has seen one. */
export async function check(parts: readonly Part[], work: () => Promise<void>): Promise<PartReport[]> {
  try {
    await work();
  } catch (error) {
    for (const part of parts) part.leave('could not check', error instanceof Error ? error.message : String(error));
  }
  return parts.map((part) => part.report());
}
