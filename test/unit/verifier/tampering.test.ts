import { describe, expect, it } from '@jest/globals';
import { numberPath } from '../../../services/integrity/domain/tree/tile-address.ts';
import { LogBuilder, type LogFolder } from '../../support/log-builder.ts';
import { summaryOf, verifyFiles } from '../../support/verify-files.ts';

/** A log with every kind of leaf, small enough to flip very many bytes. */
function smallLog(): LogBuilder {
  const log = new LogBuilder();
  for (const amount of ['10.00', '0.0045', '7.50']) log.move(amount);
  log.append({ stream: 'north.account-acc_2', type: 'AccountOpened/1', fin: { name: 'ä "quoted" name' } });
  log.move('3.00', { account: 'acc_2' });
  log.commitState();
  log.move('1.00');
  return log;
}

function flipped(files: LogFolder, name: string, at: number, bit: number): LogFolder {
  const bytes = Buffer.from(files.get(name)!);
  bytes[at]! ^= 1 << bit;
  return new Map(files).set(name, bytes);
}

/** Where each part of a file with one part a leaf ends. */
function leafAt(at: number, lengths: readonly number[]): number {
  let end = 0;
  return lengths.findIndex((length) => (end += length) > at);
}

const log = smallLog();
const files = log.files();
const width = `.p/${log.size}`;

describe('[E1] a flipped byte', () => {
  const perLeaf: readonly [string, string, readonly number[], number][] = [
    ['stored leaf', `tile/entries/000${width}`, log.entries.map((entry) => entry.length + 2), 5],
    ['tile', `tile/0/000${width}`, log.entries.map(() => 32), 1],
    ['stored event', 'payloads/000.jsonl', log.entries.map((_, index) => log.payloadLine(index).length + 1), 11],
  ];

  it.each(perLeaf)('of a %s makes the log INVALID and names its leaf', async (_, name, lengths, step) => {
    for (let at = 0; at < files.get(name)!.length; at += step) {
      const outcome = await verifyFiles(log, flipped(files, name, at, (at * 5) % 8));
      expect([at, summaryOf(outcome)]).toEqual([at, expect.objectContaining({ verdict: 'INVALID', firstBad: leafAt(at, lengths) })]);
    }
  });

  it.each(['checkpoint', 'genesis.json', 'log.vkey'])('of %s makes the log INVALID', async (name) => {
    for (let at = 0; at < files.get(name)!.length; at += 3) {
      const { verdict } = await verifyFiles(log, flipped(files, name, at, at % 8));
      // A line end that is doubled or lost may leave the same lines.
      const isLineEnd = files.get(name)![at] === 10;
      if (!isLineEnd) expect([at, verdict]).toEqual([at, 'INVALID']);
    }
  });

  it.each(['data', 'metadata', 'type', 'stream', 'rev', 'id'])(
    'of the %s of a stored event names stream, revision and id',
    async (field) => {
      const index = 2;
      const lines = files.get('payloads/000.jsonl')!.toString().split('\n');
      const line = JSON.parse(lines[index]!) as Record<string, string>;
      const isBase64 = field === 'data' || field === 'metadata';
      const text = Buffer.from(line[field]!, isBase64 ? 'base64' : 'utf8');
      for (let at = 0; at < text.length; at++) {
        const other = Buffer.from(text);
        other[at]! ^= 1;
        lines[index] = JSON.stringify({ ...line, [field]: other.toString(isBase64 ? 'base64' : 'utf8') });
        const outcome = await verifyFiles(log, new Map(files).set('payloads/000.jsonl', Buffer.from(lines.join('\n'))));
        expect([at, summaryOf(outcome)]).toEqual([
          at,
          { verdict: 'INVALID', results: expect.objectContaining({ V7: 'invalid' }), firstBad: index },
        ]);
      }
    },
  );
});

describe('[E1] a flipped byte of a large log', () => {
  const large = new LogBuilder();
  for (let index = 0; large.size < 700; index++) large.move('1.00', { account: `acc_${index % 5}` });
  const all = large.files();

  it('is named wherever it is', async () => {
    expect(summaryOf(await verifyFiles(large, all))).toMatchObject({ verdict: 'VALID' });
    for (const [bundle, part] of [
      [0, '000'],
      [1, '001'],
      [2, `${numberPath(2n)}.p/${large.size - 512}`],
    ] as const) {
      const tile = await verifyFiles(large, flipped(all, `tile/0/${part}`, 32 * 17 + 3, 4));
      expect(summaryOf(tile)).toMatchObject({ verdict: 'INVALID', firstBad: bundle * 256 + 17 });
      const entry = await verifyFiles(large, flipped(all, `tile/entries/${part}`, 200, 1));
      expect(summaryOf(entry)).toMatchObject({ verdict: 'INVALID', firstBad: bundle * 256 });
    }
  });

  it('of a tile above the leaves names the first leaf below it', async () => {
    const outcome = await verifyFiles(large, flipped(all, 'tile/1/000.p/2', 40, 0));
    expect(summaryOf(outcome)).toEqual({
      verdict: 'INVALID',
      results: { V1: 'not checked', V3: 'invalid', V6: 'not checked' },
      firstBad: 256,
    });
  });
});
