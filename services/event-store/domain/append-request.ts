import { isCanonicalJson } from './canonical-json.ts';
import type { AppendRequest, ProposedEvent } from './event-store.ts';
import { isEventType } from './event-type.ts';
import { AppendRefusedDefect } from './faults.ts';
import { isStreamName } from './stream-name.ts';

/** 1 MiB per append, counted stricter than any server does, so that every engine accepts what the port accepts. */
export const appendBytesMax = 1_048_576;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const nilUuid = '00000000-0000-0000-0000-000000000000';
const revisionMax = 2n ** 63n - 1n;

/**
 * Refuses, before any I/O, what could never be written (promises 18 and 27 to 32). Answers the size in bytes: data, metadata and twice
 * the length of the type of each event. Throws `AppendRefusedDefect`.
 */
export function checkAppendRequest({ stream, expected, events }: AppendRequest): number {
  if (!isStreamName(stream)) throw new AppendRefusedDefect(`${stream} is not a stream name.`);
  if (expected !== 'no_stream' && !isRevision(expected)) throw new AppendRefusedDefect(`${String(expected)} is not a revision.`);
  if (events.length === 0) throw new AppendRefusedDefect(`An append to ${stream} holds no event.`);
  if (new Set(events.map(({ id }) => id)).size !== events.length)
    throw new AppendRefusedDefect(`An append to ${stream} holds an event id twice.`);
  let bytes = 0;
  for (const event of events) bytes += checkEvent(event);
  if (bytes > appendBytesMax)
    throw new AppendRefusedDefect(`An append to ${stream} has ${bytes} bytes, more than ${appendBytesMax}.`, { reason: 'too_large' });
  return bytes;
}

function isRevision(expected: unknown): boolean {
  return typeof expected === 'bigint' && expected >= 0n && expected <= revisionMax;
}

function checkEvent({ id, type, data, metadata }: ProposedEvent): number {
  if (!uuid.test(id) || id === nilUuid) throw new AppendRefusedDefect(`${id} is not the id of an event.`);
  if (!isEventType(type)) throw new AppendRefusedDefect(`${type} is not an event type.`);
  if (!isText(data)) throw new AppendRefusedDefect(`The data of event ${id} is not canonical JSON.`);
  if (metadata !== undefined && !isText(metadata)) throw new AppendRefusedDefect(`The metadata of event ${id} is not canonical JSON.`);
  return 2 * type.length + Buffer.byteLength(data) + (metadata === undefined ? 0 : Buffer.byteLength(metadata));
}

/** The type says so already, but a cast can lie, and what is stored once is hashed for ever. */
function isText(text: unknown): boolean {
  return typeof text === 'string' && isCanonicalJson(text);
}
