import { setImmediate } from 'node:timers/promises';
import type { StoredEvent } from '../event-store/domain/event-store.ts';
import type { EventTypes } from '../event-store/domain/event-types.ts';
import { type LedgerEvent, ledgerEventOf } from '../event-store/domain/ledger-event.ts';
import { chunks } from './chunks.ts';

/** A newer release wrote a version of an event that this one cannot read. It has to be brought up to date before it may go on. */
export class NewerEventFault extends Error {
  override readonly name = 'NewerEventFault';
  readonly retryable = false;

  constructor({ type, stream, revision, position }: StoredEvent) {
    super(
      `A newer release wrote event ${revision} of ${stream} (${type}, position ${position}). Read models stop before it: update this ` +
        'process, and they go on.',
    );
  }
}

export interface EventReaderOptions {
  /** What this release knows. */
  readonly types: readonly EventTypes[];
  /** Told of the first event of each type that it does not know. */
  readonly onUnknown?: (event: LedgerEvent) => void;
}

/** A power of two, and room for one batch: what is kept for longer makes garbage collection dear. */
const slots = 1024;
/** Few enough that the event loop goes on within half a millisecond. */
const eventsPerTurn = 100;

/**
 * Reads stored events for the read models of a process, in their newest version. Once for all of them: they follow the log closely
 * together, and are handed the same event objects. A fixed number of slots by position; a WeakMap would cost a replay twice as much.
 *
 * An event of a type that nobody here knows is handed over as it is stored, and is told of: its postings are postings all the same. A
 * later version of a type that is known stops the read model, since whatever was read from that type now means something else.
 */
export class EventReader {
  readonly #types = new Map<string, EventTypes>();
  readonly #options: EventReaderOptions;
  readonly #told = new Set<string>();
  readonly #storedEvents = new Array<StoredEvent | undefined>(slots);
  readonly #ledgerEvents = new Array<LedgerEvent | undefined>(slots);

  constructor(options: EventReaderOptions) {
    this.#options = options;
    for (const types of options.types) for (const type of types.all) this.#types.set(type, types);
  }

  /** Undefined for a malformed event. Throws `NewerEventFault`. */
  read(stored: StoredEvent): LedgerEvent | undefined {
    const slot = Number(BigInt.asUintN(10, stored.position));
    if (this.#storedEvents[slot] === stored) return this.#ledgerEvents[slot];
    const event = ledgerEventOf(stored);
    const newest = event && this.#newest(event, stored);
    this.#storedEvents[slot] = stored;
    this.#ledgerEvents[slot] = newest;
    return newest;
  }

  /**
   * Reads events that come next, a few in each turn of the event loop: while the server writes the batch before them, and without keeping
   * from it what that batch still has to say. What cannot be read is met again when its turn comes.
   */
  async readAhead(events: readonly StoredEvent[]): Promise<void> {
    for (const some of chunks(events, eventsPerTurn)) {
      try {
        for (const event of some) this.read(event);
      } catch {
        return;
      }
      await setImmediate();
    }
  }

  #newest(event: LedgerEvent, stored: StoredEvent): LedgerEvent {
    const read = this.#types.get(event.type)?.read(event);
    if (read === undefined) {
      if (this.#options.types.some((types) => types.isNewer(event.type))) throw new NewerEventFault(stored);
      this.#tell(event);
      return event;
    }
    return read.type === event.type ? event : { ...event, type: read.type, fin: read.data as LedgerEvent['fin'] };
  }

  #tell(event: LedgerEvent): void {
    if (this.#told.has(event.type)) return;
    this.#told.add(event.type);
    this.#options.onUnknown?.(event);
  }
}
