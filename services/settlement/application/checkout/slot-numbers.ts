import type { Outcome } from '../../../commands/application/answer.ts';
import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { allocateSlot, replaceSlot, slotRegister } from '../../domain/slot-register.ts';
import type { SlotAllocated } from '../../domain/slot.events.ts';
import { slot } from '../../domain/slot.ts';
import type { ClosedSlots } from './closed-slots.ts';
import { slotRegisterStream, slotStream } from '../settlement-streams.ts';
import { stepEnvelope } from '../step-envelope.ts';

/**
 * Gives out the numbers of slots. Events that were lost may have given some to slots that are paid by now, and the contract would refuse
 * whoever paid by such a number again: what a chain has closed is passed over before it is opened.
 */
export class SlotNumbers {
  readonly #executor: CommandExecutor;
  readonly #closed: ClosedSlots;

  constructor(executor: CommandExecutor, closed: ClosedSlots) {
    [this.#executor, this.#closed] = [executor, closed];
  }

  /** The same for the same purpose. */
  async allocate(
    envelope: Envelope,
    providerId: string,
    purpose: string,
  ): Promise<{ readonly seq: string; readonly outcome: Outcome<never> }> {
    const { provider } = envelope;
    const register = { aggregate: slotRegister, stream: slotRegisterStream(provider) };
    let outcome = await this.#executor.execute({ ...register, envelope, decide: (state) => allocateSlot(state, purpose) });
    while (outcome.kind === 'accepted') {
      const { seq } = outcome.answer.events[0]?.data as SlotAllocated;
      const isFresh = (await this.#executor.current(slot, slotStream(provider, seq), provider)).status === 'none';
      if (!isFresh || !(await this.#closed.has(providerId, seq))) return { seq, outcome };
      const step = stepEnvelope(envelope, 'ReplaceSlot', { purpose, seq });
      outcome = await this.#executor.execute({ ...register, envelope: step, decide: (state) => replaceSlot(state, { purpose, seq }) });
    }
    return { seq: '', outcome };
  }
}
