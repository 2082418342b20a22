const minuteMs = 60_000;
/** More keys than this are looked through for those whose allowance is whole again. */
const keysMax = 10_000;

interface Left {
  readonly units: number;
  readonly atMs: number;
}

/** So many units a minute for each key, which may be taken at once and come back evenly. Kept in memory. */
export class Allowance {
  readonly #perMinute: number;
  readonly #nowMs: () => number;
  readonly #left = new Map<string, Left>();

  constructor(perMinute: number, nowMs: () => number = () => performance.now()) {
    this.#perMinute = perMinute;
    this.#nowMs = nowMs;
  }

  /** Takes all of them or none. Answers after how many milliseconds they are there; 0 where they were, and are taken. */
  take(key: string, units = 1): number {
    const now = this.#nowMs();
    const left = this.#leftOf(key, now);
    if (left < units) return ((Math.min(units, this.#perMinute) - left) * minuteMs) / this.#perMinute;
    if (this.#left.size >= keysMax) this.#forgetWhole(now);
    this.#left.set(key, { units: left - units, atMs: now });
    return 0;
  }

  #leftOf(key: string, now: number): number {
    const known = this.#left.get(key);
    if (known === undefined) return this.#perMinute;
    return Math.min(this.#perMinute, known.units + ((now - known.atMs) * this.#perMinute) / minuteMs);
  }

  #forgetWhole(now: number): void {
    for (const key of this.#left.keys()) if (this.#leftOf(key, now) === this.#perMinute) this.#left.delete(key);
  }
}
