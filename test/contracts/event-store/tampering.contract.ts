import { expect } from '@jest/globals';
import type { EventStore, ReadStreamOptions } from '../../../services/event-store/domain/event-store.ts';
import { collect, ledgerMetadata, propose } from './events.ts';
import { methodsOf, portMethods } from './port-surface.ts';
import { promise } from './promise.ts';

const tampered = { name: 'StreamDeletedFault', retryable: false };

/** Every reader who would otherwise take the stream for a shorter one, or for none, is told that somebody went behind the port. */
async function expectNamed(store: EventStore, stream: string, reads: readonly ReadStreamOptions[]): Promise<void> {
  for (const options of reads) {
    const outcome = await collect(store.readStream(stream, options)).catch((error: unknown) => error);
    expect({ options, outcome }).toMatchObject({ options, outcome: tampered });
  }
}

const whole: readonly ReadStreamOptions[] = [{}, { direction: 'backwards' }, { maxCount: 1 }, { fromRevision: 1n }];

/** Promises 59 to 62: what the port leaves out of streams, and what it keeps beside events. */
export const tamperingPromises = [
  promise(
    59,
    'cannot delete a stream, and names one that was deleted so that its revisions would continue',
    async (trial) => {
      const { store, stream } = trial;
      expect(methodsOf(store)).toEqual(portMethods);
      await trial.create(1, 4);
      await trial.engine.tamper.softDelete(stream);
      await expectNamed(store, stream, whole);
      // An engine may take such an append and go on counting at 4: that is no new stream.
      const append = store.append({ stream, expected: 'no_stream', events: propose(1) });
      await expect(append).rejects.toMatchObject({ name: expect.stringMatching(/^(StreamDeletedFault|ConflictFault)$/) });
      await expectNamed(store, stream, [{}]);
    },
    { needs: ['tamper'] },
  ),

  promise(
    60,
    'cannot seal a stream, and names one that was sealed, to readers and to writers, for ever',
    async (trial) => {
      const { store, stream } = trial;
      expect(methodsOf(store)).toEqual(portMethods);
      await trial.create(1, 3);
      await trial.engine.tamper.tombstone(stream);
      await expectNamed(store, stream, whole);
      for (const expected of ['no_stream', 0n, 2n, 7n] as const) {
        await expect(store.append({ stream, expected, events: propose(1) })).rejects.toMatchObject(tampered);
      }
      await expectNamed(store, stream, whole);
    },
    { needs: ['tamper'] },
  ),

  promise(
    61,
    'cannot hide events of a stream, and names one that does not begin at its first event',
    async (trial) => {
      const { store, stream } = trial;
      expect(methodsOf(store)).toEqual(portMethods);
      await trial.create(1, 5);
      await trial.engine.tamper.truncate(stream, 2n);
      await expectNamed(store, stream, [{}, { direction: 'backwards' }, { maxCount: 1 }, { fromRevision: 1n }]);
      await trial.create(2, 5);
      await trial.engine.tamper.truncate(trial.streamOf(2), 5n);
      await expectNamed(store, trial.streamOf(2), [{}, { direction: 'backwards' }, { fromRevision: 3n }]);
    },
    { needs: ['tamper'] },
  ),

  promise(62, 'gives metadata back unchanged: time, hashes, salts and who asked', async (trial) => {
    const events = propose(3).map((event) => ({ ...event, metadata: ledgerMetadata }));
    await trial.store.append({ stream: trial.stream, expected: 'no_stream', events });
    const watched = trial.subscribe();
    await watched.until(3);
    const read = [await collect(trial.store.readStream(trial.stream)), await trial.log(), watched.seen];
    for (const stored of read) expect(stored.map((event) => event.metadata)).toEqual([ledgerMetadata, ledgerMetadata, ledgerMetadata]);
  }),
];
