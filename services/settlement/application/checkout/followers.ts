import { linkOf } from './checkout-asks.ts';
import { type CheckoutLimits, TooManyAsksFault } from './checkout-limits.ts';
import type { CheckoutSlot } from './checkout-link.ts';

/** Whose checkout is followed. Links of the same customer count together, and all of a provider. */
export interface FollowedCheckout extends CheckoutSlot {
  readonly account: string;
}

interface Follower {
  /** Provider, account and link, the widest first. */
  readonly within: readonly string[];
  /** Lets it go: it asks for the state, or comes again. */
  readonly end: () => void;
}

/** Whoever is turned away asks for the state, and comes again after so long. */
const refusedMs = 10_000;

/**
 * Who is told of checkouts at the moment. A customer can open many checkouts and follow each, so when all places are taken they are shared out: whoever
 * comes takes a place of the provider that has the most, of its account that has the most, and of the link there that has the most, unless that would be
 * its own. So nobody keeps others out by having many links, and who is alone at a link stays.
 */
export class Followers {
  readonly #limits: Pick<CheckoutLimits, 'followersMax' | 'followersPerLinkMax'>;
  /** The one that came first goes first. */
  readonly #all = new Set<Follower>();

  constructor(limits: Pick<CheckoutLimits, 'followersMax' | 'followersPerLinkMax'>) {
    this.#limits = limits;
  }

  /** Answers how it leaves, which may be said twice. Throws `TooManyAsksFault` where there is no place for it. */
  enter({ provider, account, seq }: FollowedCheckout, end: () => void): () => void {
    const { followersMax, followersPerLinkMax } = this.#limits;
    const follower: Follower = { within: [provider, `${provider} ${account}`, linkOf({ provider, seq })], end };
    if (this.#countAt(2).get(follower.within[2] as string) === followersPerLinkMax)
      throw new TooManyAsksFault('This checkout is followed too often.', refusedMs);
    if (this.#all.size >= followersMax) {
      const heaviest = this.#heaviestBut(follower);
      if (heaviest === undefined) throw new TooManyAsksFault('Too many checkouts are followed.', refusedMs);
      this.#all.delete(heaviest);
      heaviest.end();
    }
    this.#all.add(follower);
    return () => void this.#all.delete(follower);
  }

  endAll(): void {
    for (const { end } of [...this.#all]) end();
  }

  /** Whose place is taken; undefined where the newcomer's own groups would have the most, which is so, too, where another one has as many. */
  #heaviestBut({ within }: Follower): Follower | undefined {
    let [candidates, isOwn] = [[...this.#all], true];
    for (const [level, own] of within.entries()) {
      const counts = countAt(candidates, level);
      if (isOwn) counts.set(own, (counts.get(own) ?? 0) + 1);
      const most = Math.max(...counts.values());
      isOwn &&= counts.get(own) === most;
      const heaviest = isOwn ? own : [...counts].find(([, count]) => count === most)?.[0];
      candidates = candidates.filter((each) => each.within[level] === heaviest);
    }
    return isOwn ? undefined : candidates[0];
  }

  #countAt(level: number): Map<string, number> {
    return countAt(this.#all, level);
  }
}

function countAt(followers: Iterable<Follower>, level: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { within } of followers) counts.set(within[level] as string, (counts.get(within[level] as string) ?? 0) + 1);
  return counts;
}
