const startBlocks = 500;
const blocksMaxDefault = 10_000;

/** How the nodes of known providers say that a range was too wide, or held too much; what they say in numbers is read by `blocksIn`. */
const refusals = [
  /block range|range (is )?(too|limit|exceed)|max(imum)? (block )?range|ranges? over|range .*(max|limit)|exceeds? the range|limited to a/i,
  /more than \d[\d,]* results|too many (results|logs)|logs matched by query exceeds|response size|response (is )?too (large|big)|query exceeds/i,
  /query timeout|query timed out|request timed out|execution timeout/i,
];
/** What looks alike, and passes by itself. */
const throttles = /rate limit|too many requests|requests? (per|limit)|throughput|compute units|capacity/i;

const limitPattern =
  /(?:up to|limited to|max(?:imum)?|allowed|limit|over|exceeds?)(?: (?:is|of|the|max|block range|range|a|an))*\s*:?\s*(\d[\d,_]*)\s*(k\b)?/i;

/**
 * How many blocks a node is asked for at once. Every provider has a limit of its own, in blocks, in logs or in time, and says so in words of
 * its own: we begin small, take half when it was too much, or what the node suggests, and grow slowly.
 */
export class LogPages {
  readonly #blocksMax: number;
  #blocks: number;

  constructor(blocksMax = blocksMaxDefault) {
    this.#blocksMax = blocksMax;
    this.#blocks = Math.min(startBlocks, blocksMax);
  }

  get blocks(): bigint {
    return BigInt(this.#blocks);
  }

  /** A full page was answered. */
  grow(): void {
    this.#blocks = Math.min(this.#blocksMax, Math.ceil(this.#blocks * 1.05));
  }

  /** Takes fewer blocks from now on. False if the refusal is about something else, or there is nothing less to ask for. */
  shrink(message: string, from: bigint): boolean {
    if (!isTooMuch(message) || this.#blocks === 1) return false;
    const suggested = blocksIn(message, from) ?? 0;
    this.#blocks = suggested > 0 && suggested < this.#blocks ? suggested : Math.floor(this.#blocks / 2);
    return true;
  }
}

/** Whether a node refuses because of how much was asked for, and not because of how often. */
export function isTooMuch(message: string): boolean {
  return !throttles.test(message) && refusals.some((refusal) => refusal.test(message));
}

/** The width that a refusal names: a range that would work, or the limit. */
function blocksIn(message: string, from: bigint): number | undefined {
  const [, first, last] = /\[\s*(0x[0-9a-f]+|\d+)\s*,\s*(0x[0-9a-f]+|\d+)\s*\]/i.exec(message) ?? [];
  if (first !== undefined && last !== undefined && BigInt(first) === from && BigInt(last) >= from) return Number(BigInt(last) - from + 1n);
  if (!/block|range/i.test(message) || /results|logs matched/i.test(message)) return undefined;
  const [, limit, thousands] = limitPattern.exec(message) ?? [];
  return limit === undefined ? undefined : Number(limit.replace(/[,_]/g, '')) * (thousands === undefined ? 1 : 1000);
}
