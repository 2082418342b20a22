import { setTimeout as sleep } from 'node:timers/promises';
import { type FoldedBalance, stateKeyOf, stateValueOf } from '../domain/committed-state.ts';
import type { StateProof } from '../domain/state-map.ts';
import { type HashText, hashTextOf } from '../domain/state-map-hash.ts';
import type { FoldStore } from './fold-store.ts';
import type { LogQuery } from './log-query.ts';
import type { CommittedMap, StateMaps } from './state-maps.ts';
import { systemStream } from './system-log.ts';

/** A balance, or that there is none, with its way to the root in the last StateCommitted. */
export interface ProvenBalance {
  /** The fold is over the leaves below this size. */
  readonly uptoSize: bigint;
  readonly stateRoot: HashText;
  /** The exact text that the map commits to; undefined where the account was never posted to. */
  readonly value: string | undefined;
  readonly proof: StateProof;
  /** Index of the StateCommitted leaf. */
  readonly committedIndex: bigint;
}

/** A place in the chart of accounts, in one currency. */
export interface BalancePlace {
  readonly account: string;
  readonly currency: string;
}

/** What balances were at a commitment. */
export interface EarlierValues {
  readonly size: bigint;
  /** Of the leaves below a size; a place that nothing posts to is left out. */
  readonly valuesAt: (uptoSize: bigint) => readonly FoldedBalance[];
}

const attemptsMax = 20;
const retryDelayMs = 50;

/** Answers balances that nobody has to believe: an inclusion proof of the StateCommitted leaf and this proof tie them to the tree. */
export class ProvenBalances {
  readonly #folds: FoldStore;
  readonly #maps: StateMaps;
  readonly #query: LogQuery;

  constructor(folds: FoldStore, maps: StateMaps, query: LogQuery) {
    this.#folds = folds;
    this.#maps = maps;
    this.#query = query;
  }

  /** Undefined before the first commitment. A commitment that the sequencer has not seen yet is waited for. */
  async find(log: string, account: string, currency: string): Promise<ProvenBalance | undefined> {
    return (await this.findAll(log, [{ account, currency }]))?.[0];
  }

  /**
   * The same under the newest commitment whose leaf is below a size, for example of what a chain has made final. Values of a commitment that
   * is not the last are no rows any more: `valuesAt` derives them. Undefined where no such commitment is known here, or what was derived is
   * not what it holds.
   */
  async findAllBelow(
    log: string,
    places: readonly BalancePlace[],
    { size, valuesAt }: EarlierValues,
  ): Promise<ProvenBalance[] | undefined> {
    const last = await this.#maps.committed(log);
    for (const committed of last === undefined ? [] : [last, ...this.#maps.earlier(log)]) {
      const { map, uptoSize, committedRevision } = committed;
      const leaf = await this.#query.find(log, { stream: systemStream(log), revision: committedRevision });
      if (leaf === undefined || leaf.index >= size) continue;
      this.#maps.forgetBefore(log, committed);
      const values = valuesAt(uptoSize);
      const found = places.map(({ account, currency }) => {
        const key = stateKeyOf(account, currency);
        const balance = values.find((value) => value.account === account && value.currency === currency);
        return { key, balance, proof: map.prove(key) };
      });
      if (!found.every(({ key, balance, proof }) => isValueOf(balance, key, proof))) return undefined;
      return found.map((at) => provenIn(committed, leaf.index, at));
    }
    return undefined;
  }

  /** The same for several places, under one commitment. */
  async findAll(log: string, places: readonly BalancePlace[]): Promise<ProvenBalance[] | undefined> {
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      const committed = await this.#maps.committed(log);
      if (committed === undefined) return undefined;
      const { map, committedRevision } = committed;
      const found = await Promise.all(
        places.map(async ({ account, currency }) => {
          const key = stateKeyOf(account, currency);
          return { key, balance: await this.#folds.balance(log, account, currency), proof: map.prove(key) };
        }),
      );
      // A commitment between the reads shows as a value that is not the map's: ask again.
      if (!found.every(({ key, balance, proof }) => isValueOf(balance, key, proof))) continue;
      const leaf = await this.#query.find(log, { stream: systemStream(log), revision: committedRevision });
      if (leaf !== undefined) return found.map((at) => provenIn(committed, leaf.index, at));
      await sleep(retryDelayMs);
    }
    return undefined;
  }
}

interface FoundBalance {
  readonly balance: FoldedBalance | undefined;
  readonly proof: StateProof;
}

function provenIn({ map, uptoSize }: CommittedMap, committedIndex: bigint, { balance, proof }: FoundBalance): ProvenBalance {
  return { uptoSize, stateRoot: map.root(), value: balance && stateValueOf(balance), proof, committedIndex };
}

function isValueOf(balance: FoldedBalance | undefined, key: HashText, { terminal }: StateProof): boolean {
  const proven = terminal?.key === key ? terminal.valueHash : undefined;
  return proven === (balance && hashTextOf(stateValueOf(balance)));
}
