import { expect, it } from '@jest/globals';
import {
  bundlesOf,
  numberPath,
  parseNumberPath,
  parseTilePath,
  tilePath,
  tilesOf,
} from '../../../services/integrity/domain/tree/tile-address.ts';

it('writes numbers in groups of three digits', () => {
  expect(numberPath(0n)).toBe('000');
  expect(numberPath(999n)).toBe('999');
  expect(numberPath(1_234_067n)).toBe('x001/x234/067');
  expect(parseNumberPath('x001/x234/067')).toBe(1_234_067n);
});

it('reads what it writes', () => {
  for (const address of [
    { level: 0, index: 0n, width: 256 },
    { level: 3, index: 12_345n, width: 17 },
    { level: 'entries', index: 1000n, width: 1 },
  ] as const)
    expect(parseTilePath(tilePath(address))).toEqual(address);
});

it.each([
  'tile/0/0',
  'tile/00/000',
  'tile/0/x000/001',
  'tile/0/000.p/0',
  'tile/0/000.p/256',
  'tile/0/000.p/01',
  'tile/-1/000',
  'tile/entries/000.p/1/',
  'tile/0/001/x002',
  'tile/0/../000',
  'tile/0/000\n',
])('reads nothing from %s', (path) => expect(parseTilePath(path)).toBeUndefined());

it('lists every tile of a size', () => {
  const paths = [...tilesOf(70_000n)].map(tilePath);
  expect(paths).toHaveLength(274 + 2 + 1);
  expect(paths.slice(-3)).toEqual(['tile/1/000', 'tile/1/001.p/17', 'tile/2/000.p/1']);
  expect([...bundlesOf(513n)].map(tilePath)).toEqual(['tile/entries/000', 'tile/entries/001', 'tile/entries/002.p/1']);
});
