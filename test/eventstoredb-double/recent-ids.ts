import type { WireAnswer, WireEvent, WireRecord } from './wire-event.ts';

/** Observed: still known after 40,000 later events, forgotten after 60,000. */
const idsMax = 50_000;

/** The memory by which the server answers repeats under `any` and `stream_exists`: of its last events only, and gone with a restart. */
export class RecentIds {
  readonly #byId = new Map<string, WireRecord>();
  /** The same records by age; the oldest lies at `#next`. */
  readonly #ring: WireRecord[] = [];
  #next = 0;

  add(record: WireRecord): void {
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined && this.#byId.get(oldest.id) === oldest) this.#byId.delete(oldest.id);
    this.#ring[this.#next] = record;
    this.#next = (this.#next + 1) % idsMax;
    this.#byId.set(record.id, record);
  }

  /** What is known of these events in this stream; undefined when the first is new, so that they are to be written. */
  answerTo(stream: string, events: readonly WireEvent[], actual: bigint): WireAnswer | undefined {
    const known = events.map(({ id }) => this.#byId.get(id));
    const first = known[0];
    if (first?.stream !== stream) return undefined;
    const last = known.at(-1);
    if (last === undefined || !known.every((record) => record?.stream === stream)) return { outcome: 'conflict', actual };
    if (last.revision < first.revision) return { outcome: 'silence' };
    return { outcome: 'success', revision: last.revision, position: last.position };
  }
}
