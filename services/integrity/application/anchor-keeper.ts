import type { Clock } from '../../commands/application/clock.ts';
import { ChainFault, ChainRefusedFault, NodeBehindFault } from '../../chain/application/chain-faults.ts';
import type { TreeHead } from '../domain/tree-head.ts';
import { type AnchorChain, type AnchoredEvent, AnchorRefusedFault, type ChainHead } from './anchor-chain.ts';
import type { AnchorSenders } from './anchor-senders.ts';
import type { Anchor, AnchorStore } from './anchor-store.ts';
import { AnchoringAlarm } from './anchoring-alarm.ts';
import type { LogQuery } from './log-query.ts';

export interface AnchorKeeperOptions {
  readonly anchors: AnchorStore;
  readonly query: LogQuery;
  readonly clock: Clock;
  /** May this installation register a log that the contract does not know? */
  readonly mayRegister: (chain: AnchorChain) => boolean;
  readonly senders: AnchorSenders;
}

/** A log with its place in the contract. */
export interface AnchoredLog {
  readonly slug: string;
  /** 64 hex. */
  readonly logId: string;
  readonly chain: AnchorChain;
}

/**
 * Keeps a head of the log in the contract, whatever happens to transactions, answers and blocks. It always begins at what the contract
 * holds: so a lost answer, a crash after sending and a block that was undone are one case, and none anchors twice.
 */
export class AnchorKeeper {
  readonly #options: AnchorKeeperOptions;

  constructor(options: AnchorKeeperOptions) {
    this.#options = options;
  }

  /**
   * True when the contract holds the head, or a larger one of ours, in whatever block. Else signs and sends, and answers false: ask again.
   * Throws `ChainFault`, and `AnchoringAlarm` for what time does not heal.
   */
  async keep(log: AnchoredLog, target: TreeHead): Promise<boolean> {
    const held = await this.check(log);
    if (held.size >= target.size) {
      await this.#notice(log, held);
      return true;
    }
    const { query, senders } = this.#options;
    const { slug, logId, chain } = log;
    const proof = held.size === 0n ? [] : await query.consistency(slug, held.size, target.size);
    const sender = await senders.of(chain, slug);
    try {
      await sender.send({ slug, logId, oldSize: held.size, newSize: target.size, newRoot: target.root, proof });
    } catch (error) {
      if (!(error instanceof AnchorRefusedFault)) throw error;
      await this.#answerRefusal(log, error);
    }
    return false;
  }

  /** What the contract holds, which must be a tree that we signed. Throws `AnchoringAlarm` otherwise. */
  async check({ slug, logId, chain }: AnchoredLog): Promise<ChainHead> {
    const { query, anchors } = this.#options;
    const held = await chain.latest(logId);
    const final = await anchors.lastFinalised(slug, chain.listed);
    if (final !== undefined && held.size < final.size) await this.#answerLoss(final, chain);
    if (held.size === 0n) return held;
    const at = `The contract on chain ${chain.listed.chainId} holds ${held.size} leaves of ${slug}`;
    const head = await query.head(slug);
    if (head === undefined || head.size < held.size)
      throw new AnchoringAlarm('chain_ahead', `${at}, but we signed only ${head?.size ?? 0n}. Nothing is anchored.`);
    if (!(await query.rootAt(slug, held.size)).equals(held.root))
      throw new AnchoringAlarm('chain_foreign', `${at} with a root that our tree never had. Nothing is anchored.`);
    return held;
  }

