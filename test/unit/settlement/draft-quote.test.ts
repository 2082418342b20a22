import { describe, expect, it } from '@jest/globals';
import { zeroAddress } from '../../../services/settlement/domain/quote.ts';
import { draftQuote } from '../../../services/settlement/domain/draft-quote.ts';
import { type OpenSlot, slot } from '../../../services/settlement/domain/slot.ts';
import type { SlotOpened } from '../../../services/settlement/domain/slot.events.ts';
import { given } from '../../support/given.ts';
import { opened, quotedAt, seconds, slotOpened, usdc } from './slot.fixtures.ts';

const draft = { payer: zeroAddress, token: usdc, units: 60_500_000n, now: quotedAt, quoteSeconds: 1_800n };
const slotOf = (changes: Partial<SlotOpened> = {}) => given(slot, [slotOpened(changes)]).state as OpenSlot;
const escrow = { eventId: '5', captureAfter: String(seconds(quotedAt) + 1_801), reclaimAfter: String(seconds(quotedAt) + 2_000_000) };

describe('a quote for a slot', () => {
  it('says what is to be paid in units of the token and in the currency', () =>
    expect(draftQuote(slotOf(), draft)).toEqual({
      module: 'settlement',
      quote: {
        ...{ providerId: '11', seq: '7', invoiceRef: opened.invoiceRef, kind: '1', payer: zeroAddress, token: usdc },
        ...{ amount: '60500000', currency: '0x455552', fiatMinor: '6050' },
        ...{ validAfter: String(seconds(quotedAt) - 60), deadline: String(seconds(quotedAt) + 1_800) },
      },
    }));

  it.each([
    ['2', { kind: 'top-up', order: 'ord_1', bucket: 'money' }],
    ['3', { kind: 'title', order: 'ord_1', title: { id: 'ttl_1', name: 'Final', stream: 's', revision: '0' } }],
    ['4', { kind: 'deposit', order: 'ord_1' }],
    ['5', { kind: 'credit', order: 'ord_1' }],
  ] as const)('is of kind %s for %o', (kind, purpose) => expect(draftQuote(slotOf({ purpose }), draft)).toMatchObject({ quote: { kind } }));

  it('is an offer where the money is held until the event', () =>
    expect(draftQuote(slotOf({ module: 'escrow', escrow }), draft)).toEqual({
      module: 'escrow',
      offer: {
        ...{ providerId: '11', seq: '7', payer: zeroAddress, token: usdc, amount: '60500000', ref: opened.invoiceRef },
        ...escrow,
        deadline: String(seconds(quotedAt) + 1_800),
      },
    }));

  it('is none for an offer that would outlive the sale', () =>
    expect(draftQuote(slotOf({ module: 'escrow', escrow }), { ...draft, quoteSeconds: 1_801n })).toEqual({ code: 'sale_over' }));

  it('is none for more than the contracts can count', () => {
    const units = 2n ** 96n;
    expect(draftQuote(slotOf(), { ...draft, units })).toMatchObject({ module: 'settlement' });
    expect(draftQuote(slotOf({ module: 'escrow', escrow }), { ...draft, units })).toEqual({
      code: 'amount_out_of_range',
      units: String(units),
    });
    expect(draftQuote(slotOf(), { ...draft, units: 2n ** 128n })).toMatchObject({ code: 'amount_out_of_range' });
  });
});
