import type { OnModuleDestroy } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { CheckoutSlot } from './checkout-link.ts';
import type { Checkouts, NamedTransaction } from './checkouts.ts';
import type { CheckoutView } from './checkout-view.ts';

const lookEveryMs = 1_000;
/** A browser connects again by itself; nobody holds a connection for ever. */
const followMsMax = 30 * 60_000;
/** Payers that are told at the same time. Beyond it they ask for the state instead. */
const followersMax = 500;

/** Told to whoever waits in front of a checkout. Every look starts anew from the books and the chain, so a dropped connection loses nothing. */
export class CheckoutEvents implements OnModuleDestroy {
  readonly #checkouts: Checkouts;
  readonly #ends = new Set<() => void>();

  constructor(checkouts: Checkouts) {
    this.#checkouts = checkouts;
  }

  /** The checkout at once, and again whenever what `told` makes of it is another. Ends after a final state. */
  of<Told>(slot: CheckoutSlot, transaction: NamedTransaction | undefined, told: (view: CheckoutView) => Told): Observable<Told> {
    return new Observable<Told>((subscriber) => {
      let named = transaction;
      let last = '';
      let timer: NodeJS.Timeout | undefined;
      const until = performance.now() + followMsMax;
      const end = () => {
        clearTimeout(timer);
        this.#ends.delete(end);
        subscriber.complete();
      };
      const look = async () => {
        // A look that fails is made again: the books or the chain come back, and meanwhile the last state stands.
        const view = await this.#checkouts.view(slot, named).catch(() => undefined);
        if (subscriber.closed) return;
        if (view !== undefined) {
          named = remembered(named, view);
          const next = told(view);
          const text = JSON.stringify(next);
          if (text !== last) subscriber.next(next);
          last = text;
          if (isFinal(view)) return end();
        }
        if (performance.now() > until) return end();
        timer = setTimeout(() => void look(), lookEveryMs);
      };
      this.#ends.add(end);
      if (this.#ends.size > followersMax) end();
      else void look();
      return end;
    });
  }

  /** The service stops: it waits for running requests, and these would run on. */
  onModuleDestroy(): void {
    for (const end of [...this.#ends]) end();
  }
}

/** Once a transaction was seen waiting, what it was tells whether another one took its place; and that one is followed from then on. */
function remembered(named: NamedTransaction | undefined, { sent }: CheckoutView): NamedTransaction | undefined {
  if (named === undefined || sent?.state !== 'pending') return named;
  const { from, nonce, call, height } = sent;
  return { tx: named.tx, seen: { from, nonce, call, height } };
}

function isFinal({ state }: CheckoutView): boolean {
  return state === 'settled' || state === 'unmatched' || state === 'released';
}
