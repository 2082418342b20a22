import type { Progress } from '../verify.ts';

/** What progress is written to: standard error. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A terminal's line is written over; elsewhere every line stays, so there are fewer. */
const terminalDelayMs = 200;
const plainDelayMs = 10_000;

/** Tells how far a verification is, and how long it will take. */
export class ProgressLine {
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  readonly #begun: number;
  #toldAt = -Infinity;
  #hasToldWhy = false;

  constructor(output: ProgressOutput, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#now = now;
    this.#begun = now();
  }

  tell({ leaves, size, from, anewBecause }: Progress): void {
    if (anewBecause !== undefined && !this.#hasToldWhy) this.#output.write(`beginning with the first leaf: ${anewBecause}\n`);
    this.#hasToldWhy = true;
    const now = this.#now();
    const delay = this.#output.isTTY === true ? terminalDelayMs : plainDelayMs;
    if (now - this.#toldAt < delay && leaves < size) return;
    this.#toldAt = now;
    const perSecond = ((leaves - from) * 1000) / Math.max(now - this.#begun, 1);
    const left = Math.ceil((size - leaves) / Math.max(perSecond, 1));
    const text = `${leaves} of ${size} leaves (${Math.floor((leaves * 100) / size)} %), ${Math.round(perSecond)}/s, ${left} s left`;
    this.#output.write(this.#output.isTTY === true ? `\r\u001b[K${text}${leaves === size ? '\n' : ''}` : `${text}\n`);
  }
}
