import { isObject } from '../log/canonical-json.ts';
import type { Entry } from '../log/entry.ts';
import type { Check } from './check.ts';

const seriesStream = /^[a-z0-9]+\.series-/;
const numberPattern = /^[1-9][0-9]{0,17}$/;

export interface SeriesState {
  /** By stream the last number. */
  readonly last: ReadonlyMap<string, bigint>;
  /** By stream how many events behind that one could not be opened. */
  readonly missed: ReadonlyMap<string, bigint>;
}

/**
 * Part of V7: the invoice numbers of a series are 1, 2, 3, ... without a gap, so no invoice can be left out unseen. An event that cannot be
 * opened has room for one number, if it is no malformed one.
 */
export class SeriesCheck {
  readonly #check: Check;
  /** A series may go on with numbers of a log that is not at hand. */
  readonly #hasSuperseded: boolean;
  #last = new Map<string, bigint>();
  #missed = new Map<string, bigint>();

  constructor(check: Check, { hasSuperseded }: { readonly hasSuperseded: boolean }) {
    this.#check = check;
    this.#hasSuperseded = hasSuperseded;
  }

  /** For the log that goes on with these series. */
  goingOn(check: Check): SeriesCheck {
    const next = new SeriesCheck(check, { hasSuperseded: false });
    [next.#last, next.#missed] = [this.#last, this.#missed];
    return next;
  }

  state(): SeriesState {
    return { last: this.#last, missed: this.#missed };
  }

  resume({ last, missed }: SeriesState): void {
    for (const [stream, number] of last) this.#last.set(stream, number);
    for (const [stream, count] of missed) this.#missed.set(stream, count);
  }

  /** Takes an event whose payload is not at hand. */
  missed({ stream, type }: Entry): void {
    if (type === 'NumberAssigned/1' && seriesStream.test(stream)) this.#missed.set(stream, (this.#missed.get(stream) ?? 0n) + 1n);
  }

  next(index: number, { stream, type }: Entry, payload: unknown): void {
    if (type !== 'NumberAssigned/1' || !seriesStream.test(stream)) return;
    const fin = isObject(payload) ? payload['fin'] : undefined;
    const sequence = isObject(fin) ? fin['sequence'] : undefined;
    const expected = (this.#last.get(stream) ?? 0n) + 1n;
    const number = typeof sequence === 'string' && numberPattern.test(sequence) ? BigInt(sequence) : undefined;
    const expectedMax = expected + (this.#missed.get(stream) ?? 0n);
    const isNext = number !== undefined && number >= expected && number <= expectedMax;
    const message = `series ${stream} has number ${String(sequence)} where ${expectedMax} must follow`;
    const mayGoOn = this.#hasSuperseded && number !== undefined && !this.#last.has(stream);
    if (!isNext && mayGoOn)
      this.#check.unverifiable.add({ index, message: `${message}; the superseded log may hold what is before, and it is not at hand` });
    else if (!isNext) this.#check.invalid.add({ index, message });
    this.#last.set(stream, number ?? expectedMax);
    this.#missed.delete(stream);
  }
}
