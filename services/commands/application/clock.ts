/** Our clock, as a port: deciders get its time through their context. */
export interface Clock {
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`, UTC. */
  now(): string;
}

export const systemClock: Clock = { now: () => new Date().toISOString() };

export const CLOCK = Symbol('Clock');
