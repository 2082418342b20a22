import type { Abilities, OpenOptions } from './engine.ts';
import type { Trial } from './trial.ts';

/** A test of one promise, or of several that only show together. */
export interface PromiseTest {
  readonly numbers: readonly number[];
  /** The rule, present tense. */
  readonly title: string;
  readonly needs: readonly (keyof Abilities)[];
  readonly timeoutMs: number;
  readonly options: OpenOptions;
  readonly run: (trial: Trial<keyof Abilities>) => Promise<void>;
}

export interface PromiseOptions<Needed extends keyof Abilities> extends OpenOptions {
  /** What the engine must offer beyond the port. */
  readonly needs?: readonly Needed[];
  readonly timeoutMs?: number;
}

/** Writes down a test, for `describeContract` to run on each engine that offers what it needs. */
export function promise<Needed extends keyof Abilities = never>(
  numbers: number | readonly number[],
  title: string,
  run: (trial: Trial<Needed>) => Promise<void>,
  { needs = [], timeoutMs = 120_000, ...options }: PromiseOptions<Needed> = {},
): PromiseTest {
  // An engine that lacks what the test needs never runs it.
  return { numbers: [numbers].flat(), title, needs, timeoutMs, options, run };
}
