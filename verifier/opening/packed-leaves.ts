import type { PostingLine, PostingLines } from '../fold/postings.ts';
import type { EntryReader } from '../log/entry.ts';
import { entryEndAt, entrySizeBytes } from './leaf-opener.ts';
import type { OpenedLeaf, LeafEvent, NoEvent } from './opened-leaf.ts';

/**
 * The leaves of a bundle on their way from one thread to another. Objects would be copied one by one, which takes as long as opening them;
 * so they travel as numbers, and their texts in few pieces.
 */
export interface PackedLeaves {
  /** The bundle of entries, as it was served. */
  readonly entries: Uint8Array<ArrayBuffer>;
  readonly hashes: readonly string[];
  /** For each leaf: the lengths of revision and stream (0 without an entry), the state of its event, how many lines it has. */
  readonly leaves: Uint32Array<ArrayBuffer>;
  /** For each line: account, amount and currency as places in `texts`, and the direction. */
  readonly lines: Uint32Array<ArrayBuffer>;
  /** Each only once. */
  readonly texts: readonly string[];
  /** By place in the bundle. */
  readonly payloads: ReadonlyMap<number, string>;
}

const numbersOfLeaf = 4;
const numbersOfLine = 4;
const noEvents: readonly NoEvent[] = ['other', 'missing', 'withheld', 'no line', 'unreadable'];
/** The state of an event that was opened: this, and what else is true of it. */
const isOpened = 8;
const isMalformed = 4;
const isCanonical = 2;
const isUnreadable = 1;

export function packLeaves(opened: Iterable<OpenedLeaf>, entries: Uint8Array<ArrayBuffer>): PackedLeaves {
  const leaves: number[] = [];
  const lines: number[] = [];
  const hashes: string[] = [];
  const places = new Map<string, number>();
  const payloads = new Map<number, string>();
  for (const { hash, entry, event } of opened) {
    if (typeof event !== 'string' && event.payload !== undefined) payloads.set(hashes.length, event.payload);
    const count = typeof event === 'string' ? 0 : packLines(event.lines, lines, places);
    leaves.push(entry?.revisionText.length ?? 0, entry?.stream.length ?? 0, stateOf(event), count);
    hashes.push(hash);
  }
  return { entries, hashes, leaves: new Uint32Array(leaves), lines: new Uint32Array(lines), texts: [...places.keys()], payloads };
}

/** Unpacks what was packed for the same log, leaf by leaf. */
export function* unpackLeaves(packed: PackedLeaves, entryReader: EntryReader): Generator<OpenedLeaf> {
  const { buffer, byteOffset, byteLength } = packed.entries;
  const bytes = Buffer.from(buffer, byteOffset, byteLength);
  const text = bytes.toString('latin1');
  let start = entrySizeBytes;
  let line = 0;
  for (const [place, hash] of packed.hashes.entries()) {
    const [revisionLength, streamLength, state, lines] = numbersAt(packed.leaves, place * numbersOfLeaf);
    const end = entryEndAt(bytes, start - entrySizeBytes);
    const entry = revisionLength === 0 ? undefined : entryReader.partsOf(text, { start, end, revisionLength, streamLength });
    yield { hash, entry, event: eventOf(state, unpackLines(packed, line, lines), packed.payloads.get(place)) };
    start = end + entrySizeBytes;
    line += lines;
  }
}

function stateOf(event: LeafEvent | NoEvent): number {
  if (typeof event === 'string') return noEvents.indexOf(event);
  const flags = (event.isMalformed ? isMalformed : 0) | (event.isCanonical ? isCanonical : 0);
  return isOpened | flags | (event.lines === 'unreadable' ? isUnreadable : 0);
}

function eventOf(state: number, lines: readonly PostingLine[], payload: string | undefined): LeafEvent | NoEvent {
  if (state < isOpened) return noEvents[state] as NoEvent;
  return {
    isMalformed: (state & isMalformed) !== 0,
    isCanonical: (state & isCanonical) !== 0,
    lines: (state & isUnreadable) !== 0 ? 'unreadable' : lines,
    payload,
  };
}

/** Answers how many lines were added. */
function packLines(lines: PostingLines, packed: number[], places: Map<string, number>): number {
  if (lines === 'unreadable') return 0;
  for (const { account, amount, currency, direction } of lines)
    packed.push(placeOf(account, places), placeOf(amount, places), placeOf(currency, places), direction === 'debit' ? 1 : 0);
  return lines.length;
}

function unpackLines({ lines: packed, texts }: PackedLeaves, from: number, count: number): PostingLine[] {
  const lines: PostingLine[] = [];
  for (let at = from * numbersOfLine; at < (from + count) * numbersOfLine; at += numbersOfLine) {
    const [account, amount, currency, isDebit] = numbersAt(packed, at);
    lines.push({
      account: texts[account] as string,
      amount: texts[amount] as string,
      currency: texts[currency] as string,
      direction: isDebit === 1 ? 'debit' : 'credit',
    });
  }
  return lines;
}

function placeOf(text: string, places: Map<string, number>): number {
  const place = places.get(text) ?? places.size;
  if (place === places.size) places.set(text, place);
  return place;
}

function numbersAt(numbers: Uint32Array, at: number): readonly [number, number, number, number] {
  return [numbers[at] as number, numbers[at + 1] as number, numbers[at + 2] as number, numbers[at + 3] as number];
}
