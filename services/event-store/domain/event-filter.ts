import type { EventFilter, StoredEvent } from './event-store.ts';

/** Does the event begin with one of the prefixes? Case-sensitive; a filter without any prefix passes everything. */
export function passes(filter: EventFilter | undefined, event: Pick<StoredEvent, 'stream' | 'type'>): boolean {
  if (filter === undefined) return true;
  const { streamPrefixes = [], typePrefixes = [] } = filter;
  if (streamPrefixes.length === 0 && typePrefixes.length === 0) return true;
  return streamPrefixes.some((prefix) => event.stream.startsWith(prefix)) || typePrefixes.some((prefix) => event.type.startsWith(prefix));
}
