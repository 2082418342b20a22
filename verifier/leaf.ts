import { hash } from 'node:crypto';
import { canonicalText, isRecord, type JsonRecord, readCanonical } from './canonical-json.ts';

/* The leaf of a stored event, from docs/reference/log-format.md: the verifier's own implementation. */

export interface StoredEvent {
  readonly id: string;
  readonly stream: string;
  readonly revision: string;
  readonly type: string;
  /** Stored text; undefined metadata is an event without any. */
  readonly data: string;
  readonly metadata: string | undefined;
}

export interface LeafOfEvent {
  /** The envelope E that the stored event must have. */
  readonly entry: string;
  /** Why the event breaks the format; such an event is a leaf and a finding. */
  readonly malformed: string | undefined;
}

export const zeroHash = '0'.repeat(64);
export const streamPattern = /^[a-z0-9]{2,20}\.[a-zA-Z]+-[A-Za-z0-9_.:-]+$/;
export const typePattern = /^[A-Z][A-Za-z0-9]*\/[1-9][0-9]*$/;
const streamBytesMax = 512;
const typeBytesMax = 128;
const atWhenMalformed = '0001-01-01T00:00:00.000Z';
const hex64 = /^[0-9a-f]{64}$/;
const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const metadataFields = ['at', 'body', 'ms', 'prev', 'ps'];

export function leafOfEvent(origin: string, event: StoredEvent): LeafOfEvent {
  const { id, stream, revision, type, data } = event;
  const metadata = readMetadata(event.metadata);
  const streamIsRight = stream.length <= streamBytesMax && streamPattern.test(stream);
  const typeIsRight = type.length <= typeBytesMax && typePattern.test(type);
  const meta = commitment('ledger-meta/1', metadata.metadataSalt, metadata.committed);
  const pay = commitment('ledger-pay/1', metadata.payloadSalt, data);
  const streamText = streamIsRight ? stream : `invalid:${hash('sha256', stream, 'hex')}`;
  const typeText = typeIsRight ? type : `invalid:${hash('sha256', type, 'hex')}`;
  const entry =
    `{"at":"${metadata.at}","id":"${id}","log":"${origin}","meta":"${meta}","pay":"${pay}","prev":"${metadata.previous}",` +
    `"rev":"${revision}","stream":"${streamText}","type":"${typeText}","v":"ledger-leaf/1"}`;
  const malformed = metadata.fault ?? (streamIsRight ? undefined : 'stream name') ?? (typeIsRight ? undefined : 'event type');
  return { entry, malformed };
}

interface Metadata {
  readonly at: string;
  readonly previous: string;
  readonly payloadSalt: string;
  readonly metadataSalt: string;
  /** M. */
  readonly committed: string;
  readonly fault: string | undefined;
}

function readMetadata(text: string | undefined): Metadata {
  const none = { at: atWhenMalformed, previous: zeroHash, payloadSalt: zeroHash, metadataSalt: zeroHash, committed: text ?? '' };
  if (text === undefined) return { ...none, fault: 'no metadata' };
  const fields = readCanonical(text);
  if (!isRecord(fields)) return { ...none, fault: 'metadata' };
  const { body } = fields;
  const faults: string[] = [];
  const field = (name: string, pattern: RegExp, otherwise: string): string => {
    const value = fields[name];
    if (typeof value === 'string' && pattern.test(value)) return value;
    faults.push(`metadata ${name}`);
    return otherwise;
  };
  const at = field('at', instantPattern, atWhenMalformed);
  const previous = field('prev', hex64, zeroHash);
  const payloadSalt = field('ps', hex64, zeroHash);
  const metadataSalt = field('ms', hex64, zeroHash);
  if (body === undefined || !hasExactly(fields, metadataFields)) faults.push('metadata fields');
  return { at, previous, payloadSalt, metadataSalt, committed: body === undefined ? text : canonicalText(body), fault: faults[0] };
}

function hasExactly(fields: JsonRecord, names: readonly string[]): boolean {
  return Object.keys(fields).length === names.length && names.every((name) => Object.hasOwn(fields, name));
}

/** SHA-256(domain || salt || u32be(length) || bytes), hex. */
function commitment(domain: string, saltHex: string, text: string): string {
  const bytes = Buffer.byteLength(text);
  const at = domain.length;
  const message = Buffer.allocUnsafe(at + 36 + bytes);
  message.write(domain, 0, 'latin1');
  message.write(saltHex, at, 'hex');
  message.writeUInt32BE(bytes, at + 32);
  message.write(text, at + 36, 'utf8');
  return hash('sha256', message, 'hex');
}
