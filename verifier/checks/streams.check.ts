import type { Entry } from '../log/entry.ts';
import { noPrevious } from '../log/stored-event.ts';
import type { Check, ProofHint } from './check.ts';
import type { IdStore } from '../ids/id-store.ts';

interface StreamState {
  revision: number;
  /** Leaf hash of the last event, 64 hex. */
  leafHash: string;
  /** Index of the last event, or `ofAnotherLog`. */
  index: number;
}

/** The last event of a stream stands in the log that this one goes on with. */
const ofAnotherLog = -1;

export interface StreamsState {
  readonly streams: ReadonlyMap<string, Readonly<StreamState>>;
}

export interface StreamLeaf {
  readonly index: number;
  readonly entry: Entry;
  readonly leafHash: string;
  /** Nothing is expected of its `prev`: the stored event breaks the format. */
  readonly isMalformed: boolean;
  /** Its payload was opened, so that `isMalformed` says all there is to say. */
  readonly isOpened: boolean;
}

/** V5: in each stream revisions count 0, 1, 2, ... and every event names the leaf before it. */
export class StreamsCheck {
  readonly #check: Check;
  /** The log goes on where another one had to stop, and so may its streams. */
  readonly #hasSuperseded: boolean;
  readonly #ids: IdStore;
  #streams = new Map<string, StreamState>();

  constructor(check: Check, { ids, hasSuperseded }: { readonly ids: IdStore; readonly hasSuperseded: boolean }) {
    this.#check = check;
    this.#ids = ids;
    this.#hasSuperseded = hasSuperseded;
  }

  get streams(): number {
    return this.#streams.size;
  }

  state(): StreamsState {
    return { streams: this.#streams };
  }

  resume({ streams }: StreamsState): void {
    for (const [stream, state] of streams) this.#streams.set(stream, { ...state });
  }

  /** For the log that goes on with these streams, and with these ids. Afterwards this one is of no use any more. */
  goingOn(check: Check, ids: IdStore): StreamsCheck {
    const next = new StreamsCheck(check, { ids, hasSuperseded: false });
    next.#streams = this.#streams;
    for (const state of next.#streams.values()) state.index = ofAnotherLog;
    return next;
  }

  /** Takes leaves in order. False for an event whose id is known to stand in an earlier leaf: it posts nothing. */
  next({ index, entry, leafHash, isMalformed, isOpened }: StreamLeaf): boolean {
    const isNew = this.#ids.add(entry.id);
    if (!isNew)
      this.#check.findings.add({ name: 'duplicate-id', index, message: `event id ${entry.id} stands in an earlier leaf already` });
    const before = this.#streams.get(entry.stream);
    const revision = before === undefined ? 0 : before.revision + 1;
    if (entry.revision !== revision) this.#answerRevision(index, entry, revision, before);
    else if (!isMalformed && isNew && entry.prev !== (before?.leafHash ?? noPrevious)) this.#answerPrevious(index, entry, before, isOpened);
    if (before === undefined) this.#streams.set(copyOf(entry.stream), { revision: entry.revision, leafHash, index });
    else {
      before.revision = entry.revision;
      before.leafHash = leafHash;
      before.index = index;
    }
    return isNew;
  }

  #answerRevision(index: number, { stream, revision }: Entry, expected: number, before: StreamState | undefined): void {
    const message = `stream ${stream} has revision ${revision} where ${expected} must follow`;
    if (before === undefined && this.#hasSuperseded)
      this.#check.unverifiable.add({ index, message: `${message}; the superseded log may hold what is before, and it is not at hand` });
    else this.#check.invalid.add({ index, message, proof: proofBy(before) });
  }

  #answerPrevious(index: number, { prev, stream, revision }: Entry, before: StreamState | undefined, isOpened: boolean): void {
    const message = `prev of ${stream} revision ${revision} is not the leaf before it`;
    // Without the payload this may be an event that was written behind the port without a usable `prev`.
    if (!isOpened && prev === noPrevious) this.#check.findings.add({ name: 'format', index, message });
    else this.#check.invalid.add({ index, message, evidence: { prev, leafBefore: before?.leafHash ?? 'none' }, proof: proofBy(before) });
  }
}

function proofBy(before: StreamState | undefined): ProofHint | undefined {
  return before === undefined || before.index === ofAnotherLog ? undefined : { kind: 'stream', before: before.index };
}

/** A text of its own: a slice would keep the whole bundle alive for as long as the stream is remembered. */
function copyOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
