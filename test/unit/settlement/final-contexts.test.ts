import { describe, expect, it } from '@jest/globals';
import type { BookRates } from '../../../services/settlement/application/quoting/book-rates.ts';
import type { CreditTokens } from '../../../services/settlement/application/credit/credit-tokens.ts';
import { FinalContexts } from '../../../services/settlement/application/booking/final-contexts.ts';
import type { PurchaseFacts } from '../../../services/settlement/application/booking/purchase-facts.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { matchPayment, type PaidEffect } from '../../../services/settlement/domain/settlement-match.ts';
import type { SettlementObserved } from '../../../services/settlement/domain/settlement.events.ts';
import { dollar, EffectHistory, effectOf, foundSlot, purchase, settled, treasury } from './effect.fixtures.ts';

const seenIn = (history: EffectHistory) => history.events.at(-1)!.data as unknown as SettlementObserved;
const bought = purchase('8');
const purchased = seenIn(new EffectHistory().observed(bought.effect, matchPayment(bought.effect as PaidEffect, bought.found, undefined)));

/** Of an operator who takes no token any more, and for whom nothing is worth anything. */
const contexts = new FinalContexts({
  chains: new SettlementChains([]),
  facts: { seen: () => Promise.resolve(purchased) } as unknown as PurchaseFacts,
  rates: { at: () => Promise.resolve(undefined) },
  purchases: { slotsOf: () => Promise.resolve(['8']), boughtIn: () => Promise.resolve([]) },
  books: { exchange: () => Promise.resolve(undefined) } as unknown as BookRates,
  creditTokens: {} as CreditTokens,
});

describe('what was quoted in a token that was taken out of the configuration', () => {
  it('is posted when it is final, at the rate of its quote', async () => {
    const history = new EffectHistory().observed(settled(), matchPayment(settled() as PaidEffect, foundSlot(), undefined));
    const final = history.finalized(await contexts.of('demo', seenIn(history))).events.at(-1)!;
    expect(final).toMatchObject({
      type: 'SettlementFinalized/1',
      data: { payment: { slot: '7', token: 'ETH' }, value: { rate: { rate: '3000' } } },
    });
  });

  it('is captured with what the escrow holds of it', async () => {
    const log = { name: 'EventCaptured', eventId: '900', token: dollar.address, amount: '11500000', fee: '0', treasury } as const;
    const history = new EffectHistory().observed(effectOf('capture', `900.${dollar.address}`, log), {});
    const final = history.finalized(await contexts.of('demo', seenIn(history))).events.at(-1)!;
    expect(final).toMatchObject({ type: 'SettlementFinalized/1', data: { token: 'USDC', captured: [{ currency: 'EUR', net: '10.00' }] } });
  });
});
