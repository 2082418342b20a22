import { hash } from 'node:crypto';
import { type CanonicalJson, canonicalJson, type Json, parseCanonicalJson } from '../../event-store/domain/canonical-json.ts';
import { isEventType } from '../../event-store/domain/event-type.ts';
import { isStreamName } from '../../event-store/domain/stream-name.ts';

/*
 * The leaf (docs/reference/log-format.md): a small canonical envelope E of a stored event with salted commitments of its payload and
 * metadata. E is a pure function of (origin, stored event), so any copy of the log gives the same tree.
 */

/** What of a stored event makes its leaf. */
export interface LeafSource {
  readonly id: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: string;
  readonly data: string;
  readonly metadata: string | undefined;
}

export interface Leaf {
  /** E: canonical, ASCII; the exact bytes that are hashed and served. */
  readonly entry: string;
  /** SHA-256(0x00 || E), 64 lower-case hex. */
  readonly hash: string;
  /** Set when the stored event breaks the format. It still is a leaf; the verifier names it as a finding. */
  readonly malformed: boolean;
}

export const zeroHash = '0'.repeat(64);
const atWhenMalformed = '0001-01-01T00:00:00.000Z';
const hex64 = /^[0-9a-f]{64}$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

/** The leaf of a stored event. Total: an event that something wrote behind the port has a leaf too (reference, section 4). */
export function leafOf(origin: string, event: LeafSource): Leaf {
  const meta = readMetadata(event.metadata);
  const streamIsValid = isStreamName(event.stream);
  const typeIsValid = isEventType(event.type);
  const entry = entryText({
    at: meta.at ?? atWhenMalformed,
    id: event.id,
    log: origin,
    meta: commitment('ledger-meta/1', meta.metadataSalt ?? zeroHash, meta.committed),
    pay: commitment('ledger-pay/1', meta.payloadSalt ?? zeroHash, event.data),
    prev: meta.previous ?? zeroHash,
    rev: event.revision.toString(),
    stream: streamIsValid ? event.stream : `invalid:${hash('sha256', event.stream, 'hex')}`,
    type: typeIsValid ? event.type : `invalid:${hash('sha256', event.type, 'hex')}`,
  });
  return { entry, hash: leafHashOf(entry), malformed: !meta.complete || !streamIsValid || !typeIsValid };
}

/** What opens `pay` beside the payload: the salt as stored, or zeros where the metadata has none. */
export function payloadSaltOf({ metadata }: Pick<LeafSource, 'metadata'>): string {
  return readMetadata(metadata).payloadSalt ?? zeroHash;
}

/** SHA-256(0x00 || E) as hex. */
export function leafHashOf(entry: string): string {
  return hash('sha256', `\0${entry}`, 'hex');
}

export interface EventToSeal {
  readonly origin: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly id: string;
  readonly type: string;
  /** The financial payload: retained and replayed. */
  readonly fin: Json;
  /** Commitments to personal data by subject, see `personalCommitment`; absent where there is none. */
  readonly pii?: Readonly<Record<string, string>> | undefined;
  /** Who and why; opaque ids only. */
  readonly body: Json;
  /** Our clock when the decision was made: `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly at: string;
  /** Leaf hash of (stream, revision - 1), or `zeroHash` for a stream's first event. */
  readonly previous: string;
  /** 32 random bytes each, as hex. */
  readonly payloadSalt: string;
  readonly metadataSalt: string;
}

/** The exact texts to store for an event, with the leaf they will have. */
export interface SealedEvent {
  readonly data: CanonicalJson;
  readonly metadata: CanonicalJson;
  readonly leaf: Leaf;
}

