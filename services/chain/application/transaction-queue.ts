import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../commands/application/clock.ts';
import { ChainRefusedFault, ChainUnavailableFault, FeesTooHighFault, GivenUpFault, NodeBehindFault } from './chain-faults.ts';
import { blockOf, type ChainNode, finalBlockOf, type Finality } from './chain-node.ts';
import { assertBelow, currentFees, doubledFees, raisedFees } from './fees.ts';
import { fund } from './local-funds.ts';
import { isUnderpriced, sendRaw } from './send-raw.ts';
import { placeOf } from './transaction-place.ts';
import { signAttempt } from './sign-attempt.ts';
import type { TransactionKey, TransactionStore } from './transaction-store.ts';
import type { Attempt, Call, Fees, Known, QueuedTransaction, TransactionSigner } from './transaction.ts';

export interface TransactionQueueOptions {
  readonly node: ChainNode;
  /** Decimal. */
  readonly chainId: string;
  readonly signer: TransactionSigner;
  readonly store: TransactionStore;
  readonly clock: Clock;
  /** A transaction that no block took for so long is signed again with higher fees. */
  readonly replaceAfterMs: number;
  /** A transaction that no block took for so long is sent again as it is. */
  readonly resendAfterMs: number;
  /** The most that is offered for a unit of gas, in wei; as much as it takes when absent. */
  readonly feePerGasMax?: bigint | undefined;
  /** What the chain takes as final; the tag when absent. */
  readonly finality?: Finality | undefined;
}

/** What a stuck transaction is to do from now on. */
export interface Renewal {
  readonly call: Call;
  readonly subject: string;
}

export interface Care {
  /** Asked before each time that something is sent again: what is not wanted is let do nothing instead, which frees its nonce. */
  readonly isWanted?: (transaction: QueuedTransaction) => Promise<boolean>;
  /** Asked what a stuck transaction should do instead; undefined leaves it as it is. */
  readonly renew?: (stuck: QueuedTransaction) => Promise<Renewal | undefined>;
  /** Told before a transaction is kept as final, so a crash tells it again. */
  readonly onFinal?: (transaction: QueuedTransaction) => Promise<void>;
}

export interface KeepOptions {
  /** UUID. What was kept under it before is answered as it stands, and nothing is signed again; random when absent. */
  readonly id?: string;
  /** The call may take no more gas than this, on the chain as it is. */
  readonly gasMax?: bigint;
}

/** How many transactions of a key there are, in the books of three: nonces below a count are taken. */
export interface NonceCounts {
  /** By the blocks of the chain. */
  readonly latest: bigint;
  /** By the pool of the node. */
  readonly pending: bigint;
  /** By what is kept here. */
  readonly kept: bigint;
}

interface Seen {
  /** Next nonce of the key by what blocks hold. */
  readonly count: bigint;
  readonly head: bigint;
  readonly finalised: bigint;
}

/** Doubled so often, a fee is 64 times what the chain asks for. */
const underpricedMax = 6;
const settledPollMs = 100;

/**
 * The transactions of one key on one chain. What is signed is kept before it is sent, under a nonce that nobody else gets; so a crash
 * between any two steps, a lost answer and a block that was undone are mended by sending the same bytes again. Any number of processes
 * may hold a queue of the same key.
 */
export class TransactionQueue {
  readonly key: TransactionKey;
  readonly #options: TransactionQueueOptions;
  /** When this process sent a transaction last, by hash. Forgotten in a crash: then it is sent once more. */
  readonly #sentAt = new Map<string, number>();
  /** At which head the nonce of a transaction was first seen taken by none of ours, by id. */
  readonly #takenSince = new Map<string, bigint>();

  constructor(options: TransactionQueueOptions) {
    this.#options = options;
    this.key = { chainId: options.chainId, address: options.signer.address };
  }

