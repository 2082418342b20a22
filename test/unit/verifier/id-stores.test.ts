import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileIdStore } from '../../../verifier/ids/file.id-store.ts';
import type { IdStore } from '../../../verifier/ids/id-store.ts';
import { IdsFileError, TemporaryIdsFile } from '../../../verifier/ids/ids-file.ts';
import { MemoryIdStore } from '../../../verifier/ids/memory.id-store.ts';
import { Ordinals } from '../../../verifier/ids/ordinals.ts';
import { KeptIds } from '../../../verifier/state/kept.id-store.ts';

const nil = '00000000-0000-0000-0000-000000000000';
/** That differ in one digit only, and in where it stands. */
const alike = Array.from({ length: 32 }, (_, digit) => nil.replaceAll('-', '').split('').with(digit, 'f').join('')).map((hex) =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-'),
);
const distinct = [...Array.from({ length: 6_000 }, () => randomUUID()), ...alike, nil];
/** Each id three times; the second time in the order of the first, and the third time close to it. */
const repeated = [...distinct, ...distinct.flatMap((id) => [id, id])];
const none = new Ordinals();
/** Small enough that every partition has several chunks, and more ids than are gone through at once. */
const small = { recordsPerChunk: 10, idsAtOnceMax: 30 };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyroot-ids-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** By a Set, which nobody doubts. */
function repeatsOf(ids: readonly string[]): number[] {
  const seen = new Set<string>();
  return ids.flatMap((id, place) => (seen.size === seen.add(id).size ? [place] : []));
}

function ordinals(places: Iterable<number>): Ordinals {
  const all = new Ordinals();
  for (const place of places) all.add(place);
  return all;
}

function addAll(store: IdStore, ids: readonly string[]): boolean[] {
  return ids.map((id) => store.add(id));
}

function temporaryStore(known: Ordinals, sizes: { recordsPerChunk?: number; idsAtOnceMax?: number } = small): FileIdStore {
  return new FileIdStore({ file: new TemporaryIdsFile(folder), known, ...sizes });
}

describe('a set of ordinals', () => {
  const places = [0, 1, 31, 32, 32_767, 32_768, 1_000_000, 2 ** 40];

  it('has what was added and nothing else', () => {
    const set = ordinals(places);
    for (const place of places) expect([set.has(place), set.has(place + 2)]).toEqual([true, places.includes(place + 2)]);
    expect([none.isEmpty, none.has(0), set.isEmpty]).toEqual([true, false, false]);
  });

  it('equals one with the same ordinals, whatever the order', () => {
    expect(ordinals(places).equals(ordinals(places.toReversed()))).toBe(true);
    expect(ordinals(places).equals(ordinals(places.slice(1)))).toBe(false);
    expect(ordinals([5]).equals(ordinals([6]))).toBe(false);
    expect(new Ordinals(ordinals(places).state()).equals(ordinals(places))).toBe(true);
  });

  it('is cut at any ordinal', () => {
    for (const end of [0, 1, 2, 31, 32, 33, 32_768, 32_769, 65_536, 2 ** 40, 2 ** 40 + 1])
      expect(
        ordinals(places)
          .below(end)
          .equals(ordinals(places.filter((place) => place < end))),
      ).toBe(true);
  });
});

describe('event ids in memory', () => {
  it('are new once, however many there are', () => {
    const store = new MemoryIdStore();
    const repeats = new Set(repeatsOf(repeated));
    expect(addAll(store, repeated)).toEqual(repeated.map((_, place) => !repeats.has(place)));
    expect(store.findRepeats()).toEqual({ repeats: ordinals(repeats), wereKnown: true });
    expect(store.findRepeats().repeats.equals(ordinals(repeats))).toBe(true);
  });

  it('have room for so many', () => {
    const store = new MemoryIdStore({ idsMax: 3 });
    addAll(store, distinct.slice(0, 2));
    expect(store.room).toBe(1);
  });
});

