/** Holds everything that comes in while the server is frozen, and lets it go on in order. */
export class Gate {
  #waiting: (() => void)[] | undefined;

  get closed(): boolean {
    return this.#waiting !== undefined;
  }

  close(): void {
    this.#waiting ??= [];
  }

  open(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const go of waiting) go();
  }

  /** Forgets what waits: the process that held it is dead. */
  reset(): void {
    this.#waiting = undefined;
  }

  pass(go: () => void): void {
    if (this.#waiting === undefined) go();
    else this.#waiting.push(go);
  }
}
