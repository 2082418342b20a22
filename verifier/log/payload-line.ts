import { isAscii } from '#platform';
import { isObject, parseJson } from './canonical-json.ts';
import type { Entry } from './entry.ts';

/** A line of `payloads/NNN.jsonl`, as it stands there. */
export interface PayloadLine {
  readonly id: string;
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  /** Base64. */
  readonly data: string;
  readonly metadata: string;
}

/** `missing`: the event store has no such event any more. `withheld`: not for everybody's eyes. `unreadable`: no line of this kind. */
export type ReadPayloadLine = PayloadLine | 'missing' | 'withheld' | 'unreadable';

const lineEnd = 0x0a;
/** An event has at most 1 MiB of data and as much of metadata, and base64 takes a third more. */
const lineBytesMax = 4 * 1024 * 1024;

const tooLong = 'too long';

/** The lines of a file of payloads, from the first on. Not a text of the whole file: that would take longer to make than all of its lines. */
export class PayloadLines {
  readonly #bytes: Buffer;
  readonly #encoding: 'latin1' | 'utf8';
  #next = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#encoding = isAscii(bytes) ? 'latin1' : 'utf8';
  }

  /** Behind the last one all are empty. One that is longer than a line can be is a text that none is. */
  next(): string {
    const start = this.#next;
    const found = this.#bytes.indexOf(lineEnd, start);
    const end = found < 0 ? this.#bytes.length : found;
    this.#next = Math.min(end + 1, this.#bytes.length);
    return end - start > lineBytesMax ? tooLong : this.#bytes.toString(this.#encoding, start, end);
  }

  /** The line at a place, of those that are still to come. */
  at(place: number): string {
    for (let before = 0; before < place; before++) this.next();
    return this.next();
  }
}

/** Reads the line that must be about this leaf. */
export function readPayloadLine(text: string, index: number): ReadPayloadLine {
  const fields = parseJson(text);
  if (!isObject(fields) || fields['i'] !== String(index)) return 'unreadable';
  const { id, stream, rev, type, data, metadata } = fields;
  if (data === 'missing' || metadata === 'missing') return 'missing';
  if (data === null || metadata === null) return 'withheld';
  if (typeof id !== 'string' || typeof stream !== 'string' || typeof rev !== 'string' || typeof type !== 'string') return 'unreadable';
  if (typeof data !== 'string' || typeof metadata !== 'string') return 'unreadable';
  return { id, stream, revision: rev, type, data, metadata };
}

/**
 * The same for a line that is about this entry and has the form in which all are written; undefined says nothing. Spares the JSON of
 * millions of lines.
 */
export function readExpectedLine(
  text: string,
  index: number,
  { id, stream, revisionText: revision, type }: Entry,
): PayloadLine | undefined {
  const place = `{"i":"${index}","id":"${id}","stream":"${stream}","rev":"${revision}","type":"${type}","data":"`;
  if (!text.startsWith(place)) return undefined;
  const dataAt = place.length;
  const end = text.indexOf('"', dataAt);
  if (end < 0 || !text.startsWith('","metadata":"', end)) return undefined;
  const metadataAt = end + 14;
  const metadataEnd = text.length - 2;
  if (text.indexOf('"', metadataAt) !== metadataEnd || text[metadataEnd + 1] !== '}' || text.includes('\\')) return undefined;
  const data = text.slice(dataAt, end);
  const metadata = text.slice(metadataAt, metadataEnd);
  return data === 'missing' || metadata === 'missing' ? undefined : { id, stream, revision, type, data, metadata };
}

/** Decodes base64 in its one canonical form; undefined for any other text. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return isCanonicalBase64(text, bytes.length) ? bytes : undefined;
}

/** What may stand before the padding: characters whose unused bits are zero. */
const lastBeforeOne = 'AEIMQUYcgkosw048';
const lastBeforeTwo = 'AQgw';

/**
 * Is the text the canonical base64 of as many bytes as node decoded from it? Node passes over characters that are none of base64, and takes
 * the two of the URL alphabet; a character that it passed over shows in the number of bytes, or in a padding that does not go with it.
 */
export function isCanonicalBase64(text: string, bytes: number): boolean {
  const { length } = text;
  if (length !== Math.ceil(bytes / 3) * 4 || text.includes('-') || text.includes('_')) return false;
  if (bytes % 3 === 0) return true;
  const isOne = bytes % 3 === 2;
  const last = text[length - (isOne ? 2 : 3)] as string;
  return text.endsWith(isOne ? '=' : '==') && (isOne ? lastBeforeOne : lastBeforeTwo).includes(last);
}
