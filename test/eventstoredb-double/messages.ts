import { shared, streams } from './generated.ts';
import { identifierOf } from './statuses.ts';
import type { WireEvent, WireRecord } from './wire-event.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const nilUuid = '00000000-0000-0000-0000-000000000000';
const ticksPerMs = 10_000n;

/** A message as it goes out. */
export type Encoded = Buffer;

type Proposed = streams.AppendReq.ProposedMessage | streams.BatchAppendReq.ProposedMessage;

/** The event that a client proposes, or undefined for what the server calls a bad request. */
export function eventOf(message: Proposed): WireEvent | undefined {
  const id = message.getId()?.getString().toLowerCase() ?? '';
  const type = message.getMetadataMap().get('type') ?? '';
  if (!uuid.test(id) || id === nilUuid || type === '') return undefined;
  const isJson = message.getMetadataMap().get('content-type') === 'application/json';
  return { id, type, isJson, data: message.getData_asU8(), metadata: message.getCustomMetadata_asU8() };
}

export function streamNameOf(identifier: shared.StreamIdentifier | undefined): string {
  return identifier === undefined ? '' : Buffer.from(identifier.getStreamName_asU8()).toString();
}

/** The answer that carries an event. */
export function encodeEvent(record: WireRecord): Encoded {
  return record.encoded(encodeNow);
}

function encodeNow(record: WireRecord): Encoded {
  const id = new shared.UUID();
  id.setString(record.id);
  const event = new streams.ReadResp.ReadEvent.RecordedEvent();
  event.setId(id);
  event.setStreamIdentifier(identifierOf(record.stream));
  event.setStreamRevision(String(record.revision));
  event.setCommitPosition(String(record.position));
  event.setPreparePosition(String(record.position));
  const metadata = event.getMetadataMap();
  metadata.set('type', record.type);
  metadata.set('content-type', record.isJson ? 'application/json' : 'application/octet-stream');
  metadata.set('created', String(BigInt(record.createdAtMs) * ticksPerMs));
  event.setCustomMetadata(record.metadata);
  event.setData(record.data);
  const resolved = new streams.ReadResp.ReadEvent();
  resolved.setEvent(event);
  resolved.setCommitPosition(String(record.position));
  const answer = new streams.ReadResp();
  answer.setEvent(resolved);
  return encode(answer);
}

export function encodeConfirmation(id: string): Encoded {
  const confirmation = new streams.ReadResp.SubscriptionConfirmation();
  confirmation.setSubscriptionId(id);
  const answer = new streams.ReadResp();
  answer.setConfirmation(confirmation);
  return encode(answer);
}

export function encodeCheckpoint(position: bigint): Encoded {
  const checkpoint = new streams.ReadResp.Checkpoint();
  checkpoint.setCommitPosition(String(position));
  checkpoint.setPreparePosition(String(position));
  const answer = new streams.ReadResp();
  answer.setCheckpoint(checkpoint);
  return encode(answer);
}

export function encodeCaughtUp(): Encoded {
  const answer = new streams.ReadResp();
  answer.setCaughtUp(new streams.ReadResp.CaughtUp());
  return encode(answer);
}

export function encodeStreamNotFound(stream: string): Encoded {
  const notFound = new streams.ReadResp.StreamNotFound();
  notFound.setStreamIdentifier(identifierOf(stream));
  const answer = new streams.ReadResp();
  answer.setStreamNotFound(notFound);
  return encode(answer);
}

function encode(answer: streams.ReadResp): Encoded {
  return Buffer.from(answer.serializeBinary());
}
