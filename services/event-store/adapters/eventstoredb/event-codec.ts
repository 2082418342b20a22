import type { AllStreamRecordedEvent, EventData, RecordedEvent } from '@eventstore/db-client';
import { type Json, canonicalJson } from '../../domain/canonical-json.ts';
import { passes } from '../../domain/event-filter.ts';
import type { ProposedEvent, StoredEvent } from '../../domain/event-store.ts';
import { StoreUnavailableFault } from '../../domain/faults.ts';

const utf8 = new TextEncoder();

/**
 * An event as the client takes it. Data is plain JSON, read from text that the port has checked, so the client's own `JSON.stringify`
 * meets nothing that it throws at (D2). Metadata goes as bytes: the client would leave out `""` and `false`.
 */
export function proposedToClient({ id, type, data, metadata }: ProposedEvent): EventData {
  return {
    id,
    type,
    contentType: 'application/json',
    data: JSON.parse(data) as Record<string, unknown>,
    metadata: metadata === undefined ? undefined : utf8.encode(metadata),
  };
}

/** A ledger's event: neither its stream nor its type is one of the server's own, which begin with `$`. */
export function isLedgerRecord({ streamId, type }: Pick<RecordedEvent, 'streamId' | 'type'>): boolean {
  return passes(undefined, { stream: streamId, type });
}

/** An event as the port gives it back: the canonical text that was written. */
export function storedOf(record: RecordedEvent | AllStreamRecordedEvent): StoredEvent {
  return {
    id: record.id.toLowerCase(),
    stream: record.streamId,
    revision: record.revision,
    position: positionOf(record),
    type: record.type,
    data: textOf(record.data),
    metadata: record.metadata === undefined ? undefined : textOf(record.metadata),
    createdAt: record.created,
  };
}

/** Commit and prepare are one number for everything that was written over this protocol. */
export function positionOf({ position }: Pick<RecordedEvent, 'position'>): bigint {
  if (position === undefined) throw new StoreUnavailableFault('The event store tells no positions: it must be of version 22.6 or later.');
  return position.commit;
}

/**
 * What the port wrote is canonical, and the client has parsed it: JCS writes the same bytes again. What something else wrote behind the
 * port is delivered as near to its stored form as the client lets it through: other JSON as `JSON.stringify` writes it, bytes as the text
 * they are. It is then no canonical text, every decoder refuses it, and the integrity log names the event.
 */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8');
  try {
    return canonicalJson(value as Json);
  } catch {
    return otherTextOf(value);
  }
}

function otherTextOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return 'JSON that is nested too deeply'; // For any stack. It must not stop the readers of everything else.
  }
}
