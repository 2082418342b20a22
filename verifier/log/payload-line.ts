import { isObject, parseJson } from './canonical-json.ts';

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

/** Decodes base64 in its one canonical form; undefined for any other text. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
