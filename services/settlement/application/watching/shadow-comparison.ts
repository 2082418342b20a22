import { businessKeyOf, byPlace, type WatchedLog } from './watcher-store.ts';

/** `missing`: the chain has it and we do not. `foreign`: we have it and the chain does not. `different`: both have it, and not the same. */
export type ShadowDifference =
  /** `key`: contract, provider, effect and key. */
  | { readonly kind: 'missing'; readonly key: string; readonly shown: WatchedLog }
  | { readonly kind: 'foreign'; readonly key: string; readonly kept: WatchedLog }
  | { readonly kind: 'different'; readonly key: string; readonly kept: WatchedLog; readonly shown: WatchedLog };

/** Walks through two lists of logs in the order of the chain. Only what differs is held, so the lists may be of any length. */
export class ShadowComparison {
  readonly #kept = new Map<string, WatchedLog>();
  readonly #shown = new Map<string, WatchedLog>();
  #compared = 0;

  /** Logs that the chain shows. */
  get compared(): number {
    return this.#compared;
  }

  async compare(kept: AsyncIterable<WatchedLog>, shown: AsyncIterable<WatchedLog>): Promise<void> {
    const [left, right] = [kept[Symbol.asyncIterator](), shown[Symbol.asyncIterator]()];
    let [ours, theirs] = [await next(left), await next(right)];
    while (ours !== undefined || theirs !== undefined) {
      const order = ours === undefined ? 1 : theirs === undefined ? -1 : byPlace(ours, theirs);
      const isSame = order === 0 && ours !== undefined && theirs !== undefined && textOf(ours) === textOf(theirs);
      if (order <= 0 && ours !== undefined) {
        if (!isSame) this.#kept.set(businessKeyOf(ours), ours);
        ours = await next(left);
      }
      if (order >= 0 && theirs !== undefined) {
        if (!isSame) this.#shown.set(businessKeyOf(theirs), theirs);
        this.#compared++;
        theirs = await next(right);
      }
    }
  }

  /** A log that stands in another place, or says something else, is one difference and not two. */
  differences(): ShadowDifference[] {
    const ofChain = [...this.#shown].map(([key, shown]): ShadowDifference => {
      const kept = this.#kept.get(key);
      return kept === undefined ? { kind: 'missing', key, shown } : { kind: 'different', key, kept, shown };
    });
    const ours = [...this.#kept].filter(([key]) => !this.#shown.has(key));
    return [...ofChain, ...ours.map(([key, kept]): ShadowDifference => ({ kind: 'foreign', key, kept }))];
  }
}

async function next(logs: AsyncIterator<WatchedLog, unknown>): Promise<WatchedLog | undefined> {
  const step = await logs.next();
  return step.done === true ? undefined : step.value;
}

/** The same for the same log, in whatever order a store answers with its fields. */
function textOf(log: WatchedLog): string {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : value;
  return JSON.stringify(log, sorted);
}
