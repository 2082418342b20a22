import type { EventFilter, StoredEvent } from './event-store.ts';

/**
 * Is the event for readers of this filter? Prefixes are case-sensitive; a filter without any prefix passes everything. Names that
 * begin with `$` are the engine's own affairs and never pass (promise 58).
 */
export function passes(filter: EventFilter | undefined, event: Pick<StoredEvent, 'stream' | 'type'>): boolean {
  if (event.stream.startsWith('$') || event.type.startsWith('$')) return false;
  if (filter === undefined) return true;
  const { streamPrefixes = [], typePrefixes = [] } = filter;
  if (streamPrefixes.length === 0 && typePrefixes.length === 0) return true;
  return streamPrefixes.some((prefix) => event.stream.startsWith(prefix)) || typePrefixes.some((prefix) => event.type.startsWith(prefix));
}
