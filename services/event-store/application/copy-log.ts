import { setTimeout as sleep } from 'node:timers/promises';
import { appendBytesMax } from '../domain/append-request.ts';
import type { CanonicalJson } from '../domain/canonical-json.ts';
import type { AppendRequest, EventStore, ProposedEvent, StoredEvent } from '../domain/event-store.ts';
import { AppendRefusedDefect, ConflictFault, StoreFault } from '../domain/faults.ts';
import { expectationOf } from '../domain/repeat.ts';
import { type LogPair, LogsDifferFault, passCommonPart, placeOf } from './compare-logs.ts';

export interface CopyOptions extends LogPair {
  /** Called for every event of the source that the target is known to hold. */
  readonly progressed?: (event: StoredEvent) => void;
  /** How long an append that nobody answers is sent again, in milliseconds. */
  readonly patienceMs?: number;
}

export interface Copied {
  /** Events that the target held before. */
  readonly standing: number;
  readonly copied: number;
}

/** The source holds an event that no port takes: something wrote it behind the port. */
export class EventNotPortableFault extends Error {
  override readonly name = 'EventNotPortableFault';
  readonly retryable = false;
}

const patienceMsDefault = 60_000;
const retryDelayMs = 200;
const eventsPerAppendMax = 500;

/**
 * Copies a log into another store: the same events in the same order, to the byte. What the target holds already is compared and
 * passed over, so a copy that was cut off at any instant goes on where it was; a target that holds anything else is refused.
 *
 * One append at a time: the order of the whole log is what the trees are made of, and no port promises it for two that are under way.
 * Throws `LogsDifferFault` (also when somebody else writes to the target), `EventNotPortableFault`, and the target's fault when it stays
 * away. Whoever reads the target afterwards (`passCommonPart`) knows that it is complete.
 */
export async function copyLog({
  source,
  target,
  progressed = () => undefined,
  patienceMs = patienceMsDefault,
}: CopyOptions): Promise<Copied> {
  const [from, to] = await Promise.all([source.head(), target.head()]);
  if (from.storeId === to.storeId) throw new LogsDifferFault('The source and the target are one and the same event store.');
  const { rest, events: standing } = await passCommonPart({ source, target }, progressed);
  let copied = 0;
  for await (const events of appendsOf(rest)) {
    await append(target, events, patienceMs);
    copied += events.length;
    for (const event of events) progressed(event);
  }
  return { standing, copied };
}

/** Neighbours of one stream, as many as one append takes. How they were grouped when they were first written does not matter. */
async function* appendsOf(rest: AsyncIterator<StoredEvent>): AsyncIterable<readonly StoredEvent[]> {
  let group: StoredEvent[] = [];
  let bytes = 0;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    const event = next.value;
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

function fits(group: readonly StoredEvent[], event: StoredEvent, bytes: number): boolean {
  const last = group.at(-1);
  if (last?.stream !== event.stream || last.revision + 1n !== event.revision) return false;
  // An id that was written twice is a finding of the verifier; in one append no port takes it.
  return bytes <= appendBytesMax && group.length < eventsPerAppendMax && group.every(({ id }) => id !== event.id);
}

function bytesOf({ type, data, metadata }: StoredEvent): number {
  return 2 * type.length + Buffer.byteLength(data) + (metadata === undefined ? 0 : Buffer.byteLength(metadata));
}

/** Sends the same until the target gives a final answer: what it holds already it recognises (promise 8). */
async function append(target: EventStore, events: readonly StoredEvent[], patienceMs: number): Promise<void> {
  const [first, ...others] = events as [StoredEvent, ...StoredEvent[]];
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
async function appendEach(target: EventStore, events: readonly StoredEvent[], patienceMs: number): Promise<void> {
  for (const event of events) await append(target, [event], patienceMs);
}

function notPortable(event: StoredEvent, cause: Error): EventNotPortableFault {
  return new EventNotPortableFault(`${placeOf(event)} was written behind the port and cannot be copied: ${cause.message}`, { cause });
}

function notExpected(event: StoredEvent, { message }: ConflictFault): LogsDifferFault {
  return new LogsDifferFault(`The target takes no ${placeOf(event)}: ${message} Somebody else writes to it, or the source has a gap.`);
}

function proposedOf({ id, type, data, metadata }: StoredEvent): ProposedEvent {
  // Whether the text is canonical is for the target to check: a stored event may have been written behind the port.
  return { id, type, data: data as CanonicalJson, ...(metadata !== undefined && { metadata: metadata as CanonicalJson }) };
}
