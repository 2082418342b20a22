import { hash } from '#platform';
import { linesOf } from '../fold/postings.ts';
import { isObject } from '../log/canonical-json.ts';
import { type Entry, EntryReader } from '../log/entry.ts';
import { EventOpener } from '../log/event-opener.ts';
import { PayloadLines, readExpectedLine, readPayloadLine } from '../log/payload-line.ts';
import type { LogToOpen, OpenedLeaf, LeafEvent, SealedBundle, NoEvent } from './opened-leaf.ts';

/** Types whose payload says more than what it posts. */
export const typesReadWhole: ReadonlySet<string> = new Set([
  'KeyRotated/1',
  'LogPolicyChanged/1',
  'NumberAssigned/1',
  'OutageRecorded/1',
  'PersonalDataErased/1',
  'SlaCredited/1',
  'StateCommitted/1',
  'TermsPublished/1',
  'TimeTicked/1',
]);

/** Opens leaves one by one. It remembers nothing of one for the next, so bundles may be opened in any order and in any thread. */
export class LeafOpener {
  readonly #entries: EntryReader;
  readonly #events: EventOpener;
  readonly #typesRead: ReadonlySet<string>;

  constructor({ origin, isDeep, typesAlsoRead = [] }: LogToOpen) {
    this.#typesRead = new Set([...typesReadWhole, ...typesAlsoRead]);
    this.#entries = new EntryReader(origin);
    this.#events = new EventOpener(origin, isDeep);
  }

  /** The leaves of a bundle in order: fewer than its width if the bundle ends within an entry. Each is opened when it is asked for. */
  *open({ start, width, entries: bytes, payloads }: SealedBundle): Generator<OpenedLeaf> {
    const lines = payloads && new PayloadLines(payloads);
    const text = bytes.toString('latin1');
    let offset = 0;
    for (let place = 0; place < width; place++) {
      const end = entryEndAt(bytes, offset);
      if (end > bytes.length) return;
      const line = lines?.next();
      const entry = this.#entries.read(bytes, text, offset + entrySizeBytes, end);
      const event = entry === undefined ? 'unreadable' : this.#event(start + place, entry, line);
      yield { hash: leafHashIn(bytes, offset + entrySizeBytes, end), entry, event };
      offset = end;
    }
  }

  #event(index: number, entry: Entry, text: string | undefined): LeafEvent | NoEvent {
    if (text === undefined) return 'withheld';
    if (text === '') return 'no line';
    const line = readExpectedLine(text, index, entry) ?? readPayloadLine(text, index);
    if (typeof line === 'string') return line;
    const { isSame, isMalformed, isCanonical, text: payload, payload: value } = this.#events.open(entry, line);
    if (!isSame) return 'other';
    const isWanted = this.#typesRead.has(entry.type) || hasPersonalData(value);
    return { isMalformed, isCanonical, lines: linesOf(value), payload: isWanted ? payload : undefined };
  }
}

function hasPersonalData(payload: unknown): boolean {
  return isObject(payload) && payload['pii'] !== undefined;
}

/** Before each entry stands its length. */
export const entrySizeBytes = 2;

/** Where the entry ends whose length stands here; infinite where not even the length is there. */
export function entryEndAt(bytes: Buffer, offset: number): number {
  return offset + entrySizeBytes <= bytes.length ? offset + entrySizeBytes + bytes.readUInt16BE(offset) : Infinity;
}

/** The hash of a leaf where it lies: the byte before it makes room for the prefix of leaves, for as long as it takes. */
function leafHashIn(bytes: Buffer, start: number, end: number): string {
  const before = bytes[start - 1] as number;
  bytes[start - 1] = 0x00;
  const digest = hash('sha256', bytes.subarray(start - 1, end), 'hex');
  bytes[start - 1] = before;
  return digest;
}
