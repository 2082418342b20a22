import type { StoredEvent } from '../../event-store/domain/event-store.ts';

/** Where an event stands, and which one it is, as a difference names it. */
export function placeOf({ position, stream, revision, id }: Pick<StoredEvent, 'position' | 'stream' | 'revision' | 'id'>) {
  return { position: position.toString(), stream, revision: revision.toString(), event: id };
}
