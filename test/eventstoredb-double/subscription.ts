import { randomUUID } from 'node:crypto';
import type { DoubleCore } from './double-core.ts';
import { type Filter, filterOf, readBatchSize } from './filter.ts';
import { encodeCaughtUp, encodeCheckpoint, encodeConfirmation, encodeEvent, streamNameOf, type Encoded } from './messages.ts';
import type { ReadCall } from './read-call.ts';
import { isPosition } from './read-range.ts';
import { failures } from './statuses.ts';
import type { WireRecord } from './wire-event.ts';
import type { WireLog } from './wire-log.ts';

/** Where a subscription reads, and the first place that it has not looked at. */
interface Source {
  readonly records: readonly WireRecord[];
  readonly first: number;
  readonly belongs: (record: WireRecord) => boolean;
}

/** Starts a subscription: confirmation, what is there, caughtUp, and then what comes. Both kinds begin behind the place they name. */
export function subscribe(core: DoubleCore, reading: ReadCall): void {
  const source = sourceOf(core.log, reading);
  if ('code' in source) return reading.fail(source);
  const options = reading.request.getOptions();
  void new Subscription(core, { reading, source, filter: options === undefined ? undefined : filterOf(options) }).run();
}

class Subscription {
  readonly #core: DoubleCore;
  readonly #log: WireLog;
  readonly #reading: ReadCall;
  readonly #source: Source;
  readonly #filter: Filter | undefined;
  /** Live messages that the client has not taken yet. */
  readonly #buffer: { readonly message: Encoded; readonly isEvent: boolean }[] = [];
  #considered = 0;
  #pumping = false;

  constructor(core: DoubleCore, { reading, source, filter }: { reading: ReadCall; source: Source; filter: Filter | undefined }) {
    this.#core = core;
    this.#log = core.log;
    this.#reading = reading;
    this.#source = source;
    this.#filter = filter;
  }

  async run(): Promise<void> {
    this.#reading.write(encodeConfirmation(randomUUID()));
    const { records } = this.#source;
    const pageSize = this.#filter?.window ?? readBatchSize;
    for (let index = this.#source.first; ;) {
      const end = Math.min(index + pageSize, records.length);
      const checkpoint = await this.#sendPage(index, end);
      if (this.#reading.over) return;
      // Nothing may come between this look at the end of the log and the first commit that is listened to.
      if (end - index < pageSize && end >= records.length) return this.#goLive();
      this.#checkpointAfter(checkpoint);
      index = end;
    }
  }

  /** Answers the position that a checkpoint behind this page names: its last event that passed, else its first event. */
  async #sendPage(first: number, end: number): Promise<bigint> {
    const { records } = this.#source;
    let checkpoint = records[first]?.position ?? 0n;
    for (let index = first; index < end; index++) {
      const record = records[index] as WireRecord;
      this.#considered++;
      if (this.#filter?.passes(record) === false) continue;
      if (this.#reading.congested) await this.#reading.settled();
      if (this.#reading.over) break;
      this.#reading.writeEvent(encodeEvent(record));
      checkpoint = record.position;
    }
    if (this.#reading.congested) await this.#reading.settled();
    return checkpoint;
  }

  #checkpointAfter(position: bigint): void {
    if (this.#filter === undefined || this.#considered < this.#filter.checkpointInterval) return;
    this.#considered %= this.#filter.checkpointInterval;
    this.#reading.write(encodeCheckpoint(position));
  }

  #goLive(): void {
    this.#reading.write(encodeCaughtUp());
    const ends = [this.#log.onCommit((records) => this.#offer(records)), this.#core.addLiveReader(() => this.#drop())];
    this.#reading.whenOver(() => {
      for (const end of ends) end();
    });
  }

  #offer(records: readonly WireRecord[]): void {
    for (const record of records) {
      if (!this.#source.belongs(record)) continue;
      if (this.#filter?.passes(record) !== false) this.#push({ message: encodeEvent(record), isEvent: true });
      if (this.#filter !== undefined && ++this.#considered >= this.#filter.checkpointInterval) {
        this.#considered = 0;
        this.#push({ message: encodeCheckpoint(record.position), isEvent: false });
      }
    }
    if (!this.#pumping) void this.#pump();
  }

  /** A live reader that lags is dropped; what it has got by then has no gap. */
  #push(message: { message: Encoded; isEvent: boolean }): void {
    if (this.#reading.over) return;
    if (this.#buffer.length >= this.#core.liveBufferMax) this.#drop();
    else this.#buffer.push(message);
  }

  #drop(): void {
    this.#buffer.length = 0;
    this.#reading.fail(failures.consumerTooSlow());
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    await Promise.resolve();
    while (this.#buffer.length > 0 && !this.#reading.over) {
      if (this.#reading.congested) await this.#reading.settled();
      const next = this.#buffer.shift();
      if (next === undefined) break;
      if (next.isEvent) this.#reading.writeEvent(next.message);
      else this.#reading.write(next.message);
    }
    this.#pumping = false;
  }
}

function sourceOf(log: WireLog, reading: ReadCall): Source | ReturnType<typeof failures.badRequest> {
  const options = reading.request.getOptions();
  const stream = options?.getStream();
  if (stream !== undefined) {
    const name = streamNameOf(stream.getStreamIdentifier());
    const state = log.stream(name);
    if (state?.tombstoned === true) return failures.streamDeleted(name);
    const records = state?.records ?? [];
    const from = stream.hasRevision() ? Number(stream.getRevision()) + 1 : stream.hasEnd() ? records.length : 0;
    const first = Math.max(from, Number(state?.firstVisible(log.nowMs) ?? 0n));
    return { records, first, belongs: (record) => record.stream === name };
  }
  const all = options?.getAll();
  if (all === undefined) return failures.badRequest();
  const position = all.hasPosition() ? BigInt(all.getPosition()?.getCommitPosition() ?? 0) : undefined;
  if (position !== undefined && !isPosition(log, position)) return failures.unknown('Unexpected ReadAllResult: Error');
  const first = position === undefined ? (all.hasEnd() ? log.records.length : 0) : log.indexOf(position + 1n);
  // From beyond the end: whatever comes is skipped in silence until the log has grown past that position.
  return { records: log.records, first, belongs: (record) => position === undefined || record.position > position };
}
