import type { Anchor, ChainReader } from './chain.ts';
import type { Findings, Place } from './findings.ts';
import type { JsonRecord } from './canonical-json.ts';

export interface TimeLineOptions {
  readonly anchors: readonly Anchor[];
  readonly chains: readonly ChainReader[];
  readonly toleranceSeconds: number;
  readonly findings: Findings;
}

/**
 * The time sandwich (V6): an event is younger than the last tick before it and older than the first anchor that covers it, both times
 * taken from final blocks, give or take the tolerance.
 */
export class TimeLine {
  readonly #options: TimeLineOptions;
  readonly #bySize: readonly Anchor[];
  #next = 0;
  #tickMs: number | undefined;
  #tickBlock = -1n;

  constructor(options: TimeLineOptions) {
    this.#options = options;
    this.#bySize = options.anchors.toSorted((left, right) => Number(left.size - right.size));
  }

  /** A `TimeTicked` leaf: its block must be final, have the hash it says, and come after the tick before. */
  async tick({ chainId, blockNumber, blockHash }: JsonRecord, place: Place): Promise<void> {
    const { chains, findings } = this.#options;
    if (typeof chainId !== 'string' || typeof blockNumber !== 'string' || typeof blockHash !== 'string') {
      findings.invalid('V6', 'A tick names no block.', place);
      return;
    }
    const chain = chains.find((each) => each.chainId.toString() === chainId);
    if (chain === undefined) return;
    const block = await chain.finalBlock(Number(blockNumber));
    if (block === undefined) findings.unverifiable('V6', `Block ${blockNumber}, which a tick names, is not final or not there.`, place);
    else if (block.hash.toLowerCase() !== blockHash)
      findings.invalid('V6', `Block ${blockNumber} has another hash than the tick says.`, place);
    else if (BigInt(blockNumber) < this.#tickBlock) findings.invalid('V6', 'A tick names an older block than the tick before.', place);
    else {
      this.#tickMs = block.timeMs;
      this.#tickBlock = BigInt(blockNumber);
    }
  }

  /** Leaf `index` says that it was made at `at`. */
  check(index: bigint, at: string, place: () => Place): void {
    const { findings, toleranceSeconds } = this.#options;
    const atMs = Date.parse(at);
    if (this.#tickMs !== undefined && atMs < this.#tickMs - toleranceSeconds * 1_000) {
      findings.invalid('V6', `The event says ${at}, but stands behind a tick of ${new Date(this.#tickMs).toISOString()}.`, place());
    }
    while (this.#next < this.#bySize.length && (this.#bySize[this.#next] as Anchor).size <= index) this.#next++;
    const anchor = this.#bySize[this.#next];
    if (anchor !== undefined && atMs > anchor.timeMs + toleranceSeconds * 1_000) {
      findings.invalid('V6', `The event says ${at}, but was anchored at ${new Date(anchor.timeMs).toISOString()} already.`, place());
    }
  }
}

/** Were anchors as frequent as promised? A gap that ended is a finding; a live log that has gone quiet cannot be judged. */
export function checkHeartbeat(
  anchors: readonly Anchor[],
  heartbeatSeconds: number,
  toleranceSeconds: number,
  findings: Findings,
  nowMs: number | undefined,
): void {
  const patienceMs = (heartbeatSeconds + toleranceSeconds) * 1_000;
  const times = anchors.map(({ timeMs }) => timeMs).sort((left, right) => left - right);
  for (let at = 1; at < times.length; at++) {
    const [before, after] = [times[at - 1] as number, times[at] as number];
    if (after - before > patienceMs)
      findings.find('gap', `No anchor between ${new Date(before).toISOString()} and ${new Date(after).toISOString()}.`);
  }
  const last = times.at(-1);
  if (nowMs !== undefined && last !== undefined && nowMs - last > patienceMs) {
    findings.unverifiable('V6', `The last anchor is of ${new Date(last).toISOString()}; the log promised one every ${heartbeatSeconds} s.`);
  }
}
