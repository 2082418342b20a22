import { describe, expect, it } from '@jest/globals';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { MandateRevocations } from '../../../services/settlement/application/mandates/mandate-revocations.ts';
import type { MandateEnd } from '../../../services/settlement/application/watching/settlement-ledger.ts';
import { mandateStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { collect, offerMandate, signMandate } from '../../../services/settlement/domain/mandate.decider.ts';
import { mandate } from '../../../services/settlement/domain/mandate.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { mandateId, offered, place, signature } from './sending.fixtures.ts';

const end = { ...place, mandate: mandateId };
const stream = mandateStream('demo', mandateId);
/** As the list of mandates knows it; answers how many questions there were. */
const owners = {
  questions: 0,
  of: async (ends: readonly MandateEnd[]) => {
    owners.questions++;
    const isOurs = (each: MandateEnd) => each.mandate === mandateId && each.chainId === place.chainId && each.contract === place.contract;
    return ends.filter(isOurs).map(({ mandate }) => ({ provider: 'demo', mandate }));
  },
};

async function agreed() {
  const store = new MemoryEventStore();
  const { executor } = executionOn(store);
  const place = { aggregate: mandate, stream };
  await executor.execute({ ...place, envelope: envelope('offer'), decide: (state, now) => offerMandate(state, offered, now) });
  const agreement = { signature, isVerifiedOnChain: false };
  await executor.execute({ ...place, envelope: envelope('sign'), decide: (state) => signMandate(state, agreement) });
  const types = async () => (await Array.fromAsync(store.readStream(stream))).map(({ type }) => type);
  return { store, executor, types, revocations: new MandateRevocations(executor, owners) };
}

describe('a mandate that was ended on chain', () => {
  it('is over in the ledger of the provider that offered it, once, and nothing is collected by it', async () => {
    const { executor, types, revocations } = await agreed();
    for (let times = 0; times < 3; times++) await revocations.note([end]);
    expect(await types()).toEqual(['MandateOffered/1', 'MandateSigned/1', 'MandateRevoked/1']);
    const outcome = await executor.execute({
      ...{ aggregate: mandate, stream, envelope: envelope('collect') },
      decide: (state, now) => collect(state, {} as Parameters<typeof collect>[1], now),
    });
    expect(outcome).toMatchObject({ kind: 'rejected', rejection: { code: 'mandate_revoked' } });
  });

  it('is noted once by two processes that see it at the same time', async () => {
    const { store, types, revocations } = await agreed();
    const other = new MandateRevocations(executionOn(store).executor, owners);
    await Promise.all([revocations.note([end]), other.note([end])]);
    expect((await types()).filter((type) => type === 'MandateRevoked/1').length).toBe(1);
  });

  it('is found among any number of others with one question, and no stream of theirs is read', async () => {
    const { store, types } = await agreed();
    const revocations = new MandateRevocations(executionOn(store).executor, owners);
    const strangers = Array.from({ length: 200 }, (_, at) => ({ ...end, mandate: `0x${at.toString(16).padStart(64, '0')}` }));
    const others = [
      { ...end, contract: `0x${'e'.repeat(40)}` },
      { ...end, chainId: '1' },
    ];
    const asked = owners.questions;
    const read: string[] = [];
    const readStream = store.readStream.bind(store);
    store.readStream = (name, options) => {
      read.push(name);
      return readStream(name, options);
    };
    await revocations.note([...strangers, ...others]);
    expect([owners.questions - asked, read]).toEqual([1, []]);
    await revocations.note([...strangers, end]);
    expect([owners.questions - asked, new Set(read)]).toEqual([2, new Set([stream])]);
    expect(await types()).toContain('MandateRevoked/1');
  });
});
