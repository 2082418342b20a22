import { type Json, parseCanonicalJson } from './canonical-json.ts';
import type { StoredEvent } from './event-store.ts';
import { isEventType } from './event-type.ts';
import { partsOf } from './stream-name.ts';

/** Who asked, and why: opaque ids only (integrity reference, section 3). */
export interface EventBody {
  readonly actor: { readonly id: string; readonly type: 'api_key' | 'operator' | 'process' | 'system' };
  /** The command that wrote the event. */
  readonly command: string;
  /** Of the command's body; tells a repeat from a reused key. */
  readonly fingerprint: string;
  readonly correlation: string;
  /** The event or command that caused this one. */
  readonly causation?: string;
  readonly [extra: string]: Json | undefined;
}

/** A stored event whose text was read and found well formed. */
export interface LedgerEvent<Fin = Readonly<Record<string, Json>>> {
  readonly id: string;
  readonly provider: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly type: string;
  /** The financial part of the payload: all that replay reads. */
  readonly fin: Fin;
  /** When the decision was made, by our clock. */
  readonly at: string;
  readonly body: EventBody;
}

/**
 * Reads a stored event, or answers undefined for one that breaks the format (something wrote behind the port). Such an event is a
 * leaf and a finding of the verifier; it posts nothing and is passed over by every reader.
 */
export function ledgerEventOf(stored: StoredEvent): LedgerEvent | undefined {
  const parts = partsOf(stored.stream);
  if (parts === undefined || !isEventType(stored.type) || stored.metadata === undefined) return undefined;
  try {
    const data = parseCanonicalJson(stored.data);
    const metadata = parseCanonicalJson(stored.metadata);
    if (!isRecord(data) || !isRecord(data['fin']) || !isRecord(metadata) || !isBody(metadata['body'])) return undefined;
    if (typeof metadata['at'] !== 'string') return undefined;
    const { id, stream, revision, position, type } = stored;
    return { id, provider: parts.slug, stream, revision, position, type, fin: data['fin'], at: metadata['at'], body: metadata['body'] };
  } catch {
    return undefined;
  }
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && !Array.isArray(value);
}

function isBody(value: Json | undefined): value is EventBody & Readonly<Record<string, Json>> {
  return isRecord(value) && typeof value['command'] === 'string' && typeof value['fingerprint'] === 'string' && isRecord(value['actor']);
}
