import { beforeEach, describe, expect, it } from '@jest/globals';
import type { CommandExecutor } from '../../../services/commands/application/command-executor.ts';
import { accept, type Decision, type Rejection } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { settlementStream, slotStream } from '../../../services/settlement/application/settlement-streams.ts';
import { SlotReleases } from '../../../services/settlement/application/checkout/slot-releases.ts';
import { settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { fail, order } from '../../../services/settlement/domain/dispatch.decider.ts';
import type { DispatchEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { type Dispatch, dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { offerRedemption } from '../../../services/settlement/domain/redemption.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { moveSlot } from '../../../services/settlement/domain/slot.decider.ts';
import type { SlotEvidence } from '../../../services/settlement/domain/slot.events.ts';
import { type OpenSlot, slot } from '../../../services/settlement/domain/slot.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { creditContract, holder } from './credit.fixtures.ts';
import { EffectHistory, effectOf, payer } from './effect.fixtures.ts';
import { collectOrdered } from './sending.fixtures.ts';
import { blockAt, elsewhere, issued, later, opened, slotOpened } from './slot.fixtures.ts';

const unpaid: SlotEvidence = { kind: 'unpaid', block: blockAt(later(86_400)) };
const stream = slotStream('demo', '7');

let executor: CommandExecutor;
let commands: number;
let asked: number;
beforeEach(async () => {
  ({ executor } = executionOn(new MemoryEventStore()));
  [commands, asked] = [0, 0];
  const events = [slotOpened(), issued()] as const;
  await executor.execute({ aggregate: slot, stream, envelope: next(), decide: () => accept(...events) });
});

const next = () => envelope(`${commands++}`);
const onDispatch = (decide: (state: Dispatch) => Decision<DispatchEvent, Rejection>) =>
  executor.execute({ aggregate: dispatch, stream: dispatchStream('demo', 'collect.7'), envelope: next(), decide });
const releasesOf = () => {
  const evidenceOf = () => Promise.resolve((asked++, unpaid));
  return new SlotReleases(executor, { evidenceOf });
};

/** What the slot answers to whoever wants to give it up, to move it or to pay it with credit, a day after its quote. */
async function answers(): Promise<unknown[]> {
  const state = (await executor.current(slot, stream, 'demo')) as OpenSlot;
  const evidence = await releasesOf().evidenceOf('demo', state);
  const offer = { seq: '7', chainId: '31337', contract: creditContract, holder, units: '6050', invoiceRef: opened.invoiceRef };
  const decided = [
    moveSlot(state, { to: { module: 'settlement', ...elsewhere }, evidence }, later(86_400)),
    offerRedemption(state, { ...offer, reorgWindowSeconds: '240', evidence }, later(86_400)),
  ];
  const released = await releasesOf().release(next(), state);
  return [...decided, released].map((each) => (each.kind === 'rejected' ? each.rejection : each.kind));
}

const bound = { code: 'slot_bound' };

describe('a slot that is being collected', () => {
  it('is bound until that has come to nothing, however long its quote is over, and no chain is asked', async () => {
    await onDispatch((state) => order(state, collectOrdered()));
    expect(await answers()).toEqual([bound, bound, bound]);
    expect(asked).toBe(0);
    await onDispatch((state) => fail(state, { ordered: '0', failure: { code: 'expired' } }));
    expect(await answers()).toEqual(['accepted', 'accepted', 'accepted']);
  });

  it('is bound again where it is collected again', async () => {
    await onDispatch((state) => order(state, collectOrdered()));
    await onDispatch((state) => fail(state, { ordered: '0', failure: { code: 'expired' } }));
    await onDispatch((state) => order(state, collectOrdered({ decision: '4' })));
    expect(await answers()).toEqual([bound, bound, bound]);
  });

  it('is free where the provider has cancelled it: its contract takes no collection of it any more', async () => {
    await onDispatch((state) => order(state, collectOrdered()));
    const effect = effectOf('slot', '7', { name: 'SeqCancelled', seq: '7', by: payer });
    const { events } = new EffectHistory().observed(effect, {}).finalized({});
    const at = settlementStream('demo', settlementId(effect));
    await executor.execute({ aggregate: settlement, stream: at, envelope: next(), decide: () => accept(events[0]!, ...events.slice(1)) });
    expect(await answers()).toEqual(['accepted', 'accepted', 'accepted']);
    expect(asked).toBe(0);
  });
});
