import { areBalanced, linesOf, type Posting, postingsOf } from '../fold/postings.ts';
import type { Scales } from '../log/policy.ts';
import type { BillChecks } from './bill-checks.ts';
import type { BillLeaf } from './bill-leaf.ts';

export type Currencies = ReadonlyMap<string, Scales>;

/** What the leaves of a bundle post, by the rules of the fold; each is read once, and what is wrong with it is told once. */
export class BillPostings {
  readonly currencies: Currencies;
  readonly #checks: BillChecks;
  readonly #read = new Map<BillLeaf, readonly Posting[]>();

  constructor(checks: BillChecks, currencies: Currencies) {
    this.#checks = checks;
    this.currencies = currencies;
  }

  of(leaf: BillLeaf): readonly Posting[] {
    let postings = this.#read.get(leaf);
    if (postings === undefined) this.#read.set(leaf, (postings = this.#postingsOf(leaf)));
    return postings;
  }

  #postingsOf({ index, fin, countsForNothing }: BillLeaf): readonly Posting[] {
    if (countsForNothing || fin === undefined) return [];
    const { V8 } = this.#checks;
    const postings = postingsOf(linesOf({ fin }), this.currencies);
    if (postings === 'unreadable') {
      V8.findings.add({ name: 'format', index, message: 'postings that cannot be read: the event posts nothing' });
      return [];
    }
    if (areBalanced(postings)) return postings;
    V8.invalid.add({ index, message: 'debits and credits of the event differ' });
    return [];
  }
}