  /**
   * Signs and keeps a transaction under the next nonce. Nothing is sent. A call that would revert, or take more gas than it may, throws
   * `ChainRefusedFault`, a chain that asks for more than may be paid `FeesTooHighFault`, and an id that was given up `GivenUpFault`. Safe to
   * repeat with the same id.
   */
  async keep(subject: string, call: Call, { id = randomUUID(), gasMax }: KeepOptions = {}): Promise<QueuedTransaction> {
    const { node, chainId, signer, store, clock, feePerGasMax } = this.#options;
    const known = await store.find(id);
    if (known !== undefined) return signedOf(known);
    await fund(node, chainId, signer.address);
    const [count, fees, final] = await Promise.all([this.#count(), currentFees(node, feePerGasMax), store.lastFinal(this.key)]);
    if (final !== undefined && final.nonce >= count)
      throw new NodeBehindFault(`The node of chain ${chainId} does not know of nonce ${final.nonce} of ${signer.address}: it lags behind.`);
    const gas = await this.#gasOf(call, gasMax);
    const kept = await store.take(this.key, async (taken) => {
      const nonce = freeNonce(count, taken);
      const attempt = await signAttempt(signer, { chainId, nonce, call, gas, fees, at: clock.now(), isCancel: false });
      return { id, subject, nonce, attempt };
    });
    return signedOf(kept);
  }

  /** What is known of a transaction; undefined for one that was neither kept nor given up. */
  find(id: string): Promise<Known | undefined> {
    return this.#options.store.find(id);
  }

  /**
   * Lets nothing be signed under an id, by whomever, from when it resolves on. Answers what stands under it then: a transaction that was kept
   * before goes on, and of several reasons the first one stays.
   */
  giveUp(id: string, subject: string, reason: string): Promise<Known> {
    return this.#options.store.giveUp(this.key, { id, subject, reason });
  }

  /** Everything of the key that is neither final nor overtaken, lowest nonce first. */
  unsettled(): Promise<QueuedTransaction[]> {
    return this.#options.store.unsettled(this.key);
  }

  /**
   * Where the key stands. More pending than kept means that somebody else sends by the key; fewer, that the node lost what was sent, which
   * `tend` sends again. No nonce is ever given back: what a node may have accepted is only ever replaced.
   */
  async counts(): Promise<NonceCounts> {
    const { node, signer, store } = this.#options;
    const [latest, pending, unsettled, final] = await Promise.all([
      this.#count(),
      node.call<string>('eth_getTransactionCount', signer.address, 'pending'),
      store.unsettled(this.key),
      store.lastFinal(this.key),
    ]);
    const highest = unsettled.at(-1)?.nonce ?? final?.nonce;
    return { latest, pending: BigInt(pending), kept: highest === undefined ? 0n : highest + 1n };
  }

  /**
   * Safe to repeat. When it resolves the node had the newest version, or a block has taken the nonce: `tend` says whose it was. When it
   * throws, the node may have it.
   */
  async send(transaction: QueuedTransaction): Promise<void> {
    const { node, chainId, signer } = this.#options;
    let newest = transaction;
    // Again, since a local chain that was killed forgets its last second, and what was given in it.
    await fund(node, chainId, signer.address);
    for (let attempt = 1; ; attempt++) {
      const { tx, raw } = newestOf(newest);
      try {
        await sendRaw(node, raw);
        this.#sentAt.set(tx, this.#now());
        return;
      } catch (error) {
        // Between a look at the chain and this, a block may have taken an older version, or what somebody else sent.
        if (error instanceof ChainRefusedFault && newest.nonce < (await this.#count())) return;
        if (!isUnderpriced(error) || attempt > underpricedMax) throw error;
        newest = await this.#replace(newest, undefined, doubledFees); // Something that we did not keep waits under this nonce.
      }
    }
  }

  /** Looks where every transaction is, sends again what no block took, and outbids what is stuck. Answers what is not final. */
  async tend(care: Care = {}): Promise<QueuedTransaction[]> {
    const { node, store, finality = 'tag' } = this.#options;
    const unsettled = await store.unsettled(this.key);
    if (unsettled.length === 0) return [];
    const [count, head, final] = await Promise.all([this.#count(), blockOf(node, 'latest'), finalBlockOf(node, finality)]);
    const seen = { count, head: head?.number ?? 0n, finalised: final?.number ?? -1n };
    for (const transaction of unsettled) {
      const now = await this.#look(transaction, seen, care);
      if (now.state === 'signed') await this.#push(now, seen, care);
    }
    return store.unsettled(this.key);
  }

  /** Lets a transaction that no block took do nothing, if the chain has not taken it meanwhile: `tend` shows which. */
  async cancel(id: string): Promise<void> {
    const transaction = await this.#options.store.find(id);
    if (transaction?.state === 'signed') await this.send(await this.#replace(transaction, 'cancel'));
  }

  /**
   * What is kept as final while the chain has no nonce for it is looked for and tended as any other from now on. For who has decided that final
   * blocks are gone: a node that only lags behind says the same, and then it is looked for in vain until that one has come further.
   */
  async reopenLost(): Promise<void> {
    const { store } = this.#options;
    const [count, final] = await Promise.all([this.#count(), store.lastFinal(this.key)]);
    if (final !== undefined && final.nonce >= count) await store.reopenFrom(this.key, count);
  }

  /**
   * Keeps and sends, then waits for a block; goes on with what was kept for this subject before a crash. For administration, where somebody
   * looks on. Throws `ChainRefusedFault` for a transaction that reverted.
   */
  async run(subject: string, call: Call, millisecondsMax = 120_000): Promise<QueuedTransaction> {
    const underWay = (await this.tend()).find((transaction) => transaction.subject === subject);
    const kept = underWay ?? (await this.keep(subject, call));
    if (underWay === undefined) await this.send(kept);
    for (const deadline = Date.now() + millisecondsMax; Date.now() < deadline; await sleep(settledPollMs)) {
      await this.tend();
      const now = signedOf((await this.#options.store.find(kept.id)) ?? kept);
      if (now.place?.outcome === 'succeeded') return now;
      if (now.place !== undefined) throw new ChainRefusedFault('eth_sendRawTransaction', `transaction ${now.place.tx} reverted`, undefined);
      if (now.state === 'overtaken')
        throw new ChainRefusedFault('eth_sendRawTransaction', `somebody else used nonce ${now.nonce} of ${this.key.address}`, undefined);
    }
    throw new ChainUnavailableFault(`Transaction ${newestOf(kept).tx} is in no block after ${millisecondsMax / 1000} s.`);
  }

  /**
   * For how many more transactions like the last final one the key's coins are enough, at the most that one may cost now or did cost then.
   * Undefined before the first.
   */
  async affordable(): Promise<bigint | undefined> {
    const { node, store } = this.#options;
    const last = await store.lastFinal(this.key);
    if (last?.place === undefined) return undefined;
    const { gas, fee } = last.place;
    const [coins, { feePerGasMax }] = await Promise.all([this.coins(), currentFees(node)]);
    const cost = gas * feePerGasMax > fee ? gas * feePerGasMax : fee;
    return cost === 0n ? undefined : coins / cost;
  }

  /** In wei. */
  async coins(): Promise<bigint> {
    const { node, signer } = this.#options;
    return BigInt(await node.call<string>('eth_getBalance', signer.address, 'latest'));
  }

  async #look(transaction: QueuedTransaction, { count, head, finalised }: Seen, { onFinal }: Care): Promise<QueuedTransaction> {
    const { node, store } = this.#options;
    const { id, nonce, state, place: before } = transaction;
    const place = await placeOf(node, transaction);
    if (place !== undefined) {
      this.#takenSince.delete(id);
      const isFinal = place.block <= finalised && (await blockOf(node, place.block))?.hash === place.blockHash;
      if (isFinal) await onFinal?.({ ...transaction, state: 'final', place });
      if (isFinal || state !== 'mined' || before?.blockHash !== place.blockHash) await store.moved(id, isFinal ? 'final' : 'mined', place);
      if (isFinal) for (const { tx } of transaction.attempts) this.#sentAt.delete(tx);
      return { ...transaction, state: isFinal ? 'final' : 'mined', place };
    }
    // A node that does not have the block yet says nothing about what is in it.
    if (before !== undefined && head < before.block) return transaction;
    if (state === 'mined') {
      await store.moved(id, 'signed', undefined);
      for (const { tx } of transaction.attempts) this.#sentAt.delete(tx);
    }
    if (nonce < count && finalised >= this.#noticeTaken(id, head)) {
      await store.moved(id, 'overtaken', undefined);
      return { ...transaction, state: 'overtaken', place: undefined };
    }
    if (nonce >= count) this.#takenSince.delete(id);
    return { ...transaction, state: 'signed', place: undefined };
  }

  #noticeTaken(id: string, head: bigint): bigint {
    const since = this.#takenSince.get(id) ?? head;
    this.#takenSince.set(id, since);
    return since;
  }

  async #push(transaction: QueuedTransaction, { count }: Seen, { isWanted, renew }: Care): Promise<void> {
    const { replaceAfterMs } = this.#options;
    const { nonce } = transaction;
    const newest = newestOf(transaction);
    if (nonce < count) return; // A block has taken the nonce: soon it is ours, or overtaken.
    // Behind another one that waits a higher fee helps nobody.
    const isStuck = nonce === count && this.#msFrom(newest.signedAt.getTime()) >= replaceAfterMs;
    if (!isStuck && !this.#isDue(newest)) return;
    if (!newest.isCancel && isWanted !== undefined && !(await isWanted(transaction)))
      return this.send(await this.#replace(transaction, 'cancel'));
    if (!isStuck) return this.send(transaction);
    try {
      await this.send(await this.#replace(transaction, await renew?.(transaction)));
    } catch (error) {
      // What was offered so far is still good for when fees have fallen.
      if (error instanceof FeesTooHighFault && this.#isDue(newest)) await this.send(transaction);
      throw error;
    }
  }

  #isDue({ tx }: Attempt): boolean {
    const sentAt = this.#sentAt.get(tx);
    return sentAt === undefined || this.#msFrom(sentAt) >= this.#options.resendAfterMs;
  }

  /** Signs and keeps a version that takes the place of all before. Answers the newest, whoever signed it. */
  async #replace(transaction: QueuedTransaction, renewal?: Renewal | 'cancel', raise = raisedFees): Promise<QueuedTransaction> {
    const { node, store, feePerGasMax } = this.#options;
    const last = newestOf(transaction);
    const fees = raise(await currentFees(node, feePerGasMax), last);
    assertBelow(feePerGasMax, fees.feePerGasMax);
    const renewed = await this.#renewed(transaction, fees, renewal);
    const subject = typeof renewal === 'object' ? renewal.subject : transaction.subject;
    const replaced = await store.replace(transaction, renewed, subject);
    return replaced ?? signedOf((await store.find(transaction.id)) ?? transaction);
  }

  async #renewed({ nonce, attempts }: QueuedTransaction, fees: Fees, renewal: Renewal | 'cancel' | undefined): Promise<Attempt> {
    const { chainId, signer, clock } = this.#options;
    const last = attempts.at(-1) as Attempt;
    const call = renewal === 'cancel' || (last.isCancel && renewal === undefined) ? undefined : (renewal ?? last).call;
    const signing = { chainId, nonce, fees, at: clock.now() };
    const nothing = { to: signer.address, data: '0x' };
    if (call !== undefined) {
      try {
        return await signAttempt(signer, { ...signing, call, gas: await this.#gasOf(call), isCancel: false });
      } catch (error) {
        // What would revert by now would only cost: its nonce is freed for less.
        if (!(error instanceof ChainRefusedFault) || error.revertData === undefined) throw error;
      }
    }
    return signAttempt(signer, { ...signing, call: nothing, gas: await this.#gasOf(nothing), isCancel: true });
  }

  /** On the chain as it is: on what is pending, a transaction that is replaced would stand in its own way. */
  async #gasOf({ to, data, value = 0n }: Call, gasMax?: bigint): Promise<bigint> {
    const { node, signer } = this.#options;
    const gas = gasMax !== undefined && { gas: `0x${gasMax.toString(16)}` };
    const call = { ...(to !== undefined && { to }), data, value: `0x${value.toString(16)}`, from: signer.address, ...gas };
    return BigInt(await node.call<string>('eth_estimateGas', call, 'latest'));
  }

  async #count(): Promise<bigint> {
    const { node, signer } = this.#options;
    return BigInt(await node.call<string>('eth_getTransactionCount', signer.address, 'latest'));
  }

  /** From a time until now, or back to it: a clock that is set back makes nothing wait until it has come there again. */
  #msFrom(time: number): number {
    return Math.abs(this.#now() - time);
  }

  #now(): number {
    return Date.parse(this.#options.clock.now());
  }
}

/** The lowest one that neither a block nor a kept transaction has. */
function freeNonce(count: bigint, taken: readonly QueuedTransaction[]): bigint {
  const nonces = new Set(taken.map(({ nonce }) => nonce));
  let free = count;
  while (nonces.has(free)) free++;
  return free;
}

function signedOf(known: Known): QueuedTransaction {
  if (known.state !== 'given-up') return known;
  throw new GivenUpFault(`Transaction ${known.id} was given up: ${known.reason}`);
}

function newestOf({ attempts }: QueuedTransaction): Attempt {
  return attempts.at(-1) as Attempt;
}
