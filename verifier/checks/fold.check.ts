import { knownFold, LedgerFold, type FoldState, type LedgerFoldState } from '../fold/ledger-fold.ts';
import { PostingQueue } from '../fold/posting-queue.ts';
import { areBalanced, type PostingLines, postingsOf } from '../fold/postings.ts';
import { isObject } from '../log/canonical-json.ts';
import type { LogPolicy, Scales } from '../log/policy.ts';
import type { Check } from './check.ts';

/** A commitment of the log to its balances. */
interface Commitment {
  readonly index: number;
  readonly uptoSize: number;
  readonly stateRoot: string;
  /** As it stands there. */
  readonly totals: unknown;
}

export interface FoldCheckState {
  readonly fold: LedgerFoldState;
  readonly waiting: readonly (readonly [leaf: number, account: string, currency: string, amount: bigint])[];
  readonly foldedSize: number;
  readonly scales: ReadonlyMap<string, Scales>;
  readonly brokenAt: number;
  readonly commitments: number;
}

/** So many postings wait unfolded at most, for a commitment to a size that lies behind the leaf that is read. */
const waitingMax = 32_768;
const sizePattern = /^(0|[1-9][0-9]{0,14})$/;

/**
 * V8: folds what the log posts and compares every `StateCommitted`. A commitment to a size stands some leaves behind that size, so the fold
 * follows at a distance. Where the distance was too short the size is kept in `sizesMissed`: a second pass that knows it beforehand stops there.
 */
export class FoldCheck {
  readonly #check: Check;
  #fold = new LedgerFold();
  readonly #waiting = new PostingQueue();
  #foldedSize = 0;
  readonly #sizesKnown: readonly number[];
  #nextKnown = 0;
  readonly #statesKept = new Map<number, FoldState>();
  /** Sizes that this pass could not compare. */
  readonly sizesMissed: number[] = [];
  #scales: ReadonlyMap<string, Scales> = new Map();
  #brokenAt = Infinity;
  commitments = 0;

  constructor(check: Check, sizesKnown: readonly number[]) {
    this.#check = check;
    this.#sizesKnown = sizesKnown.toSorted((left, right) => left - right);
  }

  /** The leaf from which on balances are not known; infinite where they all are. */
  get brokenAt(): number {
    return this.#brokenAt;
  }

