import type { CheckoutAsks } from './checkout-asks.ts';
import { linkOf } from './checkout-asks.ts';
import type { CheckoutSlot } from './checkout-link.ts';
import type { PayerDesk, SeenTransaction, SentTransaction } from './payer-desk.ts';

/** A transaction that the payer's wallet said it sent, and what was seen of it before. */
export interface NamedTransaction {
  readonly tx: string;
  readonly seen?: SeenTransaction;
}

export interface TransactionLookupsOptions {
  readonly desk: Pick<PayerDesk, 'sent' | 'successor'>;
  readonly asks: CheckoutAsks;
  readonly nowMs?: () => number;
}

/** An answer is given again for so long, and a dear one for longer. */
const freshMs = 2_000;
const searchedFreshMs = 15_000;
/** Transactions of one link whose answers are kept: the page asks for one. */
const answersMax = 4;
/** More links than this are looked through for those whose answers are old. */
const linksMax = 2_000;

interface Answer {
  readonly told: Promise<SentTransaction>;
  /** Infinite while it is being asked. */
  untilMs: number;
}

interface Link {
  readonly answers: Map<string, Answer>;
  /** Settles when nothing is asked for this link any more. */
  idle: Promise<unknown>;
}

/**
 * What became of the transactions that payers name. Anybody may name any, so a link has one question at a time, the same one is answered from
 * what was found a moment ago, and each that reaches a node counts.
 */
export class TransactionLookups {
  readonly #options: TransactionLookupsOptions;
  readonly #nowMs: () => number;
  readonly #links = new Map<string, Link>();

  constructor(options: TransactionLookupsOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Throws `TooManyAsksFault` where the link has asked too much, and chain faults. */
  async of(slot: CheckoutSlot, chainId: string, named: NamedTransaction): Promise<SentTransaction> {
    const link = this.#linkOf(slot);
    const key = keyOf(chainId, named);
    const known = link.answers.get(key);
    if (known !== undefined && known.untilMs > this.#nowMs()) return known.told;
    this.#options.asks.take(slot, 'transaction');
    return this.#ask(slot, link, { key, chainId, named });
  }

  #ask(
    slot: CheckoutSlot,
    link: Link,
    { key, chainId, named }: { readonly key: string; readonly chainId: string; readonly named: NamedTransaction },
  ): Promise<SentTransaction> {
    let isSearched = false;
    const told = link.idle.then(async () => {
      const { desk, asks } = this.#options;
      const sent = await desk.sent(chainId, named.tx);
      if (sent.state !== 'unknown' || named.seen === undefined) return sent;
      asks.take(slot, 'search');
      isSearched = true;
      return desk.successor(chainId, named.seen);
    });
    const answer: Answer = { told, untilMs: Number.POSITIVE_INFINITY };
    link.answers.delete(key);
    link.answers.set(key, answer);
    link.idle = told.then(
      () => (answer.untilMs = this.#nowMs() + (isSearched ? searchedFreshMs : freshMs)),
      () => (answer.untilMs = 0),
    );
    for (const oldest of link.answers.keys()) {
      if (link.answers.size <= answersMax) break;
      link.answers.delete(oldest);
    }
    return told;
  }

  #linkOf(slot: CheckoutSlot): Link {
    const key = linkOf(slot);
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    if (this.#links.size >= linksMax) this.#forgetOld();
    const link: Link = { answers: new Map(), idle: Promise.resolve() };
    this.#links.set(key, link);
    return link;
  }

  #forgetOld(): void {
    const now = this.#nowMs();
    for (const [key, { answers }] of this.#links) if ([...answers.values()].every(({ untilMs }) => untilMs <= now)) this.#links.delete(key);
  }
}

/** The height at which it was seen goes up with every answer, and changes nothing about the question. */
function keyOf(chainId: string, { tx, seen }: NamedTransaction): string {
  return [chainId, tx, ...(seen === undefined ? [] : [seen.from, seen.nonce, seen.call])].join(' ');
}