  /** The contract holds less than what was final: the node lags behind, or that block is gone. */
  async #answerLoss({ log, size, place }: Anchor, chain: AnchorChain): Promise<never> {
    const block = place && (await chain.block(place.block));
    if (block === undefined || block.hash === place?.blockHash)
      throw new NodeBehindFault(`The node does not show the final anchor of ${size} leaves of ${log}: it lags behind.`);
    throw new AnchoringAlarm(
      'finality_failed',
      `Block ${block.number} with the final anchor of ${size} leaves of ${log} is another one now. Nothing is anchored.`,
    );
  }

  /** Looks where the unsettled anchors and their transactions are now. True when none is left to follow. */
  async follow(log: AnchoredLog): Promise<boolean> {
    const { anchors, senders } = this.#options;
    const { slug, chain } = log;
    const isSettled = await (await senders.of(chain, slug)).settle();
    const unsettled = await anchors.unsettled(slug, chain.listed);
    if (unsettled.length === 0) return isSettled;
    const [finalised, safe] = [await chain.block('finalized'), await chain.block('safe')];
    for (const anchor of unsettled) {
      const event = await this.#find(log, anchor.size, anchor.searchFrom);
      if (event === undefined) await this.#missing(anchor, log);
      else if (event.block <= (finalised?.number ?? -1n) && (await isCanonical(chain, event))) {
        await anchors.moved(anchor, 'finalised', event);
      } else await anchors.moved(anchor, event.block <= (safe?.number ?? -1n) ? 'safe' : 'included', event);
    }
    return isSettled && (await anchors.unsettled(slug, chain.listed)).length === 0;
  }

  /** Throws the alarm `funds_low` where the publisher's key can pay for fewer than `min` more transactions. */
  async checkFunds({ slug, chain }: AnchoredLog, min: bigint): Promise<void> {
    const sender = await this.#options.senders.of(chain, slug);
    const affordable = await sender.affordable();
    if (affordable === undefined || affordable >= min) return;
    const { key } = await chain.queueOf(slug);
    throw new AnchoringAlarm(
      'funds_low',
      `The coins of ${key.address} on chain ${key.chainId} pay for ${affordable} more anchors of ${slug}.`,
    );
  }

  /** An anchor that no block holds: on its way, undone, or overtaken by a larger one that is final. */
  async #missing(anchor: Anchor, { slug, chain }: AnchoredLog): Promise<void> {
    const { anchors } = this.#options;
    const last = await anchors.lastFinalised(slug, chain.listed);
    if (last !== undefined && last.size > anchor.size) await anchors.moved(anchor, 'superseded', undefined);
    else if (anchor.state === 'included' || anchor.state === 'safe') await anchors.moved(anchor, 'dropped', undefined);
  }

  /** Writes down every anchor of the contract, if we do not know of the last: our database may be older than the chain. */
  async #notice(log: AnchoredLog, held: ChainHead): Promise<void> {
    const { anchors, clock } = this.#options;
    const { slug, logId, chain } = log;
    if ((await anchors.find(slug, chain.listed, held.size)) !== undefined) return;
    const { chainId, contract, fromBlock } = chain.listed;
    for (const event of await chain.allAnchored(logId)) {
      const { size, root, tx } = await this.#ours(log, event);
      if ((await anchors.find(slug, chain.listed, size)) !== undefined) continue;
      const known = { log: slug, chainId, contract, logId, size, root, oldSize: 0n, tx, searchFrom: BigInt(fromBlock) };
      await anchors.keep({ ...known, state: 'submitted', signedAt: new Date(clock.now()), place: undefined });
    }
  }

  async #find(log: AnchoredLog, size: bigint, fromBlock: bigint): Promise<AnchoredEvent | undefined> {
    const event = await log.chain.anchored(log.logId, size, fromBlock);
    return event && this.#ours(log, event);
  }

  /** The event, if its root is ours. */
  async #ours({ slug }: AnchoredLog, event: AnchoredEvent): Promise<AnchoredEvent> {
    if (event.root.equals(await this.#options.query.rootAt(slug, event.size))) return event;
    throw new AnchoringAlarm('chain_foreign', `Block ${event.block} anchors ${event.size} leaves of ${slug} with a root that is not ours.`);
  }

  async #answerRefusal({ slug, logId, chain }: AnchoredLog, { reason, message }: AnchorRefusedFault): Promise<void> {
    if (reason === 'moved') return; // An earlier transaction arrived meanwhile: the next look finds it.
    if (reason === 'not_registered' && this.#options.mayRegister(chain)) return this.#register({ slug, logId, chain });
    if (reason === 'not_registered')
      throw new AnchoringAlarm('not_registered', `The contract does not know ${slug}: its admin has to register log id 0x${logId}.`);
    if (reason === 'frozen') throw new AnchoringAlarm('frozen', `A guardian froze ${slug} in the contract. It takes a new log.`);
    if (reason === 'not_publisher') {
      const [publisher, { key }] = [await chain.publisherOf(logId), await chain.queueOf(slug)];
      throw new AnchoringAlarm('publisher_foreign', `The publisher of ${slug} is ${publisher ?? 'nobody'}; our key is ${key.address}.`);
    }
    if (reason === 'inconsistent') throw new AnchoringAlarm('inconsistent', `The contract refuses the proof of ${slug}: ${message}`);
    throw new AnchorAttemptFault(message);
  }

  async #register({ slug, logId, chain }: AnchoredLog): Promise<void> {
    try {
      await chain.register(slug, logId);
    } catch (error) {
      if (!(error instanceof ChainRefusedFault) || (await chain.publisherOf(logId)) !== undefined) throw error;
      throw new AnchoringAlarm('not_registered', `The contract does not let us register ${slug}, log id 0x${logId}: ${error.message}`);
    }
  }
}

/** The contract refuses for a reason that is none of its own. */
class AnchorAttemptFault extends ChainFault {
  override readonly name = 'AnchorAttemptFault';
  readonly retryable = true;
}

async function isCanonical(chain: AnchorChain, { block, blockHash }: AnchoredEvent): Promise<boolean> {
  return (await chain.block(block))?.hash === blockHash;
}
