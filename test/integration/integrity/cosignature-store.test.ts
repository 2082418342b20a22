import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PostgresCosignatureStore } from '../../../services/integrity/adapters/postgres/postgres.cosignature-store.ts';
import type { PublishedHead } from '../../../services/integrity/domain/tree-head.ts';
import { type Fixture, openFixture } from './log-fixture.ts';

const at = new Date('2026-03-01T12:00:00.000Z');
const headOf = (size: number): PublishedHead => ({ size: BigInt(size), root: Buffer.alloc(32, size), note: `note ${size}\n` });
const line = (witness: string, size: number) => `— ${witness} ${size}\n`;

let fixture: Fixture;
let store: PostgresCosignatureStore;

beforeEach(async () => {
  fixture = await openFixture();
  store = new PostgresCosignatureStore(fixture.pool);
});
afterEach(() => fixture.close());

/** Heads with who cosigned them. */
async function fill(heads: Readonly<Record<number, string>>): Promise<void> {
  for (const [size, witnesses] of Object.entries(heads)) {
    await store.offer('north', headOf(Number(size)));
    for (const witness of witnesses) await store.keep('north', BigInt(size), witness, { line: line(witness, Number(size)), at });
  }
}

const shownAt = async (published: number) => (await store.shown('north', headOf(published))).note;
const age = (sizes: string, seconds: number) =>
  fixture.owner.query(
    `update tallyroot.integrity_witnessed_head set offered_at = offered_at - $1 * interval '1 second' where size in (${sizes})`,
    [seconds],
  );

describe('the head that readers are shown', () => {
  it('is the published one where nobody cosigned', async () => {
    expect(await shownAt(9)).toBe('note 9\n');
    await fill({ 8: '', 9: '' });
    expect(await shownAt(9)).toBe('note 9\n');
  });

  it('is the one with the most cosignatures, and of those the newest', async () => {
    await fill({ 5: 'abc', 6: 'abc', 7: 'ab', 8: 'a' });
    expect(await shownAt(8)).toBe(`note 6\n${line('a', 6)}${line('b', 6)}${line('c', 6)}`);
    await store.keep('north', 8n, 'b', { line: line('b', 8), at });
    await store.keep('north', 8n, 'c', { line: line('c', 8), at });
    expect(await shownAt(8)).toContain('note 8\n');
  });

  it('waits for witnesses a moment, and no longer', async () => {
    await fill({ 5: 'abc', 6: 'ab', 7: '' });
    await age('5, 6', 60);
    expect(await shownAt(7)).toContain('note 6\n'); // 6 was the newest two seconds ago; 5 had been replaced by then.
    await age('7', 60);
    expect(await shownAt(7)).toBe('note 7\n');
  });

  it('is never one that the log does not show yet, nor an old one when witnesses are asked no more', async () => {
    await fill({ 5: 'ab', 6: 'abc' });
    expect(await shownAt(5)).toContain('note 5\n');
    expect(await shownAt(7)).toContain('note 6\n');
    await age('5, 6', 60);
    expect(await shownAt(6)).toContain('note 6\n');
    expect(await shownAt(7)).toBe('note 7\n');
  });

  it('is of its own log', async () => {
    await fill({ 5: 'abc' });
    expect((await store.shown('south', headOf(5))).note).toBe('note 5\n');
  });
});

describe('cosignatures', () => {
  it('are kept once for each head and witness, the last word of each', async () => {
    await fill({ 5: 'ab', 6: 'a' });
    const later = new Date(at.getTime() + 1_000);
    await store.offer('north', headOf(6));
    await store.keep('north', 6n, 'a', { line: 'later\n', at: later });
    expect(await store.last('north')).toEqual(
      new Map([
        ['a', { size: 6n, at: later }],
        ['b', { size: 5n, at }],
      ]),
    );
    expect(await shownAt(6)).toBe(`note 5\n${line('a', 5)}${line('b', 5)}`);
  });

  it('go with their heads when these are many, and come too late then', async () => {
    await fill({ 1: 'a' });
    for (let size = 2; size <= 260; size++) await store.offer('north', { ...headOf(0), size: BigInt(size) });
    const { rows } = await fixture.pool.query('select min(size) as first, count(*) as count from integrity_witnessed_head');
    expect(rows).toEqual([{ first: 5n, count: 256n }]);
    await store.keep('north', 1n, 'a', { line: 'late\n', at });
    expect(await store.last('north')).toEqual(new Map());
  });
});
