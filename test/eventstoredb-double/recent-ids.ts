import type { WireAnswer, WireEvent, WireRecord } from './wire-event.ts';

/** Observed: still known after 40,000 later events, forgotten after 60,000. */
const idsMax = 50_000;

/** The memory by which the server answers repeats under `any` and `stream_exists`: of its last events only, and gone with a restart. */
export class RecentIds {
  readonly #byId = new Map<string, WireRecord>();

  add(record: WireRecord): void {
    this.#byId.delete(record.id);
    this.#byId.set(record.id, record);
    if (this.#byId.size > idsMax) this.#byId.delete(this.#byId.keys().next().value as string);
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
