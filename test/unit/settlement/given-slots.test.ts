import { expect, it } from '@jest/globals';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { StreamGivenSlots } from '../../../services/settlement/application/checkout/given-slots.ts';
import { slotRegisterStream } from '../../../services/settlement/application/settlement-streams.ts';
import { allocateSlot, slotRegister } from '../../../services/settlement/domain/slot-register.ts';
import { envelope, executionOn } from '../../support/execution.ts';

it('knows the last number that a provider gave out, and of one that gave out none that there is none', async () => {
  const store = new MemoryEventStore();
  const [{ executor }, given] = [executionOn(store), new StreamGivenSlots(store)];
  expect(await given.last('demo')).toBe(0n);
  const register = { aggregate: slotRegister, stream: slotRegisterStream('demo') };
  for (const [index, purpose] of ['order:a', 'order:b', 'order:a', 'order:c'].entries())
    await executor.execute({ ...register, envelope: envelope(`${index}`), decide: (state) => allocateSlot(state, purpose) });
  expect([await given.last('demo'), await given.last('other')]).toEqual([3n, 0n]);
});
