import { beforeEach, describe, expect, it } from '@jest/globals';
import { creditTokenStream } from '../../../services/settlement/application/credit/credit-streams.ts';
import type { PriceAsked } from '../../../services/settlement/application/quoting/quote-prices.ts';
import { QuotePrices } from '../../../services/settlement/application/quoting/quote-prices.ts';
import type { OfferedRate } from '../../../services/settlement/application/quoting/rate-source.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { creditTokens, recordCreditToken } from '../../../services/settlement/domain/credit-token.ts';
import { type OpenSlot, slot } from '../../../services/settlement/domain/slot.ts';
import type { SlotOpened } from '../../../services/settlement/domain/slot.events.ts';
import { given } from '../../support/given.ts';
import { creditContract } from './credit.fixtures.ts';
import { dollar, eth, payer } from './effect.fixtures.ts';
import { RefundWorld } from './refund.fixtures.ts';
import { later, place, quotedAt, slotOpened, usdc } from './slot.fixtures.ts';

const profile = { finality: 'tag' as const, realMoney: false, confirmations: [] };
const contracts = { registry: '0x', settlement: place.contract };
const chains = new SettlementChains([
  { chainId: place.chainId, rpcUrls: [], contracts, codeHashes: {}, deploymentBlock: 0n, tokens: [eth, dollar], profile },
]);

let world: RefundWorld;
let decimals: number | undefined;
let capLeft: bigint;
let costs: number;
/** By the currency that the token is worth it in. */
let rates: Record<string, string>;
beforeEach(() => {
  world = new RefundWorld();
  [decimals, capLeft, costs, rates] = [6, 10n ** 6n, 0, { EUR: '0.5', USD: '1' }];
});

/** What 60.50 EUR cost in dollars. The books are in euro, unless another currency is billed. */
function priced(asked: Partial<PriceAsked> = {}, changes: Partial<SlotOpened> = {}) {
  const rateOf = (_: string, base: string, currency: string): Promise<OfferedRate | undefined> => {
    const rate = rates[currency];
    const rule = { source: 'table', at: quotedAt, spreadBps: '0', ageSecondsMax: 600n, quoteSeconds: 300n };
    return Promise.resolve(rate === undefined ? undefined : { base, currency, rate, ...rule });
  };
  const prices = new QuotePrices({
    ...{ executor: world.executor(), chains, rates: { rateOf } },
    scales: { decimalsOf: () => Promise.resolve(decimals) },
    caps: { leftOf: () => Promise.resolve(capLeft) },
  });
  const open = given(slot, [slotOpened(changes)]).state as OpenSlot;
  return prices.of('demo', open, { token: usdc, payer, after: undefined, now: quotedAt, onCost: () => costs++, ...asked });
}

describe('what a slot costs in a token', () => {
  it('is what it is worth at the rate of now', async () =>
    expect(await priced()).toMatchObject({
      ...{ tokenCurrency: 'USDC', tokenAmount: '121.000000', rate: { rate: '0.5', at: quotedAt } },
      terms: { module: 'settlement', quote: { amount: '121000000', payer, token: usdc } },
    }));

  it('is nothing in a token that is not taken, or whose decimals are not those of the configuration', async () => {
    expect(await priced({ token: payer })).toEqual({ code: 'token_not_taken', token: payer });
    expect(costs).toBe(0);
    for (decimals of [18, undefined]) expect(await priced()).toEqual({ code: 'token_misconfigured', token: usdc });
    expect(costs).toBe(2);
  });

  it('is nothing where nobody knows a rate, or the last one is old', async () => {
    expect(await priced({ now: later(601) })).toMatchObject({ code: 'rate_stale' });
    rates = {};
    expect(await priced()).toEqual({ code: 'rate_not_found', base: 'USDC', currency: 'EUR' });
  });

  it('is nothing that could not be valued in the currency of the books', async () => {
    rates = { USD: '1' };
    expect(await priced({}, { currency: 'USD' })).toEqual({ code: 'rate_not_found', base: 'USDC', currency: 'EUR' });
  });

  it('is not above what the mandate leaves', async () =>
    expect(await priced({ unitsMax: 120_999_999n })).toMatchObject({ code: 'mandate_cap_exceeded', wanted: '121000000' }));

  it('is nothing for more credit than may be given out today', async () => {
    const token = { chainId: place.chainId, contract: creditContract, currency: 'EUR', decimals: '2', tx: '0x1' };
    await world.act(creditTokens, creditTokenStream('demo', place.chainId), (state) => recordCreditToken(state, token));
    const credit = { purpose: { kind: 'credit', order: 'ord_1' } } as const;
    expect(await priced({}, credit)).toMatchObject({ tokenAmount: '121.000000' });
    capLeft = 6_049n;
    expect(await priced({}, credit)).toEqual({ code: 'credit_cap_exceeded', left: '60.49', currency: 'EUR' });
    expect(await priced()).toMatchObject({ tokenAmount: '121.000000' });
  });
});
