import { setTimeout as sleep } from 'node:timers/promises';
import { appendBytesMax } from '../domain/append-request.ts';
import type { CanonicalJson } from '../domain/canonical-json.ts';
import type { AppendRequest, EventStore, ProposedEvent, StoredEvent } from '../domain/event-store.ts';
import { AppendRefusedDefect, ConflictFault, StoreFault } from '../domain/faults.ts';
import { expectationOf } from '../domain/repeat.ts';
import { LogsDifferFault, placeOf } from './compare-logs.ts';

/** An event that was stored somewhere, and where it stands in its stream. */
export type CopiedEvent = Omit<StoredEvent, 'position' | 'createdAt'>;

/** The source holds an event that no port takes: something wrote it behind the port. */
export class EventNotPortableFault extends Error {
  override readonly name = 'EventNotPortableFault';
  readonly retryable = false;
}

export interface AppendCopiesOptions<Event> {
  /** Called for every event that the target is known to hold. */
  readonly progressed?: (event: Event) => void;
  /** How long an append that nobody answers is sent again, in milliseconds. */
  readonly patienceMs?: number;
}

const patienceMsDefault = 60_000;
const retryDelayMs = 200;
const eventsPerAppendMax = 500;

/**
 * Appends events as they are, at the revisions that they had, in their order; one append at a time, since no port promises the order of two that
 * are under way. Safe to repeat: what the target holds it recognises. Answers how many. Throws `EventNotPortableFault`, and
 * `LogsDifferFault` where the target holds something else.
 */
export async function appendCopies<Event extends CopiedEvent>(
  target: EventStore,
  events: AsyncIterable<Event>,
  { progressed = () => undefined, patienceMs = patienceMsDefault }: AppendCopiesOptions<Event> = {},
): Promise<number> {
  let copied = 0;
  for await (const group of appendsOf(events)) {
    await append(target, group, patienceMs);
    copied += group.length;
    for (const event of group) progressed(event);
  }
  return copied;
}

/** Neighbours of one stream, as many as one append takes. How they were grouped when they were first written does not matter. */
async function* appendsOf<Event extends CopiedEvent>(events: AsyncIterable<Event>): AsyncIterable<readonly Event[]> {
  let group: Event[] = [];
  let bytes = 0;
  for await (const event of events) {
    const size = bytesOf(event);
    if (group.length > 0 && !fits(group, event, bytes + size)) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(event);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

function fits(group: readonly CopiedEvent[], event: CopiedEvent, bytes: number): boolean {
  const last = group.at(-1);
  if (last?.stream !== event.stream || last.revision + 1n !== event.revision) return false;
  // An id that was written twice is a finding of the verifier; in one append no port takes it.
  return bytes <= appendBytesMax && group.length < eventsPerAppendMax && group.every(({ id }) => id !== event.id);
}

function bytesOf({ type, data, metadata }: CopiedEvent): number {
  return 2 * type.length + Buffer.byteLength(data) + (metadata === undefined ? 0 : Buffer.byteLength(metadata));
}

/** Sends the same until the target gives a final answer: what it holds already it recognises (promise 8). */
async function append(target: EventStore, events: readonly CopiedEvent[], patienceMs: number): Promise<void> {
  const [first, ...others] = events as [CopiedEvent, ...CopiedEvent[]];
  const request: AppendRequest = { stream: first.stream, expected: expectationOf(first.revision - 1n), events: events.map(proposedOf) };
  for (const deadline = performance.now() + patienceMs; ; await sleep(retryDelayMs)) {
    try {
      await target.append(request);
      return;
    } catch (error) {
      if (error instanceof AppendRefusedDefect && others.length > 0) return appendEach(target, events, patienceMs);
      if (error instanceof AppendRefusedDefect) throw notPortable(first, error);
      if (error instanceof ConflictFault) throw notExpected(first, error);
      if (!(error instanceof StoreFault) || !error.retryable || performance.now() >= deadline) throw error;
    }
  }
}

/** One of them is refused: everything before it goes over, and that one is named. */
async function appendEach(target: EventStore, events: readonly CopiedEvent[], patienceMs: number): Promise<void> {
  for (const event of events) await append(target, [event], patienceMs);
}

function notPortable(event: CopiedEvent, cause: Error): EventNotPortableFault {
  return new EventNotPortableFault(`${placeOf(event)} was written behind the port and cannot be copied: ${cause.message}`, { cause });
}

function notExpected(event: CopiedEvent, { message }: ConflictFault): LogsDifferFault {
  return new LogsDifferFault(`The target takes no ${placeOf(event)}: ${message} Somebody else writes to it, or the source has a gap.`);
}

function proposedOf({ id, type, data, metadata }: CopiedEvent): ProposedEvent {
  // Whether the text is canonical is for the target to check: a stored event may have been written behind the port.
  return { id, type, data: data as CanonicalJson, ...(metadata !== undefined && { metadata: metadata as CanonicalJson }) };
}
