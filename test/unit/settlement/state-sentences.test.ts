import { describe, expect, it } from '@jest/globals';
import { checkoutStates } from '../../../services/settlement/application/checkout/checkout-view.ts';
import type { Checkout } from '../../../services/settlement/page/checkout-api.ts';
import { busyStates, failedStates, finalStates, stateSentence } from '../../../services/settlement/page/state-sentences.ts';

const checkout = (changes: Partial<Checkout>): Checkout => ({
  ...{
    state: 'waiting',
    legalName: 'X',
    kind: 'invoice',
    amount: '1.00',
    currency: 'EUR',
    chainId: '1',
    contract: '0x',
    module: 'settlement',
  },
  ...{ tokens: [], quotes: [] },
  ...changes,
});
const payment = { tx: '0x01', block: '7', blockTime: '2026-03-01T12:00:00.000Z' };
const refusal = { code: 'x', text: 'The quote is over.' };

describe('the state of a payment in a sentence', () => {
  it('is another one for every state', () => {
    const sentences = checkoutStates.map((state) => stateSentence(checkout({ state, payment })).text);
    expect(new Set(sentences).size).toBe(checkoutStates.length);
  });

  it('calls nothing paid before it is final', () => {
    const early = checkoutStates.filter((state) => state !== 'settled').map((state) => stateSentence(checkout({ state })).text);
    expect(early.filter((text) => /(^|[^.a-z] ?)Paid\b|is paid\./.test(text))).toEqual([]);
    expect(stateSentence(checkout({ state: 'settled' })).text).toMatch(/^Paid/);
  });

  it.each<[string, Partial<Checkout>]>([
    ['Confirmed 2 of 3.', { state: 'confirming', confirmationsNeeded: '3', payment: { ...payment, confirmations: '2' } }],
    ['It is delayed', { state: 'confirming', delayed: true, confirmationsNeeded: '3', payment: { ...payment, confirmations: '2' } }],
    ['It is delayed', { state: 'confirmed', delayed: true, confirmationsNeeded: '3', payment: { ...payment, confirmations: '9' } }],
    ['Confirmed 3 of 3.', { state: 'confirmed', confirmationsNeeded: '3', payment: { ...payment, confirmations: '9' } }],
    ['1 block deep; it counts when it is final', { state: 'confirming', payment }],
    ['The quote is over.', { state: 'reverted', transaction: { state: 'reverted', refusal } }],
    ['sped the payment up', { state: 'seen', transaction: { state: 'included', by: '0x02' } }],
    ['Sent. It is not paid yet', { state: 'seen', transaction: { state: 'pending' } }],
    ['We bring it to the network and pay the fee', { state: 'seen', relay: { state: 'sending' } }],
    ['The quote is over.', { state: 'waiting', relay: { state: 'failed', refusal } }],
  ])('says: %s', (text, changes) => expect(stateSentence(checkout(changes)).text).toContain(text));

  it('asks the wallet again in every state in which nothing came of a transaction, and in no other that has one', () => {
    expect(finalStates.every((state) => busyStates.includes(state))).toBe(true);
    expect([...busyStates, ...failedStates, 'waiting', 'expired'].sort()).toEqual([...checkoutStates].sort());
  });
});
