import { instantText } from '../log/instant.ts';
import type { Check, StatedAnchor } from './check.ts';

/** A final block that covers all leaves below a size. */
export interface CoveringAnchor {
  readonly size: number;
  /** Of the block, seconds since 1970. */
  readonly time: number;
  readonly anchor?: StatedAnchor;
}

export interface Tick {
  readonly index: number;
  readonly chainId: bigint;
  readonly blockNumber: bigint;
  readonly blockHash: string;
  readonly toleranceSeconds: number;
}

/** What the auditor's node says of the block of a tick: its time, or what is wrong with it. */
export type TickAnswer =
  | { readonly time: number }
  | { readonly problem: string; readonly isProven: boolean; readonly evidence?: Readonly<Record<string, string>> };

/** The time is that of the first anchor of these leaves, or of more. */
interface BoundingAnchor extends CoveringAnchor {
  readonly first: CoveringAnchor;
}

interface Early {
  readonly index: number;
  readonly at: string;
}

interface Span {
  readonly tick: Tick;
  /** The leaves that claim to be older than all leaves before them since the tick: the first one that is too old is among them. */
  readonly earliest: Early[];
}

export interface TimeState {
  readonly spans: readonly { readonly tick: Tick; readonly earliest: readonly Early[] }[];
}

const ticksAtOnce = 8;

/**
 * V6: a leaf is younger than the last tick before it and older than the first anchor that covers it, give or take the tolerance. Instants
 * are compared as text, which is their order; so a month of 13 is simply late.
 */
export class TimeCheck {
  readonly #check: Check;
  readonly #anchors: readonly BoundingAnchor[];
  readonly #spans: Span[] = [];
  readonly #lastBlocks = new Map<bigint, bigint>();
  #span: Span | undefined;
  #anchor = -1;
  #coveredSize = 0;
  #latest: string | undefined;

  /** Anchors on all chains, sorted by size. */
  constructor(check: Check, anchors: readonly CoveringAnchor[]) {
    this.#check = check;
    this.#anchors = firstTimes(anchors);
  }

  state(): TimeState {
    return { spans: this.#spans };
  }

  resume({ spans }: TimeState): void {
    for (const { tick, earliest } of spans) {
      this.#spans.push((this.#span = { tick, earliest: [...earliest] }));
      this.#lastBlocks.set(tick.chainId, tick.blockNumber);
    }
  }

  /** Takes leaves in order. */
  next(index: number, at: string, toleranceSeconds: number): void {
    const { earliest } = this.#span ?? {};
    if (earliest !== undefined && at < (earliest[earliest.length - 1]?.at ?? '~')) earliest.push({ index, at: copyOf(at) });
    if (index >= this.#coveredSize) this.#turnTo(index, toleranceSeconds);
    if (this.#latest === undefined || at <= this.#latest) return;
    const { size, time, first } = this.#anchors[this.#anchor] as BoundingAnchor;
    const message = `at ${at} is later than the anchor of ${size} leaves that covers it`;
    const evidence = { at: copyOf(at), anchorTime: instantText(time) };
    const proof = first.anchor && ({ kind: 'behind anchor', size: first.size, anchor: first.anchor } as const);
    this.#check.invalid.add({ index, message, evidence, proof });
  }

  /** Takes a tick after its own leaf was given to `next`. */
  tick(tick: Tick): void {
    const last = this.#lastBlocks.get(tick.chainId);
    if (last !== undefined && tick.blockNumber <= last) {
      const message = `the tick names block ${tick.blockNumber}, but an earlier one names block ${last}`;
      this.#check.invalid.add({ index: tick.index, message });
    }
    this.#lastBlocks.set(tick.chainId, tick.blockNumber);
    this.#spans.push((this.#span = { tick, earliest: [] }));
  }

  /** Asks for the block of each tick, and holds the leaves behind it against its time. */
  async finish(answerOf: (tick: Tick) => Promise<TickAnswer>): Promise<void> {
    for (let from = 0; from < this.#spans.length; from += ticksAtOnce) {
      const spans = this.#spans.slice(from, from + ticksAtOnce);
      const answers = await Promise.all(spans.map(({ tick }) => answerOf(tick)));
      spans.forEach((span, place) => this.#judge(span, answers[place] as TickAnswer));
    }
  }

  #judge({ tick, earliest }: Span, answer: TickAnswer): void {
    const { index, toleranceSeconds } = tick;
    if ('problem' in answer) {
      const { problem: message, isProven, evidence } = answer;
      (isProven ? this.#check.invalid : this.#check.unverifiable).add({ index, message, evidence });
      return;
    }
    const bound = instantText(answer.time - toleranceSeconds);
    const tooEarly = earliest.find(({ at }) => at < bound);
    if (tooEarly === undefined) return;
    const message = `at ${tooEarly.at} is earlier than the block of the tick at leaf ${index}`;
    const evidence = { at: tooEarly.at, tickTime: instantText(answer.time), block: tick.blockNumber.toString(), blockHash: tick.blockHash };
    this.#check.invalid.add({ index: tooEarly.index, message, evidence, proof: { kind: 'before tick', tick: index } });
  }

  #turnTo(index: number, toleranceSeconds: number): void {
    while (index >= this.#coveredSize && this.#coveredSize < Infinity) this.#coveredSize = this.#anchors[++this.#anchor]?.size ?? Infinity;
    const anchor = this.#anchors[this.#anchor];
    this.#latest = anchor && instantText(anchor.time + toleranceSeconds);
  }
}

/** With several chains an anchor of more leaves may be the older one: it bounds the leaves below a smaller anchor too. */
function firstTimes(anchors: readonly CoveringAnchor[]): BoundingAnchor[] {
  const bounded: BoundingAnchor[] = [];
  let first: CoveringAnchor | undefined;
  for (const anchor of anchors.toReversed()) {
    if (first === undefined || anchor.time <= first.time) first = anchor;
    bounded.push({ size: anchor.size, time: first.time, first });
  }
  return bounded.reverse();
}

function copyOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
