import { hash } from 'node:crypto';
import { entryText } from './stored-event.ts';

/** What an entry says, as it stands there. */
export interface Entry {
  readonly at: string;
  readonly id: string;
  readonly meta: string;
  readonly pay: string;
  readonly prev: string;
  readonly revision: number;
  readonly stream: string;
  readonly type: string;
}

export const entryBytesMax = 4096;

/**
 * Reads entries of one log by their fixed pattern: ten fields in this order, all text without escapes, so that JSON need not be parsed and
 * there is one text for each entry.
 */
export class EntryReader {
  readonly #pattern: RegExp;

  constructor(origin: string) {
    const hex64 = '[0-9a-f]{64}';
    const invalid = `invalid:${hex64}`;
    this.#pattern = new RegExp(
      [
        String.raw`\{"at":"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z)`,
        '"id":"([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})',
        `"log":"${escaped(origin)}`,
        `"meta":"(${hex64})`,
        `"pay":"(${hex64})`,
        `"prev":"(${hex64})`,
        '"rev":"(0|[1-9][0-9]{0,18})',
        `"stream":"([a-z0-9]{2,20}\\.[a-zA-Z]+-[A-Za-z0-9_.:-]+|${invalid})`,
        String.raw`"type":"([A-Z][A-Za-z0-9]*\/[1-9][0-9]*|${invalid})`,
        String.raw`"v":"ledger-leaf\/1"\}`,
      ].join('",'),
      'y',
    );
  }

  /** The entry from `start` up to `end` of a text; undefined for one that has another form. */
  read(text: string, start: number, end: number): Entry | undefined {
    this.#pattern.lastIndex = start;
    const match = this.#pattern.exec(text);
    if (match === null || this.#pattern.lastIndex !== end || end - start > entryBytesMax) return undefined;
    const [, at, id, meta, pay, prev, revision, stream, type] = match as unknown as [string, ...string[]];
    return { at, id, meta, pay, prev, revision: Number(revision), stream, type } as Entry;
  }
}

/** The text that an entry was read from. */
export function textOfEntry(log: string, { at, id, meta, pay, prev, revision, stream, type }: Entry): string {
  return entryText({ at, id, log, meta, pay, prev, rev: String(revision), stream, type });
}

/** SHA-256(0x00 || E), 64 lower-case hex. */
export function leafHashOf(entry: Buffer): string {
  return hash('sha256', Buffer.concat([Buffer.of(0x00), entry]), 'hex');
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}