  /** For the log that goes on with these balances: they are all carried over by its genesis. */
  goingOn(check: Check, sizesKnown: readonly number[]): FoldCheck {
    const next = new FoldCheck(check, sizesKnown);
    this.#post(Infinity);
    this.#fold.carryOver();
    next.#fold = this.#fold;
    next.#scales = this.#scales;
    if (this.#brokenAt < Infinity) next.#brokenAt = 0;
    return next;
  }

  /** What this leaf posts is not known: nothing can be said of balances from here on. */
  breakAt(index: number): void {
    this.#brokenAt = Math.min(this.#brokenAt, index);
  }

  state(): FoldCheckState {
    return {
      fold: this.#fold.snapshot(),
      waiting: [...this.#waiting].map(([leaf, { account, currency }, amount]) => [leaf, account, currency, amount]),
      ...{ foldedSize: this.#foldedSize, scales: this.#scales, brokenAt: this.#brokenAt, commitments: this.commitments },
    };
  }

  resume({ fold, waiting, foldedSize, scales, brokenAt, commitments }: FoldCheckState): void {
    this.#fold.resume(fold);
    for (const [leaf, account, currency, amount] of waiting) this.#waiting.add(leaf, this.#fold.balanceOf(account, currency), amount);
    this.#foldedSize = foldedSize;
    this.#scales = scales;
    this.#brokenAt = brokenAt;
    this.commitments = commitments;
  }

  next(index: number, lines: PostingLines, { currencies }: LogPolicy): void {
    this.#scales = currencies;
    const postings = postingsOf(lines, currencies);
    if (postings === 'unreadable') {
      this.#check.findings.add({ name: 'format', index, message: 'postings that cannot be read: the event posts nothing' });
      return;
    }
    if (postings.length === 0) return;
    if (!areBalanced(postings)) {
      this.#check.invalid.add({ index, message: 'debits and credits of the event differ', proof: { kind: 'unbalanced' } });
      return;
    }
    for (const { account, currency, amount } of postings) this.#waiting.add(index, this.#fold.balanceOf(account, currency), amount);
    while (this.#waiting.length > waitingMax) this.#foldBelow((this.#waiting.firstLeaf as number) + 1);
  }

  /** Compares a `StateCommitted/1`. */
  commitment(index: number, fin: unknown): void {
    const read = readCommitment(index, fin);
    if (read === undefined) this.#check.invalid.add({ index, message: 'the commitment cannot be read' });
    else if (read === 'unknown fold') {
      const message = 'the commitment names a fold that this verifier does not know; nothing is downloaded to run it';
      this.#check.unverifiable.add({ index, message });
    } else if (read.uptoSize > index)
      this.#check.invalid.add({ index, message: `it commits to ${read.uptoSize} leaves, more than there were` });
    else if (read.uptoSize > this.#brokenAt) {
      const message = `the balances cannot be computed: what leaf ${this.#brokenAt} posts is not known`;
      this.#check.unverifiable.add({ index, message });
    } else this.#compare(read);
  }

  #compare({ index, uptoSize, stateRoot, totals }: Commitment): void {
    const state = this.#stateAt(uptoSize);
    if (state === undefined) {
      this.sizesMissed.push(uptoSize);
      return;
    }
    this.commitments++;
    const evidence = { uptoSize: String(uptoSize), committed: stateRoot, recomputed: state.stateRoot };
    if (state.stateRoot !== stateRoot)
      this.#check.invalid.add({ index, message: `the balances of the first ${uptoSize} leaves are not the ones committed to`, evidence });
    else if (!areTotals(totals, state))
      this.#check.invalid.add({ index, message: `the totals of the first ${uptoSize} leaves are others` });
    else if (state.totals.some(({ debits, credits }) => debits !== credits))
      this.#check.invalid.add({ index, message: `debits and credits of the first ${uptoSize} leaves differ` });
  }

  #stateAt(size: number): FoldState | undefined {
    if (this.#statesKept.has(size)) return this.#statesKept.get(size);
    if (size < this.#foldedSize) return undefined;
    this.#foldBelow(size);
    return this.#state();
  }

  /** Folds all that waits below a size. */
  #foldBelow(size: number): void {
    for (let known = this.#sizesKnown[this.#nextKnown]; known !== undefined && known <= size; known = this.#sizesKnown[++this.#nextKnown]) {
      this.#post(known);
      this.#statesKept.set(known, this.#state());
    }
    this.#post(size);
    this.#foldedSize = size;
  }

  #post(size: number): void {
    this.#waiting.takeBelow(size, (leaf, balance, amount) => this.#fold.post(leaf, balance, amount));
  }

  #state(): FoldState {
    return this.#fold.state((currency) => this.#scales.get(currency) as Scales);
  }
}

function readCommitment(index: number, fin: unknown): Commitment | 'unknown fold' | undefined {
  if (!isObject(fin)) return undefined;
  const { uptoSize, fold, stateRoot, totals } = fin;
  if (typeof fold !== 'string') return undefined;
  if (fold !== knownFold) return 'unknown fold';
  if (typeof uptoSize !== 'string' || typeof stateRoot !== 'string' || !sizePattern.test(uptoSize)) return undefined;
  return { index, uptoSize: Number(uptoSize), stateRoot, totals };
}

function areTotals(totals: unknown, state: FoldState): boolean {
  if (!Array.isArray(totals) || totals.length !== state.totals.length) return false;
  return state.totals.every(({ currency, debits, credits }, place) => {
    const total: unknown = totals[place];
    return isObject(total) && total['currency'] === currency && total['debits'] === debits && total['credits'] === credits;
  });
}
