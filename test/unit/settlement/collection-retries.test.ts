import { beforeEach, describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import type { CommandBus } from '@nestjs/cqrs';
import { ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import type { CollectInvoice } from '../../../services/settlement/application/mandates/collect-invoice.handler.ts';
import { CollectionRetries } from '../../../services/settlement/application/mandates/collection-retries.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { slotStream } from '../../../services/settlement/application/settlement-streams.ts';
import { fail, order } from '../../../services/settlement/domain/dispatch.decider.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { RefundWorld } from './refund.fixtures.ts';
import { collectOrdered, mandateId } from './sending.fixtures.ts';
import { invoice, slotOpened } from './slot.fixtures.ts';

const orderedAt = new Date('2026-03-01T12:00:00.000Z');
const due = '2026-03-02T12:00:00.000Z';

let asked: CollectInvoice[];
let world: RefundWorld;
/** Thrown at the next command, once. */
let fault: Error | undefined;
beforeEach(async () => {
  [world, asked, fault] = [new RefundWorld(), [], undefined];
  const stream = dispatchStream('demo', 'collect.7');
  await world.write(slot, slotStream('demo', '7'), slotOpened());
  await world.act(dispatch, stream, (state) => order(state, collectOrdered()));
  await world.act(dispatch, stream, (state) => fail(state, { ordered: '0', failure: { code: 'expired' } }));
});

async function roundAt(now: string, ids: readonly string[] = ['collect.7'], afterMs = [86_400_000]): Promise<void> {
  const execute = (command: CollectInvoice) => {
    const thrown = fault;
    fault = undefined;
    if (thrown !== undefined) return Promise.reject(thrown);
    asked.push(command);
    return Promise.resolve({ kind: 'rejected' });
  };
  const retries = new CollectionRetries({
    ...{ executor: world.executor(), commands: { execute } as unknown as CommandBus, clock: { now: () => now } },
    failed: { failedSince: () => Readable.from(ids.map((id) => ({ provider: 'demo', id, orderedAt }))) },
    afterMsOn: () => afterMs,
  });
  await retries.round();
}

describe('a collection that came to nothing', () => {
  it('is asked for again when it is due, and not before', async () => {
    await roundAt('2026-03-02T11:59:59.999Z');
    expect(asked).toEqual([]);
    await roundAt(due);
    expect(asked.map((each) => each.asked)).toEqual([{ invoice, mandate: mandateId }]);
  });

  it('is asked for on behalf of the payer again where the payer had asked for it, so that its gas stays limited', async () => {
    await world.act(dispatch, dispatchStream('demo', 'collect.7'), (state) => order(state, collectOrdered({ byPayer: true })));
    await world.act(dispatch, dispatchStream('demo', 'collect.7'), (state) => fail(state, { ordered: '2', failure: { code: 'expired' } }));
    await roundAt(due, ['collect.7'], [1, 86_400_000]);
    expect(asked.map((each) => each.asked)).toEqual([{ invoice, mandate: mandateId, byPayer: true }]);
  });

  it('is asked for at a rate of its own hour where it was refused, once an hour', async () => {
    for (const now of [due, '2026-03-02T12:59:59.000Z', '2026-03-02T13:00:00.000Z', '2026-03-03T12:00:00.000Z']) await roundAt(now);
    const [first, again, ...later] = asked.map(({ envelope }) => envelope.commandId);
    expect(again).toBe(first);
    expect(new Set([first, ...later]).size).toBe(3);
  });

  it('is asked for behind one that cannot be read, which is told', async () => {
    await expect(roundAt(due, ['no stream', 'collect.7'])).rejects.toThrow('1 collections could not be tried again');
    expect(asked).toHaveLength(1);
  });

  it('is asked for behind one whose chain is away, which is told', async () => {
    fault = new ChainUnavailableFault('gone');
    await expect(roundAt(due, ['collect.7', 'collect.7'])).rejects.toThrow('1 collections could not be tried again');
    expect(asked).toHaveLength(1);
  });
});
