import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { SlotPurpose } from '../../domain/slot.events.ts';
import { type Slot, slot } from '../../domain/slot.ts';
import { purposeKey, slotFor, slotRegister } from '../../domain/slot-register.ts';
import { slotRegisterStream, slotStream } from '../settlement-streams.ts';

/** The slot that an invoice was given last: `none` where it was given its number, and a crash came before it was opened. */
export interface LastSlot {
  readonly instalment: number;
  readonly state: Slot;
}

/** An invoice has one slot after another, an instalment each. */
export class InvoiceSlots {
  readonly #executor: CommandExecutor;

  constructor(executor: CommandExecutor) {
    this.#executor = executor;
  }

  /** Undefined for an invoice that has none yet. */
  async last(provider: string, of: { readonly invoice: string; readonly number: string }): Promise<LastSlot | undefined> {
    const register = await this.#executor.current(slotRegister, slotRegisterStream(provider), provider);
    let instalment = 0;
    while (register.slots.has(purposeKey(instalmentOf(of, instalment + 1)))) instalment++;
    const seq = slotFor(register, purposeKey(instalmentOf(of, instalment)))?.seq;
    if (seq === undefined) return undefined;
    return { instalment, state: await this.#executor.current(slot, slotStream(provider, seq), provider) };
  }
}

/** Counted from 1. */
export function instalmentOf({ invoice, number }: { readonly invoice: string; readonly number: string }, instalment: number): SlotPurpose {
  return { kind: 'invoice', invoice, number, instalment: instalment.toString() };
}
