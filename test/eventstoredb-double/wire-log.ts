import { randomUUID } from 'node:crypto';
import { ConflictFault } from '../../services/event-store/domain/faults.ts';
import { answerRepeat } from '../../services/event-store/domain/repeat.ts';
import { RecentIds } from './recent-ids.ts';
import { StreamState, truncatedWholly } from './stream-state.ts';
import { metastreamOf, type WireAnswer, type WireAppend, type WireEvent, type WireExpectation, WireRecord } from './wire-event.ts';

export interface WireLogOptions {
  /** Distance to the next position. By default the size of the record, as in a file; tests draw it at random. */
  readonly stride?: (event: WireEvent) => bigint;
  readonly nowMs?: () => number;
  /** Told of every commit before any reader or writer learns of it. */
  readonly journal?: (records: readonly WireRecord[]) => void;
}

/**
 * The log behind the double. Appends at a concrete revision or to a new stream follow the port's own rules, down to the same function
 * for repeats; the rest is what the wire has beyond the port: weaker expectations, deletion, truncation, names with a leading `$`.
 */
export class WireLog {
  readonly records: WireRecord[] = [];
  readonly #streams = new Map<string, StreamState>();
  readonly #listeners = new Set<(records: readonly WireRecord[]) => void>();
  readonly #recent = new RecentIds();
  readonly #options: WireLogOptions;
  #position = 0n;

  constructor(options: WireLogOptions = {}, records: readonly WireRecord[] = []) {
    this.#options = options;
    for (const record of records) this.#place(record);
  }

  /** Position of the last event, 0 when there is none. */
  get headPosition(): bigint {
    return this.records.at(-1)?.position ?? 0n;
  }

  get nowMs(): number {
    return this.#options.nowMs?.() ?? Date.now();
  }

  stream(name: string): StreamState | undefined {
    return this.#streams.get(name);
  }

  append({ stream, expected, events }: WireAppend): WireAnswer {
    const state = this.#streams.get(stream);
    if (state?.tombstoned === true) return { outcome: 'deleted' };
    const actual = state?.lastRevision ?? -1n;
    const refused = this.#refusal(stream, { expected, events, state, actual });
    if (refused !== undefined) return refused;
    if (events.length === 0) return this.#appendNothing(actual);
    this.#commit(this.#numbered(stream, actual, events));
    const position = this.headPosition;
    if (state?.softDeleted === true) this.#revive(stream, actual + 1n);
    return { outcome: 'success', revision: actual + BigInt(events.length), position };
  }

  /** Hides the events of a stream from reads of the stream; revisions continue, and the log keeps all. */
  softDelete(stream: string, expected: WireExpectation): WireAnswer {
    return this.#refusedDeletion(stream, expected) ?? this.#setTruncation(stream, truncatedWholly);
  }

  /** Ends a stream for ever. */
  tombstone(stream: string, expected: WireExpectation): WireAnswer {
    const refused = this.#refusedDeletion(stream, expected);
    if (refused !== undefined) return refused;
    const event = systemEvent('$streamDeleted', '');
    this.#position += this.#stride(event);
    this.#commit([new WireRecord(event, { stream, revision: truncatedWholly, position: this.#position, createdAtMs: this.nowMs })]);
    return { outcome: 'success', revision: truncatedWholly, position: this.headPosition };
  }

  /** What the server writes by itself: statistics, links, metadata. */
  appendSystemEvent(stream: string, type: string, data: string): void {
    this.append({ stream, expected: 'any', events: [systemEvent(type, data)] });
  }