describe('event ids on disk', () => {
  it.each([
    ['within one chunk', {}],
    ['over many chunks', small],
    ['one a chunk', { recordsPerChunk: 1 }],
  ])('show at the end which of them stood twice, %s', (_, sizes) => {
    const store = temporaryStore(none, sizes);
    expect(new Set(addAll(store, repeated))).toEqual(new Set([true]));
    const { repeats, wereKnown } = store.findRepeats();
    expect([repeats.equals(ordinals(repeatsOf(repeated))), wereKnown]).toEqual([true, false]);
    expect(store.findRepeats().repeats.equals(repeats)).toBe(true);
    store.close();
  });

  it('are answered as in memory by who knows the repeats, and say so', () => {
    const known = ordinals(repeatsOf(repeated));
    const [store, inMemory] = [temporaryStore(known), new MemoryIdStore()];
    expect(addAll(store, repeated)).toEqual(addAll(inMemory, repeated));
    expect(store.findRepeats().wereKnown).toBe(true);
    store.close();
  });

  it('were known as far as they were added, and not where too many are taken for repeats', () => {
    const known = ordinals(repeatsOf(repeated));
    const [part, wrong] = [temporaryStore(known), temporaryStore(ordinals([7]))];
    addAll(part, repeated.slice(0, 8_000));
    addAll(wrong, distinct.slice(0, 10));
    expect([part.findRepeats().wereKnown, wrong.findRepeats().wereKnown]).toEqual([true, false]);
    part.close();
    wrong.close();
  });

  it('take the one id that stands in every leaf', () => {
    const store = temporaryStore(none);
    addAll(store, new Array<string>(5_000).fill(nil));
    expect(store.findRepeats().repeats.equals(ordinals(Array.from({ length: 4_999 }, (_, place) => place + 1)))).toBe(true);
    store.close();
  });

  it('go on with those of another log', () => {
    const first = temporaryStore(none);
    addAll(first, distinct);
    const next = first.goingOn(none);
    addAll(next, distinct.toReversed());
    const all = [...distinct, ...distinct.toReversed()];
    expect(next.findRepeats().repeats.equals(ordinals(repeatsOf(all)))).toBe(true);
    next.close();
  });

  it('leave no file behind, not even while they are written', () => {
    const store = temporaryStore(none);
    addAll(store, distinct);
    expect(readdirSync(folder)).toEqual([]);
    store.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that cannot be written are an error that names the file', () => {
    const store = new FileIdStore({ file: new TemporaryIdsFile(join(folder, 'missing')), known: none, ...small });
    expect(() => addAll(store, distinct)).toThrow(IdsFileError);
    expect(() => addAll(store, distinct)).toThrow(/missing.*ENOENT/);
  });
});

describe('event ids beside a state', () => {
  const [before, after] = [repeated.slice(0, 9_000), repeated.slice(9_000)];
  const newFiles = () => new KeptIds(join(folder, 'state'), { recordsPerChunk: 10 });
  const known = ordinals(repeatsOf(repeated));

  /** As a process leaves it that was killed after it saved, some time later. */
  function killed() {
    const store = newFiles().open(known.below(before.length));
    addAll(store, before);
    const state = store.state();
    addAll(store, distinct.toReversed());
    return structuredClone(state);
  }

  it('go on from a state as if they had never stopped, whatever was written behind it', () => {
    const state = killed();
    const store = newFiles().open(known, state);
    expect(addAll(store, after)).toEqual(after.map((_, place) => !known.has(before.length + place)));
    expect(store.findRepeats().wereKnown).toBe(true);
    store.close();
    expect(readdirSync(folder)).toEqual([state.name]);
  });

  it('go on from a state twice in one process, and leave the later state true', () => {
    const state = killed();
    const files = newFiles();
    const first = files.open(none, state);
    addAll(first, after);
    const later = first.state();
    first.close();
    const second = files.open(none, state);
    addAll(second, distinct);
    expect(second.findRepeats().repeats.equals(ordinals(repeatsOf([...before, ...distinct])))).toBe(true);
    second.close();
    const third = files.open(none, later);
    expect(third.findRepeats().repeats.equals(known)).toBe(true);
    third.close();
  });

  it('are removed where no state has them', () => {
    const files = newFiles();
    const unsaved = files.open(none);
    expect(readdirSync(folder)).toHaveLength(1);
    unsaved.close();
    expect(readdirSync(folder)).toEqual([]);
    const [one, other] = [killed(), killed()];
    newFiles().keepOnly([other.name]);
    expect(readdirSync(folder)).toEqual([other.name]);
    expect(() => newFiles().open(none, one)).toThrow(/is not there/);
  });

  it('are not believed where a byte is another one, or the end is missing', () => {
    const state = killed();
    const path = join(folder, state.name);
    const whole = readFileSync(path).subarray(0, state.end);
    const found = () => {
      const store = newFiles().open(none, state);
      try {
        return store.findRepeats();
      } finally {
        store.close();
      }
    };
    for (const at of [0, 3, 4, 9, 12, 43, 44, 60, 66, Math.floor(whole.length / 2), whole.length - 1]) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 1;
      writeFileSync(path, damaged);
      expect(found).toThrow(IdsFileError);
    }
    writeFileSync(path, whole);
    expect(found().repeats.equals(known.below(before.length))).toBe(true);
    truncateSync(path, state.end - 1);
    expect(found).toThrow(IdsFileError);
  });
});
