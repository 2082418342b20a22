import { hash } from '#platform';
import type { Scales } from '../log/policy.ts';
import type { HashText } from '../tree/node-hash.ts';
import { amountText } from './amount.ts';
import { StateMap } from './state-map.ts';

/** The specification that is implemented here (docs/reference/log-format.md). Another name means: we cannot say. */
export const knownFold = 'ledger-fold/1';

export interface FoldTotal {
  readonly currency: string;
  readonly debits: string;
  readonly credits: string;
}

/** What a log must have committed to at a size. */
export interface FoldState {
  /** 64 lower-case hex. */
  readonly stateRoot: string;
  /** Sorted by currency. */
  readonly totals: readonly FoldTotal[];
}

/** What is posted to an account in a currency. */
export interface Balance {
  readonly account: string;
  readonly currency: string;
  readonly key: HashText;
  readonly turnover: Turnover;
  /** Debits minus credits at ledger scale. */
  amount: bigint;
  /** Index of the last leaf that posts to it. */
  leaf: number;
  isTouched: boolean;
  /** Anything was ever posted to it. */
  isPosted: boolean;
}

/** By currency what was posted, and every balance that anything was posted to. */
export interface LedgerFoldState {
  readonly turnovers: readonly {
    readonly currency: string;
    readonly debits: bigint;
    readonly credits: bigint;
    readonly balances: readonly (readonly [account: string, amount: bigint, leaf: number])[];
  }[];
}

interface Turnover {
  debits: bigint;
  credits: bigint;
  readonly balances: Map<string, Balance>;
}

/** `ledger-fold/1`: sums what the events of a log post, in order, and commits to the balances. */
export class LedgerFold {
  readonly #turnovers = new Map<string, Turnover>();
  readonly #map = new StateMap();
  #touched: Balance[] = [];

  /** The balance to post to. It is no part of the state before something is posted. */
  balanceOf(account: string, currency: string): Balance {
    let turnover = this.#turnovers.get(currency);
    if (turnover === undefined) this.#turnovers.set(currency, (turnover = { debits: 0n, credits: 0n, balances: new Map() }));
    let balance = turnover.balances.get(account);
    if (balance === undefined) turnover.balances.set(account, (balance = newBalance(account, currency, turnover)));
    return balance;
  }

  snapshot(): LedgerFoldState {
    const posted = (balances: ReadonlyMap<string, Balance>) => [...balances.values()].filter(({ isPosted }) => isPosted);
    const turnovers = [...this.#turnovers].map(([currency, { debits, credits, balances }]) => ({
      ...{ currency, debits, credits },
      balances: posted(balances).map(({ account, amount, leaf }) => [account, amount, leaf] as const),
    }));
    return { turnovers };
  }

  /** The next state hashes all balances anew. */
  resume({ turnovers }: LedgerFoldState): void {
    for (const { currency, debits, credits, balances } of turnovers) {
      for (const [account, amount, leaf] of balances) {
        const balance = this.balanceOf(account, currency);
        Object.assign(balance, { amount, leaf, isTouched: true, isPosted: true });
        this.#touched.push(balance);
      }
      Object.assign(this.#turnovers.get(currency) ?? {}, { debits, credits });
    }
  }

  /** Debits are above zero, credits below. */
  post(leaf: number, balance: Balance, amount: bigint): void {
    const { turnover } = balance;
    if (amount > 0n) turnover.debits += amount;
    else turnover.credits -= amount;
    balance.amount += amount;
    balance.leaf = leaf;
    if (balance.isTouched) return;
    balance.isTouched = true;
    balance.isPosted = true;
    this.#touched.push(balance);
  }

  /** From here on the last leaf that posted to any balance is leaf 0 of another log, which carries it over. */
  carryOver(): void {
    const balances = [...this.#turnovers.values()].flatMap((turnover) => [...turnover.balances.values()]);
    for (const balance of balances) {
      balance.leaf = 0;
      balance.isTouched = true;
    }
    this.#touched = balances;
  }

  /** The state after everything posted so far. Costs what was touched since the last call. */
  state(scalesOf: (currency: string) => Scales): FoldState {
    for (const balance of this.#touched) {
      balance.isTouched = false;
      this.#map.set(balance.key, hash('sha256', valueOf(balance, scalesOf(balance.currency)), 'binary'));
    }
    this.#touched = [];
    const posted = [...this.#turnovers].filter(([, { debits, credits }]) => debits > 0n || credits > 0n);
    const totals = posted.sort(([left], [right]) => (left < right ? -1 : 1));
    return {
      stateRoot: Buffer.from(this.#map.root(), 'latin1').toString('hex'),
      totals: totals.map(([currency, { debits, credits }]) => ({
        currency,
        debits: amountText(debits, scalesOf(currency)),
        credits: amountText(credits, scalesOf(currency)),
      })),
    };
  }
}

function newBalance(account: string, currency: string, turnover: Turnover): Balance {
  return { account, currency, key: keyOf(account, currency), turnover, amount: 0n, leaf: 0, isTouched: false, isPosted: false };
}

/** SHA-256(`ledger-key/1` || u32be(len account) || account || u32be(len currency) || currency). */
export function keyOf(account: string, currency: string): HashText {
  const parts = [Buffer.from('ledger-key/1'), ...[account, currency].flatMap((text) => [lengthOf(text), Buffer.from(text)])];
  return hash('sha256', Buffer.concat(parts), 'binary');
}

function lengthOf(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  return length;
}

/** Canonical JSON: the names are in order, and both texts are well formed. */
function valueOf({ account, currency, amount, leaf }: Balance, scales: Scales): string {
  const balance = amountText(amount, scales);
  return `{"account":${JSON.stringify(account)},"balance":"${balance}","currency":${JSON.stringify(currency)},"leaf":"${leaf}"}`;
}
