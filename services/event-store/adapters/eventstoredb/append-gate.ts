import { StoreOverloadedFault, UnknownOutcomeFault } from '../../domain/faults.ts';

export interface GateLimits {
  /** Appends on their way at the same time: more make all slower and none faster. */
  readonly inFlightMax: number;
  readonly inFlightBytesMax: number;
  readonly queueLengthMax: number;
  readonly queueBytesMax: number;
  /** How long an append may wait for its turn while the store does not answer. */
  readonly queueMsMax: number;
}

interface Waiting {
  readonly bytes: number;
  readonly since: number;
  readonly start: () => void;
  readonly refuse: (fault: Error) => void;
}

/** Lets appends through in the order in which they came, a bounded number at a time, and refuses them where too many wait. */
export class AppendGate {
  readonly #limits: GateLimits;
  #waiting: Waiting[] = [];
  /** Index of the first that still waits. */
  #first = 0;
  #waitingBytes = 0;
  #inFlight = 0;
  #inFlightBytes = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Runs the append when its turn comes. Throws `StoreOverloadedFault` when it does not come: then nothing was sent. */
  async run<Result>(bytes: number, append: () => Promise<Result>): Promise<Result> {
    if (!this.#hasRoomFor(bytes) || this.#length > 0) await this.#turn(bytes);
    else this.#take(bytes);
    try {
      return await append();
    } catch (error) {
      if (error instanceof UnknownOutcomeFault) this.#refuseLate();
      throw error;
    } finally {
      this.#inFlight--;
      this.#inFlightBytes -= bytes;
      this.#next();
    }
  }

  /** Refuses all that wait. */
  clear(fault: Error): void {
    const waiting = this.#waiting.slice(this.#first);
    this.#waiting = [];
    this.#first = 0;
    this.#waitingBytes = 0;
    for (const { refuse } of waiting) refuse(fault);
  }

  get #length(): number {
    return this.#waiting.length - this.#first;
  }

  #hasRoomFor(bytes: number): boolean {
    const { inFlightMax, inFlightBytesMax } = this.#limits;
    return this.#inFlight === 0 || (this.#inFlight < inFlightMax && this.#inFlightBytes + bytes <= inFlightBytesMax);
  }

  #take(bytes: number): void {
    this.#inFlight++;
    this.#inFlightBytes += bytes;
  }

  #turn(bytes: number): Promise<void> {
    const { queueLengthMax, queueBytesMax } = this.#limits;
    if (this.#length >= queueLengthMax || this.#waitingBytes + bytes > queueBytesMax) {
      throw new StoreOverloadedFault(`${this.#length} appends with ${this.#waitingBytes} bytes wait for the event store already.`);
    }
    this.#waitingBytes += bytes;
    return new Promise((start, refuse) => this.#waiting.push({ bytes, since: performance.now(), start, refuse }));
  }

  #next(): void {
    for (let next = this.#waiting[this.#first]; next !== undefined && this.#hasRoomFor(next.bytes); next = this.#waiting[this.#first]) {
      this.#leave(next);
      this.#take(next.bytes);
      next.start();
    }
  }

  /** The store did not answer: what has waited long behind that will hardly fare better in time. */
  #refuseLate(): void {
    for (let next = this.#waiting[this.#first]; next !== undefined; next = this.#waiting[this.#first]) {
      const waitedMs = performance.now() - next.since;
      if (waitedMs <= this.#limits.queueMsMax) return;
      this.#leave(next);
      next.refuse(
        new StoreOverloadedFault(`An append waited ${Math.round(waitedMs)} ms behind others that the event store did not answer.`),
      );
    }
  }

  /** Takes the first one out of the queue. */
  #leave({ bytes }: Waiting): void {
    this.#first++;
    this.#waitingBytes -= bytes;
    if (this.#first < this.#waiting.length && this.#first < 1024) return;
    this.#waiting = this.#waiting.slice(this.#first);
    this.#first = 0;
  }
}
