import { expect } from '@jest/globals';
import type { Subscription } from '../../../services/event-store/domain/event-store.ts';
import { appendUntilKnown, readUntilBack } from './insist.ts';
import { collect, idsOf, propose, revisionsOf, revisionsUpTo } from './events.ts';
import { promise } from './promise.ts';

const restoredBehind = { name: 'PositionBeyondHeadFault', retryable: false };

/** What a subscription ended with. */
const endOf = ({ stopped }: Subscription) =>
  stopped.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Promises 67 and 69: what survives a crash, and what a restored copy must not be taken for. */
export const durabilityPromises = [
  promise(
    67,
    'has every event that was answered when the store was killed right after, 20 times',
    async (trial) => {
      const { store, stream, engine } = trial;
      const storeIds = new Set([trial.start.storeId]);
      const answered: string[] = [];
      for (let time = 0; time < 20; time++) {
        const events = propose(5);
        const expected = time === 0 ? 'no_stream' : BigInt(5 * time - 1);
        const { position } = await appendUntilKnown(store, { stream, expected, events });
        answered.push(...idsOf(events));
        await engine.crash.kill();
        await engine.crash.restart();
        const stored = await readUntilBack(() => collect(store.readStream(stream)));
        expect(idsOf(stored)).toEqual(answered);
        expect(revisionsOf(stored)).toEqual(revisionsUpTo(answered.length));
        expect(stored.at(-1)?.position).toBe(position);
        expect(idsOf(await readUntilBack(() => trial.log()))).toEqual(answered);
        storeIds.add((await readUntilBack(() => store.head())).storeId);
      }
      expect(storeIds.size).toBe(1); // 68: a crash makes no other store of it.
    },
    { needs: ['crash'], timeoutMs: 300_000 },
  ),

  promise(
    69,
    'gives another store another id',
    async ({ engine, start }) => {
      const other = await engine.another();
      const { storeId } = await other.head();
      expect(storeId).not.toBe('');
      expect(storeId).not.toBe(start.storeId);
    },
    { needs: ['another'] },
  ),

  promise(
    69,
    'refuses the checkpoints of what came after a copy to which it is set back',
    async (trial) => {
      const { store, engine } = trial;
      await trial.create('kept', 3);
      await engine.setBack.copy();
      const lost = await trial.create('lost', 5);
      const before = await store.head();
      const running = trial.subscribe();
      await running.until(8);
      const { position } = await trial.create('lost2', 1);
      await running.until(9);

      await engine.setBack.restore();
      expect(idsOf(await readUntilBack(() => trial.log()))).toEqual(idsOf(running.seen.slice(0, 3)));
      expect(await endOf(running.subscription)).toMatchObject(restoredBehind);
      for (const after of [lost.position, position]) {
        expect(await endOf(trial.subscribe({ from: { after } }).subscription)).toMatchObject(restoredBehind);
      }

      // The log grows past the lost checkpoints: now only the id can tell, unless no position is ever handed out again.
      const rest = Array.from({ length: 20 }, (_, index) => trial.create(`new${index}`, 5));
      const positions = (await Promise.all(rest)).map((answer) => answer.position);
      const after = await store.head();
      expect(after.position).toBeGreaterThan(position);
      const isComparable = positions.every((renewed) => renewed > position);
      expect({ isComparable, storeId: after.storeId }).not.toEqual({ isComparable: false, storeId: before.storeId });
    },
    { needs: ['setBack'] },
  ),
];
