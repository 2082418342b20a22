import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { OrderEvent } from '../../domain/dispatch.events.ts';
import { mandate } from '../../domain/mandate.ts';
import { slot } from '../../domain/slot.ts';
import { slotStream } from '../settlement-streams.ts';
import { mandateStream } from './sending-streams.ts';

/** The account that a payer ordered something for, as its mandate or its slot has it; undefined for what only the provider orders. */
export async function accountOf(executor: CommandExecutor, provider: string, { type, data }: OrderEvent): Promise<string | undefined> {
  switch (type) {
    case 'CollectOrdered/1':
      return data.account;
    case 'RevocationOrdered/1': {
      const state = await executor.current(mandate, mandateStream(provider, data.mandate), provider);
      return state.status === 'none' ? undefined : state.offered.account;
    }
    case 'RelayOrdered/1':
      return accountOfSlot(executor, provider, data.terms.module === 'settlement' ? data.terms.quote.seq : data.terms.offer.seq);
    case 'RedemptionOrdered/1':
      return accountOfSlot(executor, provider, data.slot);
    default:
      return undefined;
  }
}

async function accountOfSlot(executor: CommandExecutor, provider: string, seq: string): Promise<string | undefined> {
  const state = await executor.current(slot, slotStream(provider, seq), provider);
  return state.status === 'none' ? undefined : state.opened.account;
}
