import { hash } from '#platform';
import { canonicalTextOf, parseJson } from './canonical-json.ts';
import { type Entry, textOfEntry } from './entry.ts';
import { decodeHex64 } from './hex.ts';
import { decodeBase64, isCanonicalBase64, type PayloadLine } from './payload-line.ts';
import { noPrevious, recomputeEntry } from './stored-event.ts';

/** What a stored event comes to, held against the entry that stands in the log for it. */
export interface OpenedEvent {
  /** The entry that the stored event gives is the one in the log, byte for byte. */
  readonly isSame: boolean;
  /** It breaks the format; by specification it posts nothing, and neither `prev` nor time is expected of it. */
  readonly isMalformed: boolean;
  /** The payload, as text and as JSON; undefined where it is none. */
  readonly text: string;
  readonly payload: unknown;
  /** Found only when asked for: the payload is not in canonical form. */
  readonly isCanonical: boolean;
}

const unopened: OpenedEvent = { isSame: false, isMalformed: true, text: '', payload: undefined, isCanonical: false };

/*
 * Well-formed metadata is `{"at":"<24>","body":<M>,"ms":"<64>","prev":"<64>","ps":"<64>"}`: every part of it stands at a known distance from
 * the begin or the end, so M is hashed where it lies, and nothing is parsed.
 */
const atStart = 7;
const bodyStart = 40;
const tailLength = 219;
/** Bytes. */
const nearlyMax = 8;
const payDomain = Buffer.from('ledger-pay/1');
const metaDomain = Buffer.from('ledger-meta/1');
const saltAndLength = 36;
/** Room before the metadata for what is hashed before M, less the 40 bytes that M stands behind anyway. */
const metadataStart = metaDomain.length + saltAndLength - bodyStart;

/** Opens the commitments of one event after the other. */
export class EventOpener {
  readonly #origin: string;
  readonly #isDeep: boolean;
  readonly #salt = Buffer.alloc(32);
  #pay: Buffer = Buffer.alloc(0);
  #meta: Buffer = Buffer.alloc(0);

  /** Deep: everything that is hashed is also checked for its canonical form. */
  constructor(origin: string, isDeep: boolean) {
    this.#origin = origin;
    this.#isDeep = isDeep;
  }

  open(entry: Entry, line: PayloadLine): OpenedEvent {
    return (this.#isDeep ? undefined : this.#openWellFormed(entry, line)) ?? this.#openAnything(entry, line);
  }

  /** The event if it is well formed and fits its entry; undefined says nothing yet. */
  #openWellFormed(entry: Entry, { id, stream, revision, type, data, metadata }: PayloadLine): OpenedEvent | undefined {
    if (id !== entry.id || stream !== entry.stream || type !== entry.type || revision !== entry.revisionText) return undefined;
    if (stream.startsWith('invalid:') || type.startsWith('invalid:')) return undefined;
    this.#meta = withRoom(this.#meta, metadataStart + metadata.length);
    const metaEnd = decodeInto(this.#meta, metadataStart, metadata);
    const tailAt = metaEnd - tailLength;
    if (tailAt < metadataStart + bodyStart) return undefined;
    // Byte by byte, so that places in the text are places in the bytes.
    const text = this.#meta.toString('latin1', metadataStart, metaEnd);
    const tail = text.length - tailLength;
    if (!hasFrame(text, tail) || !text.startsWith(entry.at, atStart) || !text.startsWith(entry.prev, tail + 81)) return undefined;
    // The salts stand behind M, so each can be written before what it salts without harm to the other.
    const haveSalts =
      decodeHex64(this.#meta, tailAt + 7, this.#meta, metaDomain.length) && decodeHex64(this.#meta, tailAt + 153, this.#salt, 0);
    if (!haveSalts || commitmentIn(this.#meta, metaDomain, tailAt) !== entry.meta) return undefined;
    const dataStart = payDomain.length + saltAndLength;
    this.#pay = withRoom(this.#pay, dataStart + data.length);
    const payEnd = decodeInto(this.#pay, dataStart, data);
    this.#salt.copy(this.#pay, payDomain.length);
    if (payEnd < 0 || commitmentIn(this.#pay, payDomain, payEnd) !== entry.pay) return undefined;
    const payloadText = this.#pay.toString('utf8', dataStart, payEnd);
    return { isSame: true, isMalformed: false, text: payloadText, payload: parseJson(payloadText), isCanonical: true };
  }

  /** By the specification, step by step. */
  #openAnything(entry: Entry, { id, stream, revision, type, ...line }: PayloadLine): OpenedEvent {
    const data = decodeBase64(line.data);
    const metadata = decodeBase64(line.metadata);
    if (data === undefined || metadata === undefined) return unopened;
    const recomputed = recomputeEntry(this.#origin, { id, stream, revision, type, data, metadata });
    const text = data.toString('utf8');
    const payload = parseJson(text);
    const isSame =
      recomputed.entry === textOfEntry(this.#origin, entry) && !(recomputed.isMalformed && isNearlyWellFormed(metadata, entry));
    const isCanonical =
      !this.#isDeep || (payload !== undefined && canonicalTextOf(payload) === text && Buffer.byteLength(text) === data.length);
    return { isSame, isMalformed: recomputed.isMalformed, text, payload, isCanonical };
  }
}

/**
 * A `prev` that cannot be read counts as zeros, and so does the one of a stream's first event: there, alone in the format, bytes can be
 * changed without another leaf. Metadata that is a few bytes away from being well formed was not written like that by anybody.
 */
function isNearlyWellFormed(metadata: Buffer, { prev }: Entry): boolean {
  if (prev !== noPrevious) return false;
  const wellFormed = Buffer.from(metadata);
  const start = metadata.length - tailLength + 71;
  if (start < bodyStart) return false;
  wellFormed.write(`","prev":"${prev}","ps":"`, start);
  let differences = 0;
  for (let at = start; at < metadata.length; at++) if (metadata[at] !== wellFormed[at]) differences++;
  return differences > 0 && differences <= nearlyMax;
}

function hasFrame(text: string, tail: number): boolean {
  return (
    text.startsWith('{"at":"') &&
    text.startsWith('","body":', 31) &&
    text.startsWith(',"ms":"', tail) &&
    text.startsWith('","prev":"', tail + 71) &&
    text.startsWith('","ps":"', tail + 145) &&
    text.startsWith('"}', tail + 217)
  );
}

/** Writes domain and length around the salt, before the bytes that end at `end`; answers the digest, 64 hex. */
function commitmentIn(buffer: Buffer, domain: Buffer, end: number): string {
  const start = domain.length + saltAndLength;
  domain.copy(buffer);
  buffer.writeUInt32BE(end - start, start - 4);
  return hash('sha256', buffer.subarray(0, end), 'hex');
}

/** Answers where the decoded bytes end, or -1 for text that is not canonical base64. */
function decodeInto(buffer: Buffer, start: number, base64: string): number {
  const end = start + buffer.write(base64, start, 'base64');
  return isCanonicalBase64(base64, end - start) ? end : -1;
}

function withRoom(buffer: Buffer, bytes: number): Buffer {
  return buffer.length >= bytes ? buffer : Buffer.alloc(2 * bytes);
}
