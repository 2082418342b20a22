import type { EffectStanding, MandateEnd } from '../../application/watching/settlement-ledger.ts';
import { nativeToken } from '../../application/settlement-chain.ts';
import type { BlockRange } from '../../application/watching/watched-node.ts';
import { CheckpointMovedFault, WatcherAlarm } from '../../application/watching/watcher-faults.ts';
import {
  type CoinReading,
  type Adoption,
  businessKeyOf,
  byPlace,
  type Checkpoint,
  confirmable,
  type Delivery,
  type EffectKey,
  type HeldCoins,
  mandateEndOf,
  type Lost,
  placeKeyOf,
  type WatchCursor,
  type WatchedLog,
  type WatcherStore,
  type WatchStep,
  type Withdrawable,
  type Word,
} from '../../application/watching/watcher-store.ts';
import type { ChainEffect } from '../../domain/chain-effect.ts';

interface Kept {
  readonly id: bigint;
  readonly log: WatchedLog;
  state: 'seen' | 'lost' | 'undone';
  standing: EffectStanding | undefined;
  reason?: string | undefined;
}

interface KeptWord {
  readonly word: Word;
  isTouched: boolean;
  isFull: boolean;
  comparedAt: Date;
}

interface KeptChain {
  readonly cursors: Map<string, WatchCursor>;
  readonly blocks: Map<string, readonly Checkpoint[]>;
  readonly logs: Kept[];
  readonly words: Map<string, KeptWord>;
  balances: readonly HeldCoins[];
  reading: CoinReading | undefined;
}

const fullWord = 2n ** 256n - 1n;

/** For tests. Forgets everything with the process. */
export class MemoryWatcherStore implements WatcherStore {
  readonly #chains = new Map<string, KeptChain>();
  #lastId = 0n;

  async open(chainId: string, cursors: readonly WatchCursor[]): Promise<void> {
    for (const cursor of cursors) this.#open(chainId, cursor);
  }

