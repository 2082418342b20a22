import { describe, expect, it } from '@jest/globals';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { MandateRevocations } from '../../../services/settlement/application/mandate-revocations.ts';
import { mandateStream } from '../../../services/settlement/application/sending-streams.ts';
import { collect, offerMandate, signMandate } from '../../../services/settlement/domain/mandate.decider.ts';
import { mandate } from '../../../services/settlement/domain/mandate.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { mandateId, offered, place, signature } from './sending.fixtures.ts';

const end = { ...place, mandate: mandateId };
const stream = mandateStream('demo', mandateId);
const providers = { slugOf: () => undefined, slugs: () => ['other', 'demo', 'third'] };

async function agreed() {
  const store = new MemoryEventStore();
  const { executor } = executionOn(store);
  const place = { aggregate: mandate, stream };
  await executor.execute({ ...place, envelope: envelope('offer'), decide: (state) => offerMandate(state, offered) });
  const agreement = { signature, isVerifiedOnChain: false };
  await executor.execute({ ...place, envelope: envelope('sign'), decide: (state) => signMandate(state, agreement) });
  const types = async () => (await Array.fromAsync(store.readStream(stream))).map(({ type }) => type);
  return { store, executor, types, revocations: new MandateRevocations(executor, providers) };
}

describe('a mandate that was ended on chain', () => {
  it('is over in the ledger of the provider that offered it, once, and nothing is collected by it', async () => {
    const { executor, types, revocations } = await agreed();
    for (let times = 0; times < 3; times++) await revocations.note(end);
    expect(await types()).toEqual(['MandateOffered/1', 'MandateSigned/1', 'MandateRevoked/1']);
    const outcome = await executor.execute({
      ...{ aggregate: mandate, stream, envelope: envelope('collect') },
      decide: (state, now) => collect(state, {} as Parameters<typeof collect>[1], now),
    });
    expect(outcome).toMatchObject({ kind: 'rejected', rejection: { code: 'mandate_revoked' } });
  });

  it('is noted once by two processes that see it at the same time', async () => {
    const { store, types, revocations } = await agreed();
    const other = new MandateRevocations(executionOn(store).executor, providers);
    await Promise.all([revocations.note(end), other.note(end)]);
    expect((await types()).filter((type) => type === 'MandateRevoked/1').length).toBe(1);
  });

  it("is nobody's where no provider offered it there", async () => {
    const { types, revocations } = await agreed();
    await revocations.note({ ...end, mandate: `0x${'00'.repeat(32)}` });
    await revocations.note({ ...end, contract: `0x${'e'.repeat(40)}` });
    await revocations.note({ ...end, chainId: '1' });
    expect(await types()).toEqual(['MandateOffered/1', 'MandateSigned/1']);
  });
});
