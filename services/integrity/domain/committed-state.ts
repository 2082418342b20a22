import { canonicalJson, type CanonicalJson } from '../../event-store/domain/canonical-json.ts';
import { isCurrency } from '../../money/currency.ts';
import { amountText } from '../../money/money.ts';
import type { Turnover } from './fold.ts';
import { type HashText, hashTextOf } from './state-map-hash.ts';
import type { StateEntry } from './state-nodes.ts';
import { fold } from './log-policy.ts';

/** The balance of a place in the chart of accounts, in one currency, at a committed size. */
export interface FoldedBalance {
  readonly account: string;
  readonly currency: string;
  /** Debits minus credits at ledger scale. */
  readonly balance: bigint;
  /** Index of the last leaf below the committed size that posts to it. */
  readonly leaf: bigint;
}

const keyDomain = 'ledger-key/1';

/** Where a balance stands in the map: SHA-256(`ledger-key/1` || u32be(len account) || account || u32be(len currency) || currency). */
export function stateKeyOf(account: string, currency: string): HashText {
  const accountBytes = Buffer.byteLength(account);
  const currencyBytes = Buffer.byteLength(currency);
  const message = Buffer.allocUnsafe(keyDomain.length + 8 + accountBytes + currencyBytes);
  let at = message.write(keyDomain, 0, 'latin1');
  at = message.writeUInt32BE(accountBytes, at);
  at += message.write(account, at, 'utf8');
  at = message.writeUInt32BE(currencyBytes, at);
  message.write(currency, at, 'utf8');
  return hashTextOf(message);
}

/** The text that the map commits to for a balance. */
export function stateValueOf({ account, currency, balance, leaf }: FoldedBalance): CanonicalJson {
  return canonicalJson({ account, balance: textOf(balance, currency), currency, leaf: leaf.toString() });
}

export function stateEntryOf(balance: FoldedBalance): StateEntry {
  return { key: stateKeyOf(balance.account, balance.currency), valueHash: hashTextOf(stateValueOf(balance)) };
}

export interface CommittedState {
  /** The fold is over the leaves below this size. */
  readonly uptoSize: bigint;
  readonly stateRoot: HashText;
  /** By currency. */
  readonly turnovers: ReadonlyMap<string, Turnover>;
}

/** The `fin` of `StateCommitted/1`. */
export type StateCommittedFin = {
  readonly uptoSize: string;
  readonly fold: string;
  /** 64 lower-case hex. */
  readonly stateRoot: string;
  /** Sorted by currency. */
  readonly totals: readonly { readonly currency: string; readonly debits: string; readonly credits: string }[];
};

export function stateCommittedFin({ uptoSize, stateRoot, turnovers }: CommittedState): StateCommittedFin {
  const totals = [...turnovers]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([currency, { debits, credits }]) => ({ currency, debits: textOf(debits, currency), credits: textOf(credits, currency) }));
  return { uptoSize: uptoSize.toString(), fold, stateRoot: Buffer.from(stateRoot, 'latin1').toString('hex'), totals };
}

/** The `fin` of `TimeTicked/1`: a finalised block, so everything behind this leaf is younger than the block. */
export type TimeTickedFin = {
  readonly chainId: string;
  readonly blockNumber: string;
  /** 0x and 64 lower-case hex. */
  readonly blockHash: string;
};

function textOf(amount: bigint, currency: string): string {
  if (!isCurrency(currency)) throw new RangeError(`${currency} is no currency of this ledger.`);
  return amountText({ amount, currency });
}