  async cursors(chainId: string): Promise<WatchCursor[]> {
    return [...this.#chain(chainId).cursors.values()];
  }

  async pin(chainId: string, address: string, codeHash: string): Promise<void> {
    const cursor = this.#cursor(chainId, address);
    this.#chain(chainId).cursors.set(address, { ...cursor, codeHash: cursor.codeHash ?? codeHash });
  }

  async unfinalBlocks(chainId: string, contract: string): Promise<Checkpoint[]> {
    return this.#blocks(chainId, contract).toReversed();
  }

  async advance({ chainId, contracts, from, to, isFinal, logs, appeared, words, balances }: WatchStep): Promise<void> {
    this.#assertAt(chainId, contracts, from);
    this.#assertOnce(chainId, logs);
    const chain = this.#chain(chainId);
    for (const address of contracts) {
      chain.cursors.set(address, { ...this.#cursor(chainId, address), observed: to, ...(isFinal && { finalized: to }) });
      if (!isFinal) chain.blocks.set(address, [...this.#blocks(chainId, address), to]);
    }
    for (const log of logs) this.#keep(log);
    for (const cursor of appeared) this.#open(chainId, cursor);
    for (const word of words) this.#word(chainId, word);
    if (balances !== undefined) [chain.balances, chain.reading] = [balances, undefined];
  }

  async finalise(chainId: string, contracts: readonly string[], to: Checkpoint): Promise<void> {
    const chain = this.#chain(chainId);
    const isThere = ({ number, hash }: Checkpoint): boolean => number === to.number && hash === to.hash;
    for (const address of contracts) if (!this.#blocks(chainId, address).some(isThere)) throw movedFault(address);
    for (const address of contracts) {
      const later = this.#blocks(chainId, address).filter(({ number }) => number > to.number);
      chain.cursors.set(address, { ...this.#cursor(chainId, address), finalized: to });
      chain.blocks.set(address, later);
    }
  }

  async undo({ chainId, contracts, from, ancestor }: Lost): Promise<void> {
    this.#assertAt(chainId, contracts, from);
    const chain = this.#chain(chainId);
    for (const address of contracts) {
      const earlier = this.#blocks(chainId, address).filter(({ number }) => number <= ancestor.number);
      chain.cursors.set(address, { ...this.#cursor(chainId, address), observed: ancestor });
      chain.blocks.set(address, earlier);
    }
    for (const kept of chain.logs) {
      if (kept.state !== 'seen' || !contracts.includes(kept.log.contract) || BigInt(kept.log.block.number) <= ancestor.number) continue;
      kept.state = kept.log.providerId === undefined ? 'undone' : 'lost';
      this.#touch(kept.log);
    }
  }

  async unknown(chainId: string, logs: readonly WatchedLog[]): Promise<WatchedLog[]> {
    const known = new Set(this.#seen(chainId).map(({ log }) => placeKeyOf(log)));
    return logs.filter((log) => !known.has(placeKeyOf(log)));
  }

  async absent<Asked extends EffectKey>(chainId: string, effects: readonly Asked[]): Promise<Asked[]> {
    const standing = new Set(this.#seen(chainId).map(({ log }) => businessKeyOf(log)));
    return effects.filter((effect) => !standing.has(businessKeyOf(effect)));
  }

  async withdrawable(chainId: string, to: readonly WatchCursor[], withdrawn: readonly WatchedLog[]): Promise<Withdrawable[]> {
    const ends = new Map(to.map(({ address, finalized }) => [address, finalized.number]));
    const gone = new Set(withdrawn.map(placeKeyOf));
    return this.#chain(chainId)
      .logs.filter(({ state, log, reason }) => {
        if (state !== 'seen') return state === 'lost' && reason === undefined;
        return gone.has(placeKeyOf(log)) || BigInt(log.block.number) > (ends.get(log.contract) ?? BigInt(log.block.number));
      })
      .map(({ id, log }) => ({ id, log }));
  }

  async adopt({ chainId, from, to, lost, undone, found, heard, unfounded, forgotten, coins }: Adoption): Promise<void> {
    for (const { address, observed } of from) this.#assertAt(chainId, [address], observed);
    const chain = this.#chain(chainId);
    const reasons = new Map(lost.map(({ id, reason }) => [id, reason]));
    for (const kept of chain.logs) {
      if (!reasons.has(kept.id) && !undone.includes(kept.id)) continue;
      [kept.state, kept.reason] = [reasons.has(kept.id) ? 'lost' : 'undone', reasons.get(kept.id)];
      this.#touch(kept.log);
    }
    const fresh = await this.unknown(chainId, found);
    this.#assertOnce(chainId, fresh);
    for (const log of fresh) this.#keep(log, heard.includes(log) ? 'finalized' : undefined);
    const again = new Set(forgotten.map(placeKeyOf));
    for (const kept of chain.logs) if (kept.state === 'seen' && again.has(placeKeyOf(kept.log))) kept.standing = undefined;
    for (const { effect, reason } of unfounded) {
      chain.logs.push({ id: ++this.#lastId, log: effect, state: 'lost', standing: 'finalized', reason });
      this.#touch(effect);
    }
    for (const cursor of to) {
      const known = chain.cursors.get(cursor.address);
      chain.cursors.set(cursor.address, { ...cursor, observed: cursor.finalized, codeHash: known?.codeHash ?? cursor.codeHash });
      chain.blocks.set(cursor.address, []);
    }
    if (coins === undefined) return;
    const { at } = coins;
    chain.cursors.set(nativeToken, { ...this.#cursor(chainId, nativeToken), observed: at, finalized: at });
    [chain.balances, chain.reading] = [coins.balances, coins.reading];
  }

  async deliveries(chainId: string): Promise<Delivery[]> {
    const { logs, cursors } = this.#chain(chainId);
    const lost = logs.filter(({ state }) => state === 'lost').toSorted((left, right) => byPlace(left.log, right.log));
    const seen = this.#seen(chainId).filter(({ log, standing }) => {
      if (log.providerId === undefined || standing === 'finalized' || standing === 'ignored') return false;
      if (standing === undefined || (standing === 'observed' && confirmable.includes(log.log.name))) return true;
      return BigInt(log.block.number) <= (cursors.get(log.contract)?.finalized.number ?? 0n);
    });
    return [
      ...lost.map(({ id, log, reason }): Delivery => ({ id, effect: log as ChainEffect, kind: 'lost', ...(reason && { reason }) })),
      ...seen.map(({ id, log, standing }): Delivery => ({ id, effect: log as ChainEffect, kind: 'seen', standing })),
    ];
  }

  async revocations(chainId: string, countMax: number): Promise<{ readonly id: bigint; readonly end: MandateEnd }[]> {
    return this.#seen(chainId)
      .filter(({ log, standing }) => log.log.name === 'MandateRevoked' && standing === undefined)
      .slice(0, countMax)
      .map(({ id, log }) => ({ id, end: mandateEndOf(log) }));
  }

  async revocationsTold(ids: readonly bigint[]): Promise<void> {
    for (const id of ids) await this.told(id, 'finalized');
  }

  async told(id: bigint, standing: EffectStanding | 'undone'): Promise<void> {
    const kept = [...this.#chains.values()].flatMap(({ logs }) => logs).find((log) => log.id === id);
    if (kept === undefined) return;
    if (standing === 'undone') kept.state = 'undone';
    else kept.standing = standing;
  }

  async heed(chainId: string, providerIds: readonly string[]): Promise<void> {
    for (const kept of this.#seen(chainId))
      if (kept.standing === 'ignored' && providerIds.includes(kept.log.providerId ?? '')) kept.standing = undefined;
  }

  async watchWordsUpTo(chainId: string, last: Word): Promise<void> {
    for (let word = 0n; word <= last.word; word++) this.#word(chainId, { ...last, word });
  }

  async wordsToCompare(
    chainId: string,
    { since, until }: { readonly since: Date; readonly until: Date },
    countMax: number,
  ): Promise<Word[]> {
    const words = [...this.#chain(chainId).words.values()];
    const due = words
      .filter(({ isTouched, isFull, comparedAt }) => !isTouched && !isFull && (comparedAt < since || comparedAt > until))
      .toSorted((left, right) => left.comparedAt.getTime() - right.comparedAt.getTime());
    return [...words.filter(({ isTouched }) => isTouched), ...due.slice(0, countMax)].map(({ word }) => word);
  }

  async observedSlots(chainId: string, { contract, providerId, word }: Word): Promise<bigint> {
    const seqs = this.#seen(chainId)
      .filter(({ log }) => log.effect === 'slot' && log.contract === contract && log.providerId === providerId)
      .map(({ log }) => BigInt(log.key));
    return seqs.filter((seq) => seq / 256n === word).reduce((bits, seq) => bits | (1n << (seq % 256n)), 0n);
  }

  async compared(chainId: string, word: Word, at: Date): Promise<void> {
    const kept = this.#word(chainId, word);
    [kept.isTouched, kept.comparedAt] = [false, at];
    kept.isFull = (await this.observedSlots(chainId, word)) === fullWord;
  }

  async named(chainId: string, names: readonly string[], upTo: bigint): Promise<WatchedLog[]> {
    const logs = await Array.fromAsync(this.standing(chainId, upTo));
    return logs.filter(({ log }) => names.includes(log.name));
  }

  async ofTransactions(chainId: string, transactions: readonly string[]): Promise<WatchedLog[]> {
    const logs = this.#seen(chainId).map(({ log }) => log);
    return logs.filter(({ tx, module }) => transactions.includes(tx) && module !== 'token');
  }

  async inBlocks(chainId: string, { from, to }: BlockRange): Promise<WatchedLog[]> {
    const logs = this.#seen(chainId).map(({ log }) => log);
    return logs.filter(({ module, block }) => module !== 'token' && BigInt(block.number) >= from && BigInt(block.number) <= to);
  }

  async balances(chainId: string): Promise<HeldCoins[]> {
    return [...this.#chain(chainId).balances];
  }

  async keepBalances(chainId: string, waiting: readonly HeldCoins[]): Promise<void> {
    const chain = this.#chain(chainId);
    const compared = chain.cursors.get(nativeToken)?.finalized.number ?? -1n;
    chain.balances = [...chain.balances.filter(({ at }) => at.number <= compared), ...waiting];
  }

  async coinReading(chainId: string): Promise<CoinReading | undefined> {
    return this.#chain(chainId).reading;
  }

  async keepCoinReading(chainId: string, reading: CoinReading): Promise<void> {
    this.#chain(chainId).reading = { ...reading, found: [...reading.found] };
  }

  async *standing(chainId: string, upTo: bigint): AsyncIterable<WatchedLog> {
    for (const { log } of this.#seen(chainId)) if (BigInt(log.block.number) <= upTo) yield log;
  }

  #keep(log: WatchedLog, standing?: EffectStanding): void {
    this.#chain(log.chainId).logs.push({ id: ++this.#lastId, log, state: 'seen', standing });
    this.#touch(log);
  }

  #touch({ chainId, contract, providerId, effect, key }: WatchedLog): void {
    if (effect !== 'slot' || providerId === undefined) return;
    const word = BigInt(key) / 256n;
    this.#word(chainId, { contract, providerId, word }).isTouched = true;
    this.#word(chainId, { contract, providerId, word: word + 1n });
  }

  #word(chainId: string, word: Word): KeptWord {
    const { words } = this.#chain(chainId);
    const key = `${word.contract} ${word.providerId} ${word.word}`;
    const kept = words.get(key) ?? { word, isTouched: false, isFull: false, comparedAt: new Date(-8.64e15) };
    words.set(key, kept);
    return kept;
  }

  #seen(chainId: string): Kept[] {
    return this.#chain(chainId)
      .logs.filter(({ state }) => state === 'seen')
      .toSorted((left, right) => byPlace(left.log, right.log));
  }

  #assertOnce(chainId: string, logs: readonly WatchedLog[]): void {
    const known = new Set(this.#seen(chainId).map(({ log }) => businessKeyOf(log)));
    for (const log of logs) {
      const key = businessKeyOf(log);
      if (known.has(key)) throw new WatcherAlarm('key_twice', `A second log on chain ${chainId} says ${key}.`);
      known.add(key);
    }
  }

  #assertAt(chainId: string, contracts: readonly string[], { number, hash }: Checkpoint): void {
    for (const address of contracts) {
      const { observed } = this.#cursor(chainId, address);
      if (observed.number !== number || observed.hash !== hash) throw movedFault(address);
    }
  }

  #open(chainId: string, cursor: WatchCursor): void {
    const { cursors } = this.#chain(chainId);
    if (!cursors.has(cursor.address)) cursors.set(cursor.address, cursor);
  }

  #cursor(chainId: string, address: string): WatchCursor {
    const cursor = this.#chain(chainId).cursors.get(address);
    if (cursor === undefined) throw movedFault(address);
    return cursor;
  }

  #blocks(chainId: string, address: string): readonly Checkpoint[] {
    return this.#chain(chainId).blocks.get(address) ?? [];
  }

  #chain(chainId: string): KeptChain {
    const empty = { cursors: new Map(), blocks: new Map(), logs: [], words: new Map(), balances: [], reading: undefined };
    const chain = this.#chains.get(chainId) ?? empty;
    this.#chains.set(chainId, chain);
    return chain;
  }
}

function movedFault(address: string): CheckpointMovedFault {
  return new CheckpointMovedFault(`Somebody else moved the checkpoint of ${address}.`);
}
