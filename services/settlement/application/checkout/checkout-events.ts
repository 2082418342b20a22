import type { OnModuleDestroy } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { CheckoutLimits } from './checkout-limits.ts';
import type { CheckoutSlot } from './checkout-link.ts';
import type { Checkouts } from './checkouts.ts';
import type { CheckoutView } from './checkout-view.ts';
import { type FollowedCheckout, Followers } from './followers.ts';
import type { NamedTransaction } from './transaction-lookups.ts';

/** What a follower is told: the checkout, or nothing but that the connection lives. */
export type Told<Body> = { readonly type: 'checkout'; readonly data: Body } | { readonly comment: string };

export interface CheckoutEventsOptions {
  readonly checkouts: Pick<Checkouts, 'view'>;
  readonly limits: Pick<CheckoutLimits, 'followersMax' | 'followersPerLinkMax'>;
  readonly lookEveryMs?: number;
  /** What stands between a payer and us takes a connection that is silent for long for a dead one. */
  readonly beatEveryMs?: number;
}

/** A browser connects again by itself; nobody holds a connection for ever. */
const followMsMax = 30 * 60_000;

/** Told to whoever waits in front of a checkout. Every look starts anew from the books and the chain, so a dropped connection loses nothing. */
export class CheckoutEvents implements OnModuleDestroy {
  readonly #checkouts: Pick<Checkouts, 'view'>;
  readonly #lookEveryMs: number;
  readonly #beatEveryMs: number;
  readonly #followers: Followers;
  #isOver = false;

  constructor({ checkouts, limits, lookEveryMs = 1_000, beatEveryMs = 20_000 }: CheckoutEventsOptions) {
    [this.#checkouts, this.#lookEveryMs, this.#beatEveryMs] = [checkouts, lookEveryMs, beatEveryMs];
    this.#followers = new Followers(limits);
  }

  /**
   * The checkout at once, and again whenever what `told` makes of it is another. Ends after a final state, and where others need its place. Fails
   * with `TooManyAsksFault` before anything is told where too many are followed already.
   */
  of<Body>(slot: FollowedCheckout, transaction: NamedTransaction | undefined, told: (view: CheckoutView) => Body): Observable<Told<Body>> {
    return new Observable<Told<Body>>((subscriber) => {
      let named = transaction;
      let last = '';
      let timer: NodeJS.Timeout | undefined;
      const until = performance.now() + followMsMax;
      let beatAt = performance.now() + this.#beatEveryMs;
      const end = () => {
        clearTimeout(timer);
        leave();
        subscriber.complete();
      };
      const look = async () => {
        // A look that fails is made again: the books or the chain come back, and meanwhile the last state stands.
        const view = await this.#look(slot, named, last === '');
        if (subscriber.closed) return;
        if (view !== undefined) {
          named = remembered(named, view);
          const data = told(view);
          const text = JSON.stringify(data);
          if (text !== last) subscriber.next({ type: 'checkout', data });
          last = text;
          if (isFinal(view) || this.#isOver) return end();
        }
        const now = performance.now();
        if (now > until) return end();
        if (now >= beatAt) {
          beatAt = now + this.#beatEveryMs;
          subscriber.next({ comment: '' });
        }
        timer = setTimeout(() => void look(), this.#lookEveryMs);
      };
      // Thrown here, it is the error that the observable ends with.
      const leave = this.#followers.enter(slot, end);
      void look();
      return end;
    });
  }

  /** The first thing that is told is what the books say, if the chain does not tell of the transaction now. */
  async #look(slot: CheckoutSlot, named: NamedTransaction | undefined, isFirst: boolean): Promise<CheckoutView | undefined> {
    try {
      return await this.#checkouts.view(slot, named);
    } catch {
      return isFirst && named !== undefined ? this.#checkouts.view(slot).catch(() => undefined) : undefined;
    }
  }

  /** The service stops: it waits for running requests, and these would run on. */
  onModuleDestroy(): void {
    this.#isOver = true;
    this.#followers.endAll();
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
