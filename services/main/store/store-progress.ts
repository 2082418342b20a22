const printIntervalMs = 2_000;

/** Says now and then how far a walk through a log has come. */
export class StoreProgress {
  readonly #goal: bigint;
  readonly #print: (line: string) => void;
  #verb = '';
  #events = 0;
  #began = performance.now();
  #printedAt = performance.now();

  /** `goal` is the source's head: positions may have gaps, so only the share of it is told. */
  constructor(goal: bigint, print: (line: string) => void) {
    this.#goal = goal;
    this.#print = print;
  }

  /** A new walk, from the first event again. */
  begin(verb: string): void {
    this.#verb = verb;
    this.#events = 0;
    this.#began = this.#printedAt = performance.now();
  }

  passed({ position }: { readonly position: bigint }): void {
    this.#events++;
    const now = performance.now();
    if (now - this.#printedAt < printIntervalMs) return;
    this.#printedAt = now;
    const share = this.#goal === 0n ? 100 : Math.min(100, Number((position * 100n) / this.#goal));
    const rate = Math.round((this.#events * 1000) / (now - this.#began));
    this.#print(`${this.#verb} ${this.#events.toLocaleString('en')} events, ${share} %, ${rate.toLocaleString('en')} a second`);
  }
}
