/** What progress is written to: standard error. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A terminal's line is written over; elsewhere every line stays, so there are fewer. */
const terminalDelayMs = 200;
const plainDelayMs = 10_000;

/** Tells on one line how far the check is. */
export class FsckProgress {
  readonly #output: ProgressOutput;
  #toldAt = performance.now();

  constructor(output: ProgressOutput) {
    this.#output = output;
  }

  tell(what: string, done: bigint, of: bigint): void {
    const now = performance.now();
    const isTerminal = this.#output.isTTY === true;
    if (now - this.#toldAt < (isTerminal ? terminalDelayMs : plainDelayMs)) return;
    this.#toldAt = now;
    const text = `${what}: ${done} of ${of} (${of === 0n ? 100n : (done * 100n) / of} %)`;
    this.#output.write(isTerminal ? `\r\u001b[K${text}` : `${text}\n`);
  }

  /** Makes room for a line of the report. */
  clear(): void {
    if (this.#output.isTTY === true) this.#output.write('\r\u001b[K');
  }
}
