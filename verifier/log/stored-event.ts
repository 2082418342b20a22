import { hash } from '#platform';
import { canonicalTextOf, isObject, parseCanonical } from './canonical-json.ts';

/** An event as the event store holds it. */
export interface StoredEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  /** P: the stored bytes of the payload. */
  readonly data: Buffer;
  /** The stored bytes of the metadata; empty where there is none. */
  readonly metadata: Buffer;
}

export interface RecomputedEntry {
  /** E: the bytes that must stand in the log, all ASCII. */
  readonly entry: string;
  /** The stored event breaks the format. It is a leaf all the same, and a finding. */
  readonly isMalformed: boolean;
}

export const noPrevious = '0'.repeat(64);
export const noInstant = '0001-01-01T00:00:00.000Z';
const streamLengthMax = 512;
const typeLengthMax = 128;
const streamPattern = /^[a-z0-9]{2,20}\.[a-zA-Z]+-[A-Za-z0-9_.:-]+$/;
const typePattern = /^[A-Z][A-Za-z0-9]*\/[1-9][0-9]*$/;
const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const hex64Pattern = /^[0-9a-f]{64}$/;

/** Makes the entry of a stored event, whatever its bytes are (docs/reference/log-format.md). */
export function recomputeEntry(origin: string, { id, stream, revision, type, data, metadata }: StoredEvent): RecomputedEntry {
  const read = readMetadata(metadata);
  const hasStream = stream.length <= streamLengthMax && streamPattern.test(stream);
  const hasType = type.length <= typeLengthMax && typePattern.test(type);
  const entry = entryText({
    at: read.at ?? noInstant,
    id,
    log: origin,
    meta: commitmentOf('ledger-meta/1', read.metadataSalt ?? noPrevious, read.committed),
    pay: commitmentOf('ledger-pay/1', read.payloadSalt ?? noPrevious, data),
    prev: read.previous ?? noPrevious,
    rev: revision,
    stream: hasStream ? stream : invalidTextOf(stream),
    type: hasType ? type : invalidTextOf(type),
  });
  return { entry, isMalformed: !read.isComplete || !hasStream || !hasType };
}

export interface EntryTexts {
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

/** Canonical although written by hand: the names are in order, and no value that gets here needs an escape. */
export function entryText({ at, id, log, meta, pay, prev, rev, stream, type }: EntryTexts): string {
  return `{"at":"${at}","id":"${id}","log":"${log}","meta":"${meta}","pay":"${pay}","prev":"${prev}","rev":"${rev}","stream":"${stream}","type":"${type}","v":"ledger-leaf/1"}`;
}

/** SHA-256(domain || salt || u32be(length) || bytes), 64 hex. */
export function commitmentOf(domain: string, saltHex: string, bytes: Buffer): string {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return hash('sha256', Buffer.concat([Buffer.from(domain), Buffer.from(saltHex, 'hex'), length, bytes]), 'hex');
}

interface ReadMetadata {
  readonly isComplete: boolean;
  readonly at?: string | undefined;
  readonly previous?: string | undefined;
  readonly payloadSalt?: string | undefined;
  readonly metadataSalt?: string | undefined;
  /** M: the canonical body, or the stored bytes where they have none. */
  readonly committed: Buffer;
}

function readMetadata(bytes: Buffer): ReadMetadata {
  const text = bytes.toString('utf8');
  // Bytes that are no UTF-8 are no text, canonical or not: read as if they were, different bytes would give one leaf.
  const fields = Buffer.from(text).equals(bytes) ? parseCanonical(text) : undefined;
  if (!isObject(fields)) return { isComplete: false, committed: bytes };
  const at = matching(fields['at'], instantPattern);
  const previous = matching(fields['prev'], hex64Pattern);
  const payloadSalt = matching(fields['ps'], hex64Pattern);
  const metadataSalt = matching(fields['ms'], hex64Pattern);
  const body = fields['body'] === undefined ? undefined : canonicalTextOf(fields['body']);
  const texts = [at, previous, payloadSalt, metadataSalt, body];
  const isComplete = Object.keys(fields).length === texts.length && !texts.includes(undefined);
  return { isComplete, at, previous, payloadSalt, metadataSalt, committed: body === undefined ? bytes : Buffer.from(body) };
}

function matching(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}

function invalidTextOf(text: string): string {
  return `invalid:${hash('sha256', text, 'hex')}`;
}
