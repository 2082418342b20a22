import { hash } from '#platform';
import { isHex64 } from './hex.ts';
import { entryText } from './stored-event.ts';

/** What an entry says, as it stands there. */
export interface Entry {
  readonly at: string;
  readonly id: string;
  readonly meta: string;
  readonly pay: string;
  readonly prev: string;
  readonly revision: number;
  /** The same as it stands there. */
  readonly revisionText: string;
  readonly stream: string;
  readonly type: string;
}

/** Where an entry stands, and how long those of its parts are that have no fixed length; the type takes what is left. */
export interface EntryPlace {
  readonly start: number;
  readonly end: number;
  readonly revisionLength: number;
  readonly streamLength: number;
}

const entryBytesMax = 4096;
const streamLengthMax = 512;
const typeLengthMax = 128;
const typesKeptMax = 1000;

const begin = /\{"at":"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z","id":"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/y;
const beginLength = 75;
const revisionPattern = /^(0|[1-9][0-9]{0,18})$/;
const streamPattern = /^([a-z0-9]{2,20}\.[a-zA-Z]+-[A-Za-z0-9_.:-]+|invalid:[0-9a-f]{64})$/;
const typePattern = /^([A-Z][A-Za-z0-9]*\/[1-9][0-9]*|invalid:[0-9a-f]{64})$/;
const hexLength = 64;
const nameOfPay = '","pay":"';
const nameOfPrev = '","prev":"';
const nameOfRevision = '","rev":"';
const nameOfStream = '","stream":"';
const nameOfType = '","type":"';
const endOfEntry = '","v":"ledger-leaf/1"}';

/**
 * Reads entries of one log by their fixed pattern: ten fields in this order, all text without escapes, so that JSON need not be parsed and
 * there is one text for each entry.
 */
export class EntryReader {
  /** What stands between id and `meta`. */
  readonly #log: string;
  /** Where the parts begin, counted from the begin of the entry. */
  readonly #metaAt: number;
  readonly #payAt: number;
  readonly #prevAt: number;
  readonly #revisionAt: number;
  /** Types are few. */
  readonly #types = new Set<string>();

  constructor(origin: string) {
    this.#log = `","log":"${origin}","meta":"`;
    this.#metaAt = beginLength + this.#log.length;
    this.#payAt = this.#metaAt + hexLength + nameOfPay.length;
    this.#prevAt = this.#payAt + hexLength + nameOfPrev.length;
    this.#revisionAt = this.#prevAt + hexLength + nameOfRevision.length;
  }

  /** The entry from `start` up to `end` of some bytes, which are also given as text; undefined for one that has another form. */
  read(bytes: Buffer, text: string, start: number, end: number): Entry | undefined {
    const payAt = start + this.#payAt;
    const prevAt = start + this.#prevAt;
    const revisionAt = start + this.#revisionAt;
    if (end - start > entryBytesMax || revisionAt > end || !this.#hasBegin(text, start)) return undefined;
    const hasNames =
      text.startsWith(nameOfPay, payAt - nameOfPay.length) &&
      text.startsWith(nameOfPrev, prevAt - nameOfPrev.length) &&
      text.startsWith(nameOfRevision, revisionAt - nameOfRevision.length);
    if (!hasNames || !isHex64(bytes, start + this.#metaAt) || !isHex64(bytes, payAt) || !isHex64(bytes, prevAt)) return undefined;
    const revisionEnd = text.indexOf('"', revisionAt);
    const streamAt = revisionEnd + nameOfStream.length;
    const streamEnd = text.indexOf('"', streamAt);
    if (!text.startsWith(nameOfStream, revisionEnd) || !text.startsWith(nameOfType, streamEnd)) return undefined;
    const typeEnd = end - endOfEntry.length;
    if (streamEnd - streamAt > streamLengthMax || typeEnd - streamEnd - nameOfType.length > typeLengthMax) return undefined;
    if (streamEnd + nameOfType.length > typeEnd || !text.startsWith(endOfEntry, typeEnd)) return undefined;
    const entry = this.partsOf(text, { start, end, revisionLength: revisionEnd - revisionAt, streamLength: streamEnd - streamAt });
    return revisionPattern.test(entry.revisionText) && streamPattern.test(entry.stream) && this.#isType(entry.type) ? entry : undefined;
  }

  /** The parts of an entry that is known to have the form. */
  partsOf(text: string, { start, end, revisionLength, streamLength }: EntryPlace): Entry {
    const hexAt = (at: number) => text.slice(start + at, start + at + hexLength);
    const revisionAt = start + this.#revisionAt;
    const streamAt = revisionAt + revisionLength + nameOfStream.length;
    const revisionText = text.slice(revisionAt, revisionAt + revisionLength);
    return {
      at: text.slice(start + 7, start + 31),
      id: text.slice(start + 39, start + 75),
      meta: hexAt(this.#metaAt),
      pay: hexAt(this.#payAt),
      prev: hexAt(this.#prevAt),
      revision: Number(revisionText),
      revisionText,
      stream: text.slice(streamAt, streamAt + streamLength),
      type: text.slice(streamAt + streamLength + nameOfType.length, end - endOfEntry.length),
    };
  }

  #hasBegin(text: string, start: number): boolean {
    begin.lastIndex = start;
    return begin.test(text) && text.startsWith(this.#log, start + beginLength);
  }

  #isType(type: string): boolean {
    if (this.#types.has(type)) return true;
    if (!typePattern.test(type)) return false;
    // A text of its own: a slice would keep its whole bundle alive.
    if (this.#types.size < typesKeptMax) this.#types.add(Buffer.from(type, 'latin1').toString('latin1'));
    return true;
  }
}

/** The text that an entry was read from. */
export function textOfEntry(log: string, { at, id, meta, pay, prev, revisionText, stream, type }: Entry): string {
  return entryText({ at, id, log, meta, pay, prev, rev: revisionText, stream, type });
}

/** SHA-256(0x00 || E), 64 lower-case hex. */
export function leafHashOf(entry: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.of(0x00), entry]), 'hex');
}
