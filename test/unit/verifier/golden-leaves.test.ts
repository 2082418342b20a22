import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { leafOf } from '../../../services/integrity/domain/leaf.ts';
import { EntryReader, leafHashOf, textOfEntry } from '../../../verifier/log/entry.ts';
import { EventOpener } from '../../../verifier/log/event-opener.ts';
import { recomputeEntry } from '../../../verifier/log/stored-event.ts';

interface GoldenLeaf {
  readonly about: string;
  readonly malformed: boolean;
  readonly event: {
    readonly id: string;
    readonly stream: string;
    readonly revision: string;
    readonly type: string;
    data: string;
    metadata: string;
  };
  readonly entry: string;
  readonly leafHash: string;
}

const file = join(import.meta.dirname, '..', '..', 'vectors', 'golden-leaves.json');
const { origin, leaves } = JSON.parse(readFileSync(file, 'utf8')) as { origin: string; leaves: GoldenLeaf[] };

describe.each(leaves)('the golden leaf: $about', ({ event, entry, leafHash, malformed }) => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const line = { ...event, data: base64(event.data), metadata: base64(event.metadata) };

  it('is what the services seal', () =>
    expect(leafOf(origin, { ...event, revision: BigInt(event.revision) })).toEqual({ entry, hash: leafHash, malformed }));

  it('is what the verifier recomputes', () => {
    const stored = { ...event, data: Buffer.from(event.data), metadata: Buffer.from(event.metadata) };
    expect(recomputeEntry(origin, stored)).toEqual({ entry, isMalformed: malformed });
    expect(leafHashOf(Buffer.from(entry))).toBe(leafHash);
  });

  it('is read by its pattern and written back to the same bytes', () => {
    const read = new EntryReader(origin).read(Buffer.from(entry), entry, 0, entry.length);
    expect(read && textOfEntry(origin, read)).toBe(entry);
  });

  it.each([false, true])('opens with its stored event (deep: %s)', (isDeep) => {
    const read = new EntryReader(origin).read(Buffer.from(entry), entry, 0, entry.length)!;
    const opened = new EventOpener(origin, isDeep).open(read, line);
    expect(opened).toMatchObject({ isSame: true, isMalformed: malformed, payload: JSON.parse(event.data) });
    expect(opened.isCanonical).toBe(!isDeep || !malformed);
  });

  it.each([false, true])('does not open with any bit of the stored event changed (deep: %s)', (isDeep) => {
    const read = new EntryReader(origin).read(Buffer.from(entry), entry, 0, entry.length)!;
    const opener = new EventOpener(origin, isDeep);
    for (const field of ['data', 'metadata'] as const) {
      const bytes = Buffer.from(event[field]);
      for (let at = 0; at < bytes.length; at++) {
        for (let bit = 1; bit < 256; bit <<= 1) {
          const changed = Buffer.from(bytes);
          changed[at]! ^= bit;
          const { isSame } = opener.open(read, { ...line, [field]: changed.toString('base64') });
          expect([field, at, bit, isSame]).toEqual([field, at, bit, false]);
        }
      }
    }
    for (const field of ['id', 'stream', 'type', 'revision'] as const)
      expect(opener.open(read, { ...line, [field]: `${line[field]}0` }).isSame).toBe(false);
  });

  it('does not open with another base64 of the same bytes', () => {
    const read = new EntryReader(origin).read(Buffer.from(entry), entry, 0, entry.length)!;
    const opener = new EventOpener(origin, false);
    for (const other of [`${line.data}=`, ` ${line.data}`, line.data.replace(/=*$/, '')].filter((text) => text !== line.data))
      expect(opener.open(read, { ...line, data: other }).isSame).toBe(false);
  });
});
