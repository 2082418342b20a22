import { amountText } from '../fold/amount.ts';
import { keyOf, knownFold } from '../fold/ledger-fold.ts';
import { provenEntryOf } from '../fold/state-proof.ts';
import { isObject, parseCanonical } from '../log/canonical-json.ts';
import type { Scales } from '../log/policy.ts';
import { sha256Text } from '../tree/node-hash.ts';
import type { BillChecks } from './bill-checks.ts';
import type { BillLeaf } from './bill-leaf.ts';
import type { BillPostings, Currencies } from './bill-postings.ts';
import type { BundledBalance } from './bundle.ts';

/** A balance that the map of the last commitment holds. */
export interface ProvenBalance {
  readonly account: string;
  readonly currency: string;
  /** Debits minus credits, canonical text. */
  readonly balance: string;
}

/** What a `StateCommitted/1` commits to. */
export interface Commitment {
  readonly index: number;
  readonly uptoSize: number;
  /** 64 hex. */
  readonly stateRoot: string;
}

const sizePattern = /^(0|[1-9][0-9]{0,14})$/;

/** Reads the commitment of a bundle; problems are those of V8. */
export function commitmentIn({ V8 }: BillChecks, leaf: BillLeaf, systemStream: string): Commitment | undefined {
  const { index, entry, fin } = leaf;
  const { uptoSize, fold, stateRoot } = fin ?? {};
  if (entry.type !== 'StateCommitted/1' || entry.stream !== systemStream || leaf.countsForNothing)
    V8.invalid.add({ index, message: 'the leaf is no commitment of the log to its balances' });
  else if (fold !== knownFold)
    V8.unverifiable.add({
      index,
      message: 'the commitment names a fold that this verifier does not know; nothing is downloaded to run it',
    });
  else if (typeof uptoSize !== 'string' || typeof stateRoot !== 'string' || !sizePattern.test(uptoSize) || Number(uptoSize) > index)
    V8.invalid.add({ index, message: 'the commitment cannot be read' });
  else return { index, uptoSize: Number(uptoSize), stateRoot };
  return undefined;
}

/** V8 for one balance: the map holds this very text, or nothing, where the balance belongs. */
export function provenBalanceOf(
  { V8 }: BillChecks,
  { index, stateRoot }: Commitment,
  balance: BundledBalance,
  currencies: Currencies,
): ProvenBalance | undefined {
  const { account, currency, value } = balance;
  const refuse = (message: string) => V8.invalid.add({ index, message: `${account} ${currency}: ${message}` });
  const scales = currencies.get(currency);
  const shown = provenEntryOf(stateRoot, keyOf(account, currency), balance);
  if (scales === undefined) refuse('the log knows no such currency');
  else if (shown === undefined) refuse('the proof does not fit the state that the log commits to');
  else if (value === undefined && shown.valueHash !== undefined)
    refuse('the bundle says that nothing was ever posted, and the log holds a balance');
  else if (value === undefined) return { account, currency, balance: amountText(0n, scales) };
  else if (shown.valueHash !== sha256Text(value)) refuse('the value is not the one that the log commits to');
  else {
    const fields = parseCanonical(value);
    const amount = isObject(fields) ? fields['balance'] : undefined;
    if (isObject(fields) && fields['account'] === account && fields['currency'] === currency && typeof amount === 'string')
      return { account, currency, balance: amount };
    refuse('the value that the log commits to is another one’s, or cannot be read');
  }
  return undefined;
}

/** The account's own place in the chart has its id between colons. */
export function belongsTo(account: string, place: string): boolean {
  return place.split(':').includes(account);
}

export interface OwnHistory {
  readonly account: string;
  /** The account's stream from its first event on. */
  readonly leaves: readonly BillLeaf[];
  readonly commitment: Commitment;
  readonly balances: readonly ProvenBalance[];
  readonly postings: BillPostings;
}

/** V8 for a whole account: each balance that the log commits to is the sum of the account's own events, and none is missing. */
export function checkOwnSum(checks: BillChecks, { account, leaves, commitment, balances, postings }: OwnHistory): void {
  const sums = new Map<string, bigint>();
  for (const leaf of leaves.filter(({ index }) => index < commitment.uptoSize))
    for (const posting of postings.of(leaf)) {
      const key = `${posting.account} ${posting.currency}`;
      if (belongsTo(account, posting.account)) sums.set(key, (sums.get(key) ?? 0n) + posting.amount);
    }
  const { index } = commitment;
  const proven = new Map(balances.map((balance) => [`${balance.account} ${balance.currency}`, balance]));
  for (const key of sums.keys())
    if (!proven.has(key)) checks.V8.unverifiable.add({ index, message: `the bundle does not prove the balance of ${key}` });
  for (const [key, { balance, currency }] of proven) {
    const sum = amountText(sums.get(key) ?? 0n, postings.currencies.get(currency) as Scales);
    if (sum === balance) continue;
    const message = `${key}: the log commits to ${balance}, the account's own events come to ${sum}`;
    checks.V8.invalid.add({ index, message, evidence: { committed: balance, recomputed: sum } });
  }
}