  /** Index of the first record at or after a position, by halving. */
  indexOf(position: bigint): number {
    let low = 0;
    let high = this.records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.records[middle] as WireRecord).position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Called with each commit; answers what takes the listener away. */
  onCommit(listener: (records: readonly WireRecord[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #refusal(
    stream: string,
    { expected, events, state, actual }: Pick<WireAppend, 'expected' | 'events'> & { state: StreamState | undefined; actual: bigint },
  ): WireAnswer | undefined {
    if (expected === 'any' || expected === 'stream_exists') {
      if (expected === 'stream_exists' && state?.softDeleted === true) return { outcome: 'deleted' };
      if (expected === 'stream_exists' && actual < 0n && !this.#streams.has(metastreamOf(stream))) return conflictAt(actual);
      const known = this.#recent.answerTo(stream, events, actual);
      return known?.outcome === 'success' ? this.#withoutHidden(stream, known) : known;
    }
    const revision = expected === 'no_stream' ? -1n : expected;
    if (revision === actual) return undefined;
    if (events.length === 0) return conflictAt(actual);
    try {
      const places = (state?.records ?? []).slice(Number(revision) + 1, Number(revision) + 1 + events.length);
      const repeat = answerRepeat({ stream, expected, events }, { actual, places });
      return this.#withoutHidden(stream, { outcome: 'success', revision: repeat.revision, position: repeat.position });
    } catch (error) {
      if (!(error instanceof ConflictFault)) throw error;
      const firstMatches = state?.records[0]?.id === events[0]?.id;
      return expected === 'no_stream' && state?.softDeleted === true && !firstMatches ? undefined : conflictAt(actual);
    }
  }

  /** The repeat of an event that no read of the stream shows any more succeeds without a position. */
  #withoutHidden(stream: string, answer: WireAnswer & { outcome: 'success' }): WireAnswer {
    const hidden = (answer.revision as bigint) < (this.#streams.get(stream)?.firstVisible(this.nowMs) ?? 0n);
    return hidden ? { ...answer, position: undefined } : answer;
  }

  /** An append without events takes a place in the log and shows nowhere. */
  #appendNothing(actual: bigint): WireAnswer {
    this.#position += this.#stride(systemEvent('', ''));
    return { outcome: 'success', revision: actual < 0n ? undefined : actual, position: this.#position };
  }

  #refusedDeletion(stream: string, expected: WireExpectation): WireAnswer | undefined {
    const state = this.#streams.get(stream);
    if (state?.tombstoned === true) return { outcome: 'deleted' };
    const actual = state?.lastRevision ?? -1n;
    if (expected === 'any') return undefined;
    if (expected === 'stream_exists') return actual < 0n ? conflictAt(actual) : undefined;
    return (expected === 'no_stream' ? -1n : expected) === actual ? undefined : conflictAt(actual);
  }

  /** A write to a stream that was deleted softly shows its own events, and not those before. */
  #revive(stream: string, firstVisible: bigint): void {
    this.#setTruncation(stream, firstVisible);
  }

  #setTruncation(stream: string, before: bigint): WireAnswer {
    return this.append({ stream: metastreamOf(stream), expected: 'any', events: [systemEvent('$metadata', `{"$tb":${before}}`)] });
  }

  #numbered(stream: string, actual: bigint, events: readonly WireEvent[]): WireRecord[] {
    const createdAtMs = this.nowMs;
    return events.map((event, index) => {
      this.#position += this.#stride(event);
      const place = { stream, revision: actual + 1n + BigInt(index), position: this.#position, createdAtMs };
      return new WireRecord(event, place);
    });
  }

  #stride(event: WireEvent): bigint {
    return this.#options.stride?.(event) ?? BigInt(96 + 2 * event.type.length + event.data.length + event.metadata.length);
  }

  #commit(records: readonly WireRecord[]): void {
    this.#options.journal?.(records);
    for (const record of records) {
      this.#place(record);
      this.#recent.add(record);
    }
    for (const listener of this.#listeners) listener(records);
  }

  #place(record: WireRecord): void {
    const { stream, revision, type, data, position } = record;
    this.records.push(record);
    this.#position = position;
    const state = this.#streams.get(stream) ?? new StreamState();
    this.#streams.set(stream, state);
    if (revision === truncatedWholly) state.tombstoned = true;
    else state.records.push(record);
    if (type === '$metadata' && stream.startsWith('$$')) this.#applyMetadata(stream.slice(2), data);
  }

  #applyMetadata(stream: string, data: Uint8Array): void {
    const state = this.#streams.get(stream) ?? new StreamState();
    this.#streams.set(stream, state);
    state.applyMetadata(data);
  }
}

function conflictAt(actual: bigint): WireAnswer {
  return { outcome: 'conflict', actual: actual < 0n ? undefined : actual };
}

function systemEvent(type: string, data: string): WireEvent {
  return { id: randomUUID(), type, isJson: data !== '', data: Buffer.from(data), metadata: new Uint8Array() };
}
