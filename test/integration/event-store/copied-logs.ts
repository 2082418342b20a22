import { randomUUID } from 'node:crypto';
import { canonicalJson, type CanonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import type { EventStore, ProposedEvent, StoredEvent } from '../../../services/event-store/domain/event-store.ts';

/** What a copy has to keep of an event: everything but its position and the store's own clock. */
export type Fact = Omit<StoredEvent, 'position' | 'createdAt'>;

export async function factsOf(store: EventStore): Promise<Fact[]> {
  const facts: Fact[] = [];
  for await (const { id, stream, revision, type, data, metadata } of store.readAll())
    facts.push({ id, stream, revision, type, data, metadata });
  return facts;
}

export function eventOf(text: string, metadata: string | undefined = `about ${text}`): ProposedEvent {
  const data = canonicalJson({ fin: { text } });
  return { id: randomUUID(), type: 'Noted/1', data, ...(metadata !== undefined && { metadata: canonicalJson({ metadata }) }) };
}

/** Appends at the end of a stream, wherever that is. */
export async function appendTo(store: EventStore, revisions: Map<string, bigint>, stream: string, events: readonly ProposedEvent[]) {
  const revision = revisions.get(stream);
  const appended = await store.append({ stream, expected: revision ?? 'no_stream', events });
  revisions.set(stream, appended.revision);
}

/**
 * A log with everything that a copy could stumble over: streams that take turns, long appends and large ones, absent metadata, text of every
 * kind, an id that was written twice, two providers.
 */
export async function writeLog(store: EventStore, { rounds = 20 } = {}): Promise<Map<string, bigint>> {
  const revisions = new Map<string, bigint>();
  const append = (stream: string, ...events: ProposedEvent[]) => appendTo(store, revisions, stream, events);
  for (let round = 0; round < rounds; round++) {
    await append('aa.account-1', eventOf(`first ${round}`), eventOf('\u0000 "quoted" \\ 😀 ü'));
    await append('aa.account-2', { id: randomUUID(), type: 'Noted/2', data: '{}' as CanonicalJson });
    await append(`bb.account-${round}`, eventOf('9223372036854775808', ''));
  }
  await append('aa.account-1', ...Array.from({ length: 1_200 }, (_, index) => eventOf(`many ${index}`)));
  for (let index = 0; index < 3; index++) await append('aa.account-3', eventOf('x'.repeat(350_000)));
  const twice = eventOf('twice');
  await append('bb.account-0', twice);
  await append('bb.account-0', twice);
  return revisions;
}
