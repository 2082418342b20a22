/** Gives a new provider its log: keys, genesis as leaf 0, and a place in the anchor contract where there is a chain. */
export interface LogOpener {
  /** Safe to repeat; an existing log stays as it is. */
  open(provider: string): Promise<void>;
}

export const LOG_OPENER = Symbol('LogOpener');
