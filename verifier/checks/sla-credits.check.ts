import { isObject } from '../log/canonical-json.ts';
import type { Entry } from '../log/entry.ts';
import type { LogPolicy } from '../log/policy.ts';
import { SlaBook, type SlaBookState } from '../terms/sla-book.ts';
import type { Check } from './check.ts';

/**
 * Part of V7: what was credited for outages is what published terms give for them, no more and no less. Terms and outages of a superseded log
 * that is not at hand may explain what seems wrong here.
 */
export class SlaCreditsCheck {
  readonly #check: Check;
  readonly #hasSuperseded: boolean;
  #book = new SlaBook({ isLog: true });

  constructor(check: Check, { hasSuperseded }: { readonly hasSuperseded: boolean }) {
    this.#check = check;
    this.#hasSuperseded = hasSuperseded;
  }

  /** For the log that goes on with these accounts. */
  goingOn(check: Check): SlaCreditsCheck {
    const next = new SlaCreditsCheck(check, { hasSuperseded: false });
    next.#book = this.#book;
    return next;
  }

  state(): SlaBookState {
    return this.#book.state();
  }

  resume(state: SlaBookState): void {
    this.#book.resume(state);
  }

  /** Takes leaves in order; the payload of one that could not be opened is undefined. */
  next(index: number, { stream, revisionText: revision, type }: Entry, payload: unknown, { currencies }: LogPolicy): void {
    const fin = isObject(payload) && isObject(payload['fin']) ? payload['fin'] : undefined;
    for (const { kind, message, evidence } of this.#book.next({ stream, revision, type, fin }, (currency) => currencies.get(currency))) {
      if (kind === 'missing') this.#check.unverifiable.add({ index, message });
      else if (this.#hasSuperseded)
        this.#check.unverifiable.add({ index, message: `${message}; the superseded log may hold what explains it, and it is not at hand` });
      else this.#check.invalid.add({ index, message, evidence });
    }
  }
}
