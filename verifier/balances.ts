import { canonicalText, type Json, type JsonRecord } from './canonical-json.ts';
import type { Findings, Place } from './findings.ts';
import { amountText, knownFold, type Posting, postingsOf } from './fold.ts';
import type { Policy, Scales } from './policy.ts';
import { StateMap, stateKey } from './state-map.ts';

interface Balance {
  units: bigint;
  leaf: bigint;
  readonly key: Buffer;
}

interface Turnover {
  debits: bigint;
  credits: bigint;
}

interface Folded {
  readonly leaf: bigint;
  readonly postings: readonly Posting[];
}

/** Replays the books (V8) and compares every `StateCommitted` with them. */
export class Balances {
  readonly #findings: Findings;
  readonly #balances = new Map<string, Balance>();
  readonly #turnovers = new Map<string, Turnover>();
  readonly #map = new StateMap();
  /** Postings of leaves that no commitment has covered yet. */
  #waiting: Folded[] = [];
  committed = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Takes the postings of an event; leaves come in order. */
  add(leaf: bigint, fin: JsonRecord, { scales }: Policy, place: () => Place): void {
    const postings = postingsOf(fin, scales);
    if (postings === undefined) return;
    if (typeof postings === 'string') this.#findings.invalid('V8', `The event's ${postings}.`, place());
    else if (postings.length > 0) this.#waiting.push({ leaf, postings });
  }

  /** A `StateCommitted` leaf: root and totals over the leaves below its `uptoSize`. */
  commit(leaf: bigint, { uptoSize, fold, stateRoot, totals }: JsonRecord, { scales }: Policy, place: Place): void {
    if (typeof uptoSize !== 'string' || !/^(0|[1-9][0-9]*)$/.test(uptoSize) || BigInt(uptoSize) > leaf) {
      this.#findings.invalid('V8', 'A commitment names no size at or below its own place.', place);
      return;
    }
    if (fold !== knownFold) {
      this.#findings.unverifiable('V8', `The fold ${JSON.stringify(fold)} is not known here.`, place);
      return;
    }
    this.#foldUpTo(BigInt(uptoSize), scales);
    this.committed++;
    const root = this.#map.root().toString('hex');
    if (root !== stateRoot)
      this.#findings.invalid('V8', `Replay gives the state root ${root}, the commitment says ${String(stateRoot)}.`, place);
    const replayed = canonicalText(this.#totals(scales));
    if (!Array.isArray(totals) || canonicalText(totals as readonly Json[]) !== replayed) {
      this.#findings.invalid('V8', `Replay gives the totals ${replayed}.`, place);
    }
  }

  #foldUpTo(size: bigint, scales: ReadonlyMap<string, Scales>): void {
    const touched = new Map<string, { account: string; currency: string }>();
    let done = 0;
    for (const { leaf, postings } of this.#waiting) {
      if (leaf >= size) break;
      done++;
      for (const posting of postings) {
        const key = `${posting.currency}\n${posting.account}`;
        this.#post(key, posting, leaf);
        touched.set(key, posting);
      }
    }
    this.#waiting = this.#waiting.slice(done);
    for (const [key, { account, currency }] of touched) {
      const { units, leaf, key: place } = this.#balances.get(key) as Balance;
      const balance = amountText(units, scales.get(currency) as Scales);
      this.#map.set(place, canonicalText({ account, balance, currency, leaf: leaf.toString() }));
    }
  }

  #post(key: string, { account, currency, amount }: Posting, leaf: bigint): void {
    const balance = this.#balances.get(key);
    if (balance === undefined) this.#balances.set(key, { units: amount, leaf, key: stateKey(account, currency) });
    else {
      balance.units += amount;
      balance.leaf = leaf;
    }
    let turnover = this.#turnovers.get(currency);
    if (turnover === undefined) this.#turnovers.set(currency, (turnover = { debits: 0n, credits: 0n }));
    if (amount > 0n) turnover.debits += amount;
    else turnover.credits -= amount;
  }

  #totals(scales: ReadonlyMap<string, Scales>): Json {
    return [...this.#turnovers]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([currency, { debits, credits }]) => {
        const scale = scales.get(currency) as Scales;
        return { credits: amountText(credits, scale), currency, debits: amountText(debits, scale) };
      });
  }
}
