import { describe, expect, it } from '@jest/globals';
import type { EffectOf } from '../../../services/settlement/domain/chain-effect.ts';
import { matchPayment, type PaidEffect } from '../../../services/settlement/domain/settlement-match.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { tokenOfAmount } from '../../../services/settlement/domain/token-amount.ts';
import { given } from '../../support/given.ts';
import { dollar, effectOf, eth, foundSlot, payer, purchase, settled, treasury } from './effect.fixtures.ts';
import { elsewhere, quoteIssued, slotOpened } from './slot.fixtures.ts';

const match = (effect: ReturnType<typeof settled>) => matchPayment(effect as PaidEffect, foundSlot(), eth);

describe('matchPayment', () => {
  it('finds the quote that was paid, with what it counts for', () =>
    expect(match(settled()).payment).toMatchObject({
      slot: '7',
      amount: '60.50',
      currency: 'EUR',
      token: 'ETH',
      tokenAmount: '0.020374200000000000',
      quote: { stream: 'demo.slot-7', revision: '1' },
    }));

  it.each([
    ['fiatMinor', '9999999999'],
    ['amount', '1'],
    ['token', dollar.address],
    ['currency', '0x555344'],
    ['kind', '2'],
    ['invoiceRef', `0x${'ee'.repeat(32)}`],
  ] as const)("[SET-A27] takes a payment whose %s nobody quoted for nobody's", (field, value) =>
    expect(match(settled({ [field]: value }))).toEqual({ unmatched: 'quote_unknown' }),
  );

  it("[SET-A27] takes a payment at another contract, and one of a slot without a quote, for nobody's", () => {
    expect(match(settled({}, { contract: elsewhere.contract }))).toEqual({ unmatched: 'quote_unknown' });
    const unquoted = { stream: 'demo.slot-7', state: given(slot, [slotOpened()]).state };
    expect(matchPayment(settled() as PaidEffect, unquoted, eth)).toEqual({ unmatched: 'quote_unknown' });
    expect(matchPayment(settled() as PaidEffect, { ...unquoted, state: { status: 'none' } }, eth)).toEqual({ unmatched: 'quote_unknown' });
  });

  it('finds it also in a token that was taken out of the configuration since', () => {
    expect(matchPayment(settled() as PaidEffect, foundSlot(), undefined)).toEqual(match(settled()));
    const { effect, found } = purchase('8');
    expect(matchPayment(effect as PaidEffect, found, undefined)).toEqual(matchPayment(effect as PaidEffect, found, dollar));
  });

  it('says which token it does not know, of what nobody quoted', () => {
    const unquoted = settled({ token: dollar.address }) as PaidEffect;
    expect(matchPayment(unquoted, foundSlot(), undefined)).toEqual({ unmatched: 'token_unknown' });
  });

  it.each([
    [18, 'ETH', '0.020374200000000000', '20374200000000000'],
    [8, 'ETH', '0.02', '2000000'],
    [6, 'USDC', '11.50', '11500000'],
    [2, 'USDC', '0.01', '1'],
  ] as const)('knows a token with %i decimals by what was quoted in it', (decimals, currency, amount, units) =>
    expect(tokenOfAmount({ address: dollar.address, currency, amount, units })).toEqual({ address: dollar.address, currency, decimals }),
  );

  it("finds the offer of an escrowed purchase, and no other event's", () => {
    const { effect, found } = purchase('8');
    expect(matchPayment(effect as PaidEffect, found, dollar).payment).toMatchObject({ slot: '8', eventId: '900', amount: '10.00' });
    const moved = { ...effect, log: { ...effect.log, eventId: '901' } } as EffectOf<'Purchased'>;
    expect(matchPayment(moved, found, dollar)).toEqual({ unmatched: 'quote_unknown' });
  });

  it('takes a collect at a quote that was issued for the payer of the mandate, and no other', () => {
    const { invoiceRef, amount, token } = (quoteIssued().terms as { quote: Record<'invoiceRef' | 'amount' | 'token', string> }).quote;
    const paid = { mandate: '0x1', invoiceRef, payer, seq: '7', token, amount, fee: '0', treasury, period: '0' };
    const collected = (changes: object) => effectOf('slot', '7', { name: 'Collected', ...paid, ...changes });
    expect(match(collected({})).payment).toMatchObject({ slot: '7', amount: '60.50' });
    expect(match(collected({ amount: '1' }))).toEqual({ unmatched: 'quote_unknown' });
    const bound = foundSlot(quoteIssued({ payer: treasury }));
    expect(matchPayment(collected({}) as PaidEffect, bound, eth)).toEqual({ unmatched: 'quote_unknown' });
  });
});
