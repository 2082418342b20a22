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

const hex64 = /^[0-9a-f]{64}$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

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
    if (!isRecord(data) || !isRecord(data['fin']) || !isMetadata(metadata)) return undefined;
    const { id, stream, revision, position, type } = stored;
    return { id, provider: parts.slug, stream, revision, position, type, fin: data['fin'], at: metadata.at, body: metadata.body };
  } catch {
    return undefined;
  }
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && !Array.isArray(value);
}

/** Exactly the five fields of the format, each well formed: what is no leaf in good order is no event for a reader either. */
function isMetadata(value: Json): value is { readonly at: string; readonly body: EventBody & Readonly<Record<string, Json>> } {
  if (!isRecord(value) || Object.keys(value).length !== 5 || !isBody(value['body'])) return false;
  return matches(value['at'], instant) && matches(value['prev'], hex64) && matches(value['ps'], hex64) && matches(value['ms'], hex64);
}

function matches(value: Json | undefined, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function isBody(value: Json | undefined): value is EventBody & Readonly<Record<string, Json>> {
  return isRecord(value) && typeof value['command'] === 'string' && typeof value['fingerprint'] === 'string' && isRecord(value['actor']);
}
