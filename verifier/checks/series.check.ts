import { isObject } from '../log/canonical-json.ts';
import type { Entry } from '../log/entry.ts';
import type { Check } from './check.ts';

const seriesStream = /^[a-z0-9]+\.series-/;
const numberPattern = /^[1-9][0-9]{0,17}$/;

/** Part of V7: the invoice numbers of a series are 1, 2, 3, ... without a gap, so no invoice can be left out unseen. */
export class SeriesCheck {
  readonly #check: Check;
  /** A series may go on with numbers of a log that is not at hand. */
  readonly #hasSuperseded: boolean;
  #last = new Map<string, bigint>();

  constructor(check: Check, { hasSuperseded }: { readonly hasSuperseded: boolean }) {
    this.#check = check;
    this.#hasSuperseded = hasSuperseded;
  }

  /** For the log that goes on with these series. */
  goingOn(check: Check): SeriesCheck {
    const next = new SeriesCheck(check, { hasSuperseded: false });
    next.#last = this.#last;
    return next;
  }

  /** By stream the last number. */
  state(): ReadonlyMap<string, bigint> {
    return this.#last;
  }

  resume(last: ReadonlyMap<string, bigint>): void {
    for (const [stream, number] of last) this.#last.set(stream, number);
  }

  next(index: number, { stream, type }: Entry, payload: unknown): void {
    if (type !== 'NumberAssigned/1' || !seriesStream.test(stream)) return;
    const fin = isObject(payload) ? payload['fin'] : undefined;
    const sequence = isObject(fin) ? fin['sequence'] : undefined;
    const expected = (this.#last.get(stream) ?? 0n) + 1n;
    const number = typeof sequence === 'string' && numberPattern.test(sequence) ? BigInt(sequence) : undefined;
    const message = `series ${stream} has number ${String(sequence)} where ${expected} must follow`;
    const mayGoOn = this.#hasSuperseded && number !== undefined && !this.#last.has(stream);
    if (number !== expected && mayGoOn)
      this.#check.unverifiable.add({ index, message: `${message}; the superseded log may hold what is before, and it is not at hand` });
    else if (number !== expected) this.#check.invalid.add({ index, message });
    this.#last.set(stream, number ?? expected);
  }
}
