import { describe, expect, it } from '@jest/globals';
import { RecentPages } from '../../../services/event-store/adapters/recent-pages.ts';
import type { StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { idsOf } from '../../contracts/event-store/events.ts';

/** A log that grows by hand and counts how often it is read. */
class GrowingLog {
  readonly events: StoredEvent[] = [];
  reads = 0;
  fails = false;

  grow(count: number, bytes = 10): void {
    for (let index = 0; index < count; index++) {
      const position = (this.events.at(-1)?.position ?? 0n) + 3n;
      const common = {
        stream: 'acme.account-1',
        revision: position,
        type: 'AccountCharged/1',
        metadata: undefined,
        createdAt: new Date(0),
      };
      this.events.push({ ...common, id: `event ${position}`, position, data: 'x'.repeat(bytes) });
    }
  }

  async head() {
    return { position: this.events.at(-1)?.position ?? 0n, storeId: 'one' };
  }

  async pageAfter(position: bigint, limit: number): Promise<StoredEvent[]> {
    this.reads++;
    await Promise.resolve();
    if (this.fails) throw new Error('The log is away.');
    return this.events.filter((event) => event.position > position).slice(0, limit);
  }
}

async function readToEnd(pages: RecentPages, { after = 0n, limit = 100 } = {}): Promise<StoredEvent[]> {
  const seen: StoredEvent[] = [];
  for (;;) {
    const page = await pages.pageAfter(seen.at(-1)?.position ?? after, limit);
    if (page.length === 0) return seen;
    expect(page.length).toBeLessThanOrEqual(limit);
    seen.push(...page);
  }
}

describe('the recent pages', () => {
  it('are read once for all readers that follow together', async () => {
    const log = new GrowingLog();
    const pages = new RecentPages(log);
    for (let round = 0; round < 5; round++) {
      log.grow(10);
      const after = log.events.at(-11)?.position ?? 0n;
      const before = log.reads;
      const seen = await Promise.all([1, 2, 3, 4, 5].map(() => pages.pageAfter(after, 100)));
      expect(log.reads).toBe(before + 1);
      for (const page of seen) expect(idsOf(page)).toEqual(idsOf(log.events.slice(-10)));
      expect(seen[0]?.[0]).toBe(seen[1]?.[0]);
    }
  });

  it('give every reader the whole log in order, whatever the others read and however much is kept', async () => {
    const log = new GrowingLog();
    const pages = new RecentPages(log);
    for (const count of [1, 150, 5000, 3, 9000]) {
      log.grow(count);
      const middle = log.events[Math.floor(log.events.length / 2)]!.position;
      const readers = [
        { limit: 100 },
        { limit: 1000 },
        { limit: 7, after: log.events.at(-3)?.position ?? 0n },
        { limit: 333, after: middle },
      ];
      const seen = await Promise.all(readers.map((reader) => readToEnd(pages, reader)));
      readers.forEach(({ after = 0n }, index) => {
        expect(idsOf(seen[index]!)).toEqual(idsOf(log.events.filter(({ position }) => position > after)));
      });
    }
  });

  it('keep no more than a few megabytes of large events', async () => {
    const log = new GrowingLog();
    log.grow(60, 1_000_000);
    const pages = new RecentPages(log);
    await pages.pageAfter(0n, 100);
    const before = log.reads;
    expect(await pages.pageAfter(log.events[9]!.position, 1)).toHaveLength(1);
    expect(log.reads).toBe(before + 1);
    expect(await pages.pageAfter(log.events[57]!.position, 1)).toHaveLength(1);
    expect(log.reads).toBe(before + 1);
  });

  it('are forgotten when a read fails: what answers next may be another log', async () => {
    const log = new GrowingLog();
    const pages = new RecentPages(log);
    log.grow(5);
    await readToEnd(pages);
    log.fails = true;
    await expect(pages.pageAfter(log.events.at(-1)!.position, 10)).rejects.toThrow('away');
    log.fails = false;
    const before = log.reads;
    expect(await pages.pageAfter(0n, 10)).toHaveLength(5);
    expect(log.reads).toBe(before + 1);
  });
});
