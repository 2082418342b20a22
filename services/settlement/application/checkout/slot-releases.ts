import { ChainFault } from '../../../chain/application/chain-faults.ts';
import type { Outcome } from '../../../commands/application/answer.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { collectionDispatchId } from '../../domain/dispatch.events.ts';
import { dispatch } from '../../domain/dispatch.ts';
import { settlement } from '../../domain/settlement.ts';
import { closingOf } from '../../domain/slot-closing.ts';
import { redemptionLive, releaseSlot, type SlotFinding, type SlotRejection } from '../../domain/slot.decider.ts';
import type { SlotEvidence } from '../../domain/slot.events.ts';
import { mayStillLand, type OpenSlot, slot } from '../../domain/slot.ts';
import { dispatchStream } from '../sending/sending-streams.ts';
import { settlementStream, slotStream } from '../settlement-streams.ts';
import type { SlotWitness } from './slot-evidence.ts';
import { stepEnvelope } from '../step-envelope.ts';

/** Gives slots up whose payment is wanted no more, as far as no chain can bring one. */
export class SlotReleases {
  readonly #executor: CommandExecutor;
  readonly #witness: SlotWitness;

  constructor(executor: CommandExecutor, witness: SlotWitness) {
    [this.#executor, this.#witness] = [executor, witness];
  }

  /** Why nothing can land any more where the slot is bound to, by what is final there; undefined while something can. No chain is asked. */
  async closingOf(provider: string, { opened, place }: OpenSlot): Promise<SlotEvidence | undefined> {
    const id = settlementId({ ...place, effect: 'slot', key: opened.seq });
    return closingOf(await this.#executor.current(settlement, settlementStream(provider, id), provider));
  }

  /**
   * What speaks for it that nothing can land where the slot is bound to. A collection has no deadline on chain, so that its quote's says nothing:
   * while one is on its way, only a slot that is closed there frees it. Throws chain faults.
   */
  async evidenceOf(provider: string, state: OpenSlot): Promise<SlotFinding> {
    const { opened, place, quotes } = state;
    if (quotes.length === 0) return { kind: 'unquoted' };
    const closing = await this.closingOf(provider, state);
    if (closing !== undefined) return closing;
    const collection = await this.#executor.current(dispatch, dispatchStream(provider, collectionDispatchId(opened.seq)), provider);
    if (collection.status === 'sending') return { kind: 'collecting' };
    return (await this.#witness.evidenceOf({ ...place, provider, providerId: opened.providerId, seq: opened.seq })) ?? { kind: 'unquoted' };
  }

  /** Throws chain faults. */
  async release(envelope: Envelope, state: OpenSlot): Promise<Outcome<SlotRejection>> {
    const { provider } = envelope;
    const evidence = await this.evidenceOf(provider, state);
    const { seq } = state.opened;
    return this.#executor.execute({
      ...{ aggregate: slot, stream: slotStream(provider, seq) },
      envelope: stepEnvelope(envelope, 'ReleaseSlot', { seq }),
      decide: (current, now) => releaseSlot(current, evidence, now),
    });
  }

  /** The same where it may be done already. No chain is asked before its answer can matter; what none says now, one says the next time. */
  async tryRelease(envelope: Envelope, state: OpenSlot, now: string): Promise<void> {
    if (mayStillLand(state, now) || redemptionLive(state, now) !== undefined) return;
    try {
      await this.release(envelope, state);
    } catch (error) {
      if (!(error instanceof ChainFault)) throw error;
    }
  }
}
