/** Tells readers of this process that something was appended, so that they need not wait for their next poll. */
export class CommitSignal {
  #commits = 0;
  readonly #waiting = new Set<() => void>();

  /** Appends so far. Taken before a read, it lets `wait` notice a commit that came between the read and the wait. */
  get commits(): number {
    return this.#commits;
  }

  notify(): void {
    this.#commits++;
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake();
  }

  /** Resolves at the first commit after `seen`, at the latest after `timeoutMs`, or when aborted. Never rejects. */
  wait(seen: number, timeoutMs: number, aborted: AbortSignal): Promise<void> {
    if (this.#commits !== seen || aborted.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        aborted.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiting.add(wake);
      aborted.addEventListener('abort', wake);
    });
  }
}
