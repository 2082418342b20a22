import type { StoredEvent } from './leaf.ts';

/** A line of `payloads/NNN.jsonl`: the stored event, or why it is not there. */
export type PayloadLine = { readonly index: string; readonly event: StoredEvent } | 'missing' | 'withheld' | 'malformed';

/** Reads a line. Base64 holds the stored bytes; text that is not UTF-8 cannot have been stored. */
export function readPayloadLine(line: string): PayloadLine {
  let fields: Readonly<Record<string, unknown>>;
  try {
    const value = JSON.parse(line) as unknown;
    if (value === 'missing') return 'missing';
    if (typeof value !== 'object' || value === null) return 'malformed';
    fields = value as Readonly<Record<string, unknown>>;
  } catch {
    return 'malformed';
  }
  const { i, id, stream, rev, type, data, metadata } = fields;
  if (data === 'missing') return 'missing';
  if (data === null) return 'withheld';
  if (![i, id, stream, rev, type, data].every((field) => typeof field === 'string')) return 'malformed';
  const [index, eventId, streamName, revision, eventType, dataText] = [i, id, stream, rev, type, data] as string[] & { length: 6 };
  const event: StoredEvent = {
    id: eventId as string,
    stream: streamName as string,
    revision: revision as string,
    type: eventType as string,
    data: textOf(dataText as string),
    metadata: typeof metadata === 'string' && metadata !== '' ? textOf(metadata) : undefined,
  };
  return { index: index as string, event };
}

function textOf(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}
