import type { ChainEffect, EffectKind, LogsByEffect } from '../../../services/settlement/domain/chain-effect.ts';
import { observationKey } from '../../../services/settlement/domain/chain-effect.ts';
import type { Offer } from '../../../services/settlement/domain/quote.ts';
import { digestOf, structHashOf, zeroAddress } from '../../../services/settlement/domain/quote.ts';
import type { ReferenceRate } from '../../../services/settlement/domain/reference-rate.ts';
import type { FoundSlot } from '../../../services/settlement/domain/settlement-match.ts';
import type { FinalContext } from '../../../services/settlement/domain/final-event.ts';
import { confirm, finalize, observe, reorg } from '../../../services/settlement/domain/settlement.decider.ts';
import type { SettlementEvent, SettlementSubject } from '../../../services/settlement/domain/settlement.events.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import type { QuoteIssued, SlotOpened } from '../../../services/settlement/domain/slot.events.ts';
import type { KnownToken } from '../../../services/settlement/domain/token-amount.ts';
import { given } from '../../support/given.ts';
import { issued, place, quotedAt, quoteIssued, seconds, slotOpened, usdc } from './slot.fixtures.ts';

export const escrow = `0x${'e5'.repeat(20)}`;
export const payer = `0x${'ab'.repeat(20)}`;
export const treasury = `0x${'fe'.repeat(20)}`;
export const eth: KnownToken = { address: zeroAddress, currency: 'ETH', decimals: 18 };
export const dollar: KnownToken = { address: usdc, currency: 'USDC', decimals: 6 };

/** A block by its number and, where two compete for it, its letter. */
export function block(number: number, fork = 'a') {
  return {
    number: number.toString(),
    hash: `0x${fork.repeat(60)}${number.toString(16).padStart(4, '0')}`,
    time: '2026-03-01T12:05:00.000Z',
  };
}

export interface At {
  readonly block?: ReturnType<typeof block>;
  readonly contract?: string;
  readonly tx?: string;
}

/** An effect on the chain of `place`. */
export function effectOf<Kind extends EffectKind>(effect: Kind, key: string, log: LogsByEffect[Kind], at: At = {}): ChainEffect {
  const modules = { Purchased: 'escrow', PurchaseRefunded: 'escrow', EventCaptured: 'escrow', EventCancelled: 'escrow', Transfer: 'token' };
  const module = log.name.startsWith('Credit') ? 'credit' : ((modules as Readonly<Record<string, string>>)[log.name] ?? 'settlement');
  const tx = at.tx ?? `0x${'77'.repeat(32)}`;
  const where = { chainId: place.chainId, contract: at.contract ?? (module === 'escrow' ? escrow : place.contract), module, tx };
  return { ...where, providerId: '11', block: at.block ?? block(10), logIndex: '0', effect, key, log } as ChainEffect;
}

const issuedQuote = quoteIssued();

/** The payment of the quote of `slot.fixtures`: 60.50 EUR in ETH at 3000 less a spread of 1 %. */
export function settled(changes: Partial<Extract<LogsByEffect['slot'], { name: 'Settled' }>> = {}, at: At = {}): ChainEffect {
  const { quote } = issuedQuote.terms as { quote: Record<'invoiceRef' | 'kind' | 'token' | 'amount' | 'currency' | 'fiatMinor', string> };
  const { invoiceRef, kind, token, amount, currency, fiatMinor } = quote;
  const terms = { invoiceRef, kind, token, amount, currency, fiatMinor };
  return effectOf('slot', '7', { name: 'Settled', payer, seq: '7', method: '1', fee: '0', treasury, ...terms, ...changes }, at);
}

export const foundSlot = (quote: QuoteIssued = quoteIssued()): FoundSlot => {
  return { stream: 'demo.slot-7', state: given(slot, [slotOpened(), issued(quote)]).state };
};

/** An escrowed purchase of 10.00 EUR for 11.5 USDC, in a slot of its own. */
export function purchase(seq: string, eventId = '900'): { readonly effect: ChainEffect; readonly found: FoundSlot } {
  const ref = `0x${seq.padStart(64, '9')}`;
  const times = { captureAfter: String(seconds(quotedAt) + 86_400), reclaimAfter: String(seconds(quotedAt) + 86_400 * 30) };
  const offer: Offer = {
    ...{ providerId: '11', eventId, seq, payer: zeroAddress, token: usdc, amount: '11500000', ref },
    ...{ ...times, deadline: String(seconds(quotedAt) + 600) },
  };
  const terms = { module: 'escrow', offer } as const;
  const at = { chainId: place.chainId, contract: escrow };
  const title = { id: 'ttl_00000000-0000-5000-8000-000000000001', name: 'Final', stream: 'demo.title-1', revision: '0' };
  const held: Partial<SlotOpened> = {
    ...{ seq, module: 'escrow', ...at, amount: '10.00', invoiceRef: ref, escrow: { eventId, ...times } },
    purpose: { kind: 'title', order: `ord_${seq}`, title },
  };
  const quote: QuoteIssued = {
    ...quoteIssued(),
    ...{ seq, ...at, terms, structHash: structHashOf(terms), digest: digestOf(terms, at), tokenCurrency: 'USDC', tokenAmount: '11.50' },
    rate: { base: 'USDC', currency: 'EUR', rate: '0.9', source: 'table', at: quotedAt, spreadBps: '100' },
  };
  const log = { name: 'Purchased', eventId, payer, seq, token: usdc, amount: '11500000', ref } as const;
  const state = given(slot, [slotOpened(held), issued(quote)]).state;
  return { effect: effectOf('slot', seq, log), found: { stream: `demo.slot-${seq}`, state } };
}

export const rateOf = (base: string, rate: string): ReferenceRate => {
  return { base, currency: 'EUR', rate, source: 'table', at: '2026-03-01T12:04:00.000Z' };
};

/** A history of one effect, made by the deciders themselves. */
export class EffectHistory {
  readonly events: SettlementEvent[] = [];
  #effect: ChainEffect | undefined;

  get state() {
    return given(settlement, this.events).state;
  }

  observed(effect: ChainEffect, subject: SettlementSubject): this {
    this.#effect = effect;
    return this.did((state) => observe(state, { effect, subject }));
  }

  confirmed(): this {
    return this.did((state) => confirm(state, { observation: this.#key(), head: '12' }));
  }

  finalized(context: FinalContext = { token: eth }): this {
    return this.did((state) => finalize(state, { observation: this.#key(), context }));
  }

  reorged(): this {
    return this.did((state) => reorg(state, this.#key()));
  }

  did(decide: (state: EffectHistory['state']) => ReturnType<typeof observe>): this {
    const decision = decide(this.state);
    if (decision.kind !== 'accepted')
      throw new Error(`The history cannot be: ${JSON.stringify(decision, (_, value: unknown) => String(value))}`);
    this.events.push(...decision.events);
    return this;
  }

  #key(): string {
    if (this.#effect === undefined) throw new Error('Nothing was observed.');
    return observationKey(this.#effect);
  }
}