/** Turns a decision into what is stored, so that its leaf is known before it is written. */
export function sealEvent(event: EventToSeal): SealedEvent {
  const data = canonicalJson(event.pii === undefined ? { fin: event.fin } : { fin: event.fin, pii: event.pii });
  const body = canonicalJson(event.body);
  // By hand, and canonical all the same: the names are in order, and salts, hashes and instants need no escape.
  const metadata = `{"at":"${event.at}","body":${body},"ms":"${event.metadataSalt}","prev":"${event.previous}","ps":"${event.payloadSalt}"}`;
  const { origin, stream, revision, id, type, at, previous } = event;
  // The same entry as `leafOf` makes of the stored texts (a test says so), without reading back what was just written.
  const entry = entryText({
    at,
    id,
    log: origin,
    meta: commitment('ledger-meta/1', event.metadataSalt, body),
    pay: commitment('ledger-pay/1', event.payloadSalt, data),
    prev: previous,
    rev: revision.toString(),
    stream,
    type,
  });
  return { data, metadata: metadata as CanonicalJson, leaf: { entry, hash: leafHashOf(entry), malformed: false } };
}

/** What stands in `pii` for a subject's data: it hides them without the salt and binds to them with it. 64 lower-case hex. */
export function personalCommitment(saltHex: string, canonicalData: string): string {
  return commitment('ledger-pii/1', saltHex, canonicalData);
}

interface ReadMetadata {
  readonly complete: boolean;
  readonly at: string | undefined;
  readonly previous: string | undefined;
  readonly payloadSalt: string | undefined;
  readonly metadataSalt: string | undefined;
  /** M: the canonical body, or the stored bytes where they do not parse. */
  readonly committed: string;
}

function readMetadata(text: string | undefined): ReadMetadata {
  const fields = recordOf(text);
  if (fields === undefined) {
    return { complete: false, at: undefined, previous: undefined, payloadSalt: undefined, metadataSalt: undefined, committed: text ?? '' };
  }
  const at = matching(fields['at'], instant);
  const previous = matching(fields['prev'], hex64);
  const payloadSalt = matching(fields['ps'], hex64);
  const metadataSalt = matching(fields['ms'], hex64);
  const body = fields['body'];
  const fieldsAreComplete = Object.keys(fields).length === 5 && body !== undefined;
  const complete =
    fieldsAreComplete && at !== undefined && previous !== undefined && payloadSalt !== undefined && metadataSalt !== undefined;
  return { complete, at, previous, payloadSalt, metadataSalt, committed: body === undefined ? (text ?? '') : canonicalJson(body) };
}

function recordOf(text: string | undefined): Readonly<Record<string, Json>> | undefined {
  if (text === undefined) return undefined;
  try {
    const value = parseCanonicalJson(text);
    return typeof value === 'object' && !Array.isArray(value) ? (value as Readonly<Record<string, Json>>) : undefined;
  } catch {
    return undefined;
  }
}

function matching(value: Json | undefined, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

/** SHA-256(domain || salt || u32be(length) || bytes) as hex. */
function commitment(domain: string, saltHex: string, text: string): string {
  const bytes = Buffer.byteLength(text);
  const message = Buffer.allocUnsafe(domain.length + 36 + bytes);
  message.write(domain, 0, 'latin1');
  message.write(saltHex, domain.length, 'hex');
  message.writeUInt32BE(bytes, domain.length + 32);
  message.write(text, domain.length + 36, 'utf8');
  return hash('sha256', message, 'hex');
}

interface EntryFields {
  readonly at: string;
  readonly id: string;
  readonly log: string;
  readonly meta: string;
  readonly pay: string;
  readonly prev: string;
  readonly rev: string;
  readonly stream: string;
  readonly type: string;
}

/** Written by hand, and canonical all the same: the names are in order and no value needs an escape. */
function entryText(fields: EntryFields): string {
  return (
    `{"at":"${fields.at}","id":"${fields.id}","log":"${fields.log}","meta":"${fields.meta}","pay":"${fields.pay}",` +
    `"prev":"${fields.prev}","rev":"${fields.rev}","stream":"${fields.stream}","type":"${fields.type}","v":"ledger-leaf/1"}`
  );
}
