import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../commands/application/clock.ts';
import type { Renewal, TransactionQueue } from '../../chain/application/transaction-queue.ts';
import type { QueuedTransaction } from '../../chain/application/transaction.ts';
import { type AnchorChain, AnchorRefusedFault, type AnchorRequest } from './anchor-chain.ts';
import { type AnchorCostStore, costsOf } from './anchor-costs.ts';
import type { AnchorStore } from './anchor-store.ts';
import { isAbout, subjectOf } from './anchor-subject.ts';

export interface AnchorSenderOptions {
  readonly chain: AnchorChain;
  readonly queue: TransactionQueue;
  readonly anchors: AnchorStore;
  readonly costs: AnchorCostStore;
  readonly clock: Clock;
  /** How long an anchor waits for others of the same publisher to share its transaction. */
  readonly gatherMs: number;
}

interface Waiting {
  readonly request: AnchorRequest;
  readonly done: PromiseWithResolvers<void>;
}

/** How far a reorganisation may take an anchor back from where it was signed, in blocks, and still be found without a long search. */
const searchMargin = 256n;
/** A block has room for more, but what is sent at once is also outbid at once. */
const itemsMax = 50;

/**
 * Brings anchors of one publisher into one contract. Those that are due at once share a transaction. One transaction is under way at a
 * time, because the next anchor of a log begins where the last one ended; it is signed and kept before it is sent.
 */
export class AnchorSender {
  readonly #options: AnchorSenderOptions;
  #waiting: Waiting[] = [];
  #gathering: Promise<void> | undefined;
  #tending: Promise<QueuedTransaction[]> | undefined;

  constructor(options: AnchorSenderOptions) {
    this.#options = options;
  }

  /**
   * Signs, keeps and sends, unless something of this publisher is under way: ask again until the contract holds the head. Throws
   * `AnchorRefusedFault` where the contract would refuse it, and `ChainFault`.
   */
  send(request: AnchorRequest): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ request, done });
    this.#gathering ??= this.#gather();
    return done.promise;
  }

  /** Follows the publisher's transactions until they are final, and keeps what they cost. True when none is left. */
  async settle(): Promise<boolean> {
    return (await this.#tend()).length === 0;
  }

  /** How many more transactions the publisher's key can pay for; undefined before its first. */
  affordable(): Promise<bigint | undefined> {
    return this.#options.queue.affordable();
  }

  async #gather(): Promise<void> {
    await sleep(this.#options.gatherMs);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, itemsMax);
      try {
        await this.#flush(batch);
        for (const { done } of batch) done.resolve();
      } catch (error) {
        for (const { done } of batch) done.reject(error);
      }
    }
    this.#gathering = undefined;
  }

  async #flush(batch: readonly Waiting[]): Promise<void> {
    const { chain, queue } = this.#options;
    const underWay = (await this.#tend(() => this.#renewal(batch))).filter(({ state }) => state === 'signed');
    for (const transaction of underWay) await this.#remember(transaction, batch);
    if (underWay.length > 0) return;
    const requests = await this.#acceptable(batch);
    if (requests.length === 0) return;
    const kept = await queue.keep(subjectOf(requests), chain.callOf(requests));
    await this.#remember(kept, batch);
    await queue.send(kept);
  }

  /** What a stuck transaction should bring by now. */
  async #renewal(batch: readonly Waiting[]): Promise<Renewal | undefined> {
    const requests = await this.#acceptable(batch);
    return requests.length === 0 ? undefined : { subject: subjectOf(requests), call: this.#options.chain.callOf(requests) };
  }

  /** What the contract would take now. The others are told why not, and stop nobody else. */
  async #acceptable(batch: readonly Waiting[]): Promise<AnchorRequest[]> {
    const accepted: AnchorRequest[] = [];
    for (const { request, done } of batch) {
      try {
        await this.#options.chain.rehearse(request);
        accepted.push(request);
      } catch (error) {
        if (!(error instanceof AnchorRefusedFault)) throw error;
        done.reject(error);
      }
    }
    return accepted;
  }

  /** Writes the anchors down that a kept transaction brings. Also for one that a crash left without: before it was sent, or after. */
  async #remember({ subject, attempts }: QueuedTransaction, batch: readonly Waiting[]): Promise<void> {
    const { chain, anchors, clock } = this.#options;
    const { chainId, contract, fromBlock } = chain.listed;
    const { tx } = attempts.at(-1) as (typeof attempts)[number];
    for (const { request } of batch) {
      const { slug: log, logId, oldSize, newSize: size, newRoot: root } = request;
      if (!isAbout(subject, request)) continue;
      const known = await anchors.find(log, chain.listed, size);
      if (known?.state === 'submitted' && known.tx === tx) continue;
      const head = await chain.block('latest');
      const searchFrom = maxOf(BigInt(fromBlock), (head?.number ?? 0n) - searchMargin);
      const signed = { tx, oldSize, signedAt: new Date(clock.now()), searchFrom };
      await anchors.keep({ ...{ log, chainId, contract, logId, size, root }, state: 'submitted', ...signed, place: undefined });
    }
  }

  async #tend(renew?: () => Promise<Renewal | undefined>): Promise<QueuedTransaction[]> {
    // Several logs of one publisher look at the same transactions.
    if (renew === undefined) return (this.#tending ??= this.#tendOnce().finally(() => (this.#tending = undefined)));
    return this.#tendOnce(renew);
  }

  async #tendOnce(renew?: () => Promise<Renewal | undefined>): Promise<QueuedTransaction[]> {
    const { queue, costs } = this.#options;
    return queue.tend({ ...(renew && { renew }), onFinal: (transaction) => costs.keep(costsOf(transaction)) });
  }
}

function maxOf(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
