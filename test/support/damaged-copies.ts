import fc from 'fast-check';
import type { LogFolder } from './log-builder.ts';

/** Where something happens: counted round by whoever it happens to. */
export const place = fc.nat({ max: 1_000_000 });
const byte = fc.integer({ min: 0, max: 255 });

type FileDamage = (bytes: Buffer) => Buffer | undefined;

const fileDamage: fc.Arbitrary<readonly [string, FileDamage]> = fc.oneof(
  fc
    .tuple(place, fc.nat({ max: 7 }))
    .map(([at, bit]) => [`bit ${bit} of byte ${at} flipped`, (bytes: Buffer) => withByte(bytes, at, (old) => old ^ (1 << bit))] as const),
  fc.tuple(place, byte).map(([at, value]) => [`byte ${at} set to ${value}`, (bytes: Buffer) => withByte(bytes, at, () => value)] as const),
  fc
    .tuple(place, fc.integer({ min: 1, max: 40 }))
    .map(([at, count]) => [`${count} bytes lost at ${at}`, (bytes: Buffer) => spliced(bytes, at, count)] as const),
  fc
    .tuple(place, byte)
    .map(([at, value]) => [`byte ${value} added at ${at}`, (bytes: Buffer) => spliced(bytes, at, 0, Buffer.of(value))] as const),
  place.map((at) => [`cut at ${at}`, (bytes: Buffer) => bytes.subarray(0, at % (bytes.length + 1))] as const),
  fc.constant(['lost', () => undefined] as const),
);

const lineDamage: fc.Arbitrary<readonly [string, FileDamage]> = fc.oneof(
  fc
    .tuple(place, place)
    .map(([one, other]) => [`lines ${one} and ${other} swapped`, changedLines((lines) => swap(lines, one, other))] as const),
  place.map((at) => [`line ${at} lost`, changedLines((lines) => void lines.splice(at % lines.length, 1))] as const),
  place.map(
    (at) =>
      [`line ${at} twice`, changedLines((lines) => void lines.splice(at % lines.length, 0, lines[at % lines.length] as string))] as const,
  ),
  place.map((at) => [`line ${at} empty`, changedLines((lines) => void (lines[at % lines.length] = ''))] as const),
  fc
    .tuple(
      place,
      fc.constantFrom('missing', null, '', 'AAA=', 'AAAA', 'AAAB='),
      fc.constantFrom('data', 'metadata', 'both', 'i', 'rev', 'stream', 'id'),
    )
    .map(([at, value, name]) => {
      const fields = name === 'both' ? { data: value, metadata: value } : { [name]: value };
      const change = (lines: string[]) => void (lines[at % lines.length] = changedLine(lines[at % lines.length] as string, fields));
      return [`${name} of line ${at} is ${value}`, changedLines(change)] as const;
    }),
);

/** One damage of one file, as anybody can do it who has a copy. */
export const copyDamage = fc
  .oneof(
    { weight: 3, arbitrary: fc.record({ which: place, of: place, kind: fileDamage }) },
    { weight: 2, arbitrary: fc.record({ which: place, of: fc.constant('jsonl'), kind: lineDamage }) },
  )
  .map(({ which, of, kind: [about, change] }) => ({
    about: `${about} in file ${of}`,
    which,
    damage(files: LogFolder): LogFolder {
      const names = [...files.keys()].filter((name) => typeof of === 'number' || name.endsWith(of));
      const name = names[(typeof of === 'number' ? of : which) % names.length] as string;
      const damaged = new Map(files);
      const bytes = change(Buffer.from(files.get(name) as Buffer));
      if (bytes === undefined) damaged.delete(name);
      else damaged.set(name, bytes);
      return damaged;
    },
  }));

/** Changes the places of two of them, counted round. */
export function swap(items: unknown[], one: number, other: number): void {
  const [first, second] = [one % items.length, other % items.length];
  [items[first], items[second]] = [items[second], items[first]];
}

function withByte(bytes: Buffer, at: number, change: (byte: number) => number): Buffer {
  const changed = Buffer.from(bytes);
  if (changed.length > 0) changed[at % changed.length] = change(changed[at % changed.length] as number);
  return changed;
}

function spliced(bytes: Buffer, at: number, count: number, added: Buffer = Buffer.alloc(0)): Buffer {
  const from = at % (bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(from + count)]);
}

function changedLines(change: (lines: string[]) => void): FileDamage {
  return (bytes) => {
    const lines = bytes.toString('utf8').trimEnd().split('\n');
    change(lines);
    return Buffer.from(lines.map((line) => `${line}\n`).join(''));
  };
}

function changedLine(line: string, fields: object): string {
  return JSON.stringify({ ...(line === '' ? {} : (JSON.parse(line) as object)), ...fields });
}
