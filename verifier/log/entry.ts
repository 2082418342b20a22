import { hash } from 'node:crypto';
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

const entryBytesMax = 4096;
const typesKeptMax = 1000;

const begin = /\{"at":"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z","id":"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/y;
const beginLength = 75;
const revisionPattern = /^(0|[1-9][0-9]{0,18})$/;
const streamPattern = /^([a-z0-9]{2,20}\.[a-zA-Z]+-[A-Za-z0-9_.:-]+|invalid:[0-9a-f]{64})$/;
const typePattern = /^([A-Z][A-Za-z0-9]*\/[1-9][0-9]*|invalid:[0-9a-f]{64})$/;
const endOfEntry = '","v":"ledger-leaf/1"}';

/**
 * Reads entries of one log by their fixed pattern: ten fields in this order, all text without escapes, so that JSON need not be parsed and
 * there is one text for each entry.
 */
export class EntryReader {
  /** What stands between id and `meta`. */
  readonly #log: string;
  /** Types are few. */
  readonly #types = new Set<string>();

  constructor(origin: string) {
    this.#log = `","log":"${origin}","meta":"`;
  }

  /** The entry from `start` up to `end` of some bytes, which are also given as text; undefined for one that has another form. */
  read(bytes: Buffer, text: string, start: number, end: number): Entry | undefined {
    const metaAt = start + beginLength + this.#log.length;
    const payAt = metaAt + 64 + 9;
    const prevAt = payAt + 64 + 10;
    const revisionAt = prevAt + 64 + 9;
    if (end - start > entryBytesMax || revisionAt > end || !this.#hasBegin(text, start)) return undefined;
    const hasNames =
      text.startsWith('","pay":"', payAt - 9) && text.startsWith('","prev":"', prevAt - 10) && text.startsWith('","rev":"', revisionAt - 9);
    if (!hasNames || !isHex64(bytes, metaAt) || !isHex64(bytes, payAt) || !isHex64(bytes, prevAt)) return undefined;
    const revisionEnd = text.indexOf('"', revisionAt);
    const streamAt = revisionEnd + 12;
    const streamEnd = text.indexOf('"', streamAt);
    const typeAt = streamEnd + 10;
    const typeEnd = end - endOfEntry.length;
    if (!text.startsWith('","stream":"', revisionEnd) || !text.startsWith('","type":"', streamEnd) || typeAt > typeEnd) return undefined;
    const revision = text.slice(revisionAt, revisionEnd);
    const stream = text.slice(streamAt, streamEnd);
    const type = text.slice(typeAt, typeEnd);
    if (!text.startsWith(endOfEntry, typeEnd) || !revisionPattern.test(revision) || !streamPattern.test(stream) || !this.#isType(type))
      return undefined;
    return {
      at: text.slice(start + 7, start + 31),
      id: text.slice(start + 39, start + 75),
      meta: text.slice(metaAt, metaAt + 64),
      pay: text.slice(payAt, payAt + 64),
      prev: text.slice(prevAt, prevAt + 64),
      revision: Number(revision),
      revisionText: revision,
      stream,
      type,
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
