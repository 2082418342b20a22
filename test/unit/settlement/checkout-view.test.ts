import { describe, expect, it } from '@jest/globals';
import { CheckoutLinks } from '../../../services/settlement/application/checkout/checkout-link.ts';
import {
  blocksNeededOf,
  type CheckoutFacts,
  checkoutState,
  liveQuotes,
} from '../../../services/settlement/application/checkout/checkout-view.ts';
import type { SentTransaction } from '../../../services/settlement/application/checkout/payer-desk.ts';
import type { SlotPayment } from '../../../services/settlement/application/checkout/slot-payments.ts';
import type { SlotEvent } from '../../../services/settlement/domain/slot.events.ts';
import { slot } from '../../../services/settlement/domain/slot.ts';
import { given } from '../../support/given.ts';
import { blockAt, issued, later, place, quotedAt, quoteIssued, slotOpened, usdc } from './slot.fixtures.ts';

type Known = CheckoutFacts['slot'];
const stateOf = (...events: SlotEvent[]) => given(slot, [slotOpened(), ...events]).state as Known;
const paid = (standing: SlotPayment['standing']): SlotPayment => ({
  ...{ chainId: place.chainId, tx: `0x${'01'.repeat(32)}`, block: blockAt(quotedAt), standing },
});
const closed = (reason: 'settled' | 'released'): SlotEvent => ({ type: 'SlotClosed/1', data: { seq: '7', reason } });
const refusal = { code: 'x', text: 'x' };
const pending: SentTransaction = { state: 'pending', from: usdc, nonce: '0', call: `0x${'0c'.repeat(32)}`, height: '1' };
const reverted: SentTransaction = { state: 'reverted', block: '1', refusal };

describe('the state of a checkout', () => {
  it.each<[string, Partial<CheckoutFacts>]>([
    ['settled', { payment: paid('finalized'), sent: reverted }],
    ['unmatched', { payment: paid('unmatched') }],
    ['confirmed', { payment: paid('confirmed') }],
    ['confirming', { payment: paid('observed'), sent: { state: 'included', block: '1' } }],
    ['reorged', { payment: paid('reorged'), sent: { state: 'unknown' } }],
    ['seen', { payment: paid('reorged'), sent: pending }],
    ['settled', { slot: stateOf(issued(), closed('settled')) }],
    ['released', { slot: stateOf(issued(), closed('released')), sent: reverted }],
    ['released', { isCancelled: true, sent: pending }],
    ['seen', { sent: { state: 'included', block: '1' } }],
    ['seen', { sent: pending }],
    ['reverted', { sent: reverted, now: later(600) }],
    ['replaced', { sent: { state: 'replaced' } }],
    ['dropped', { sent: { state: 'dropped' } }],
    ['cancelled', { sent: { state: 'cancelled', by: `0x${'02'.repeat(32)}` } }],
    ['seen', { relay: { status: 'sending' }, sent: { state: 'dropped' } }],
    ['seen', { relay: { status: 'done' } }],
    ['waiting', { relay: { status: 'failed', failure: { code: 'expired' } } }],
    ['waiting', { sent: { state: 'unknown' } }],
    ['waiting', { slot: stateOf(), now: later(9_999) }],
    ['waiting', { now: later(599) }],
    ['expired', { now: later(600) }],
    ['released', { over: { code: 'invoice_paid' }, sent: reverted }],
    ['seen', { over: { code: 'invoice_paid' }, sent: pending }],
    ['confirming', { over: { code: 'invoice_paid' }, payment: paid('observed') }],
  ])('is %s when %o', (state, facts) => {
    const nothing = { payment: undefined, isCancelled: false, sent: undefined, relay: undefined, over: undefined };
    expect(checkoutState({ slot: stateOf(issued()), ...nothing, now: quotedAt, ...facts })).toBe(state);
  });

  it('says how deep the payment has to lie: by amount and kind, or not at all where only finality will do', () => {
    const upTo = { amount: '100', currency: 'EUR' } as const;
    const rules = [
      { kinds: ['purchase' as const], blocks: 9 },
      { upTo, blocks: 3 },
    ];
    expect(blocksNeededOf(stateOf(), rules)).toBe(3);
    expect(blocksNeededOf({ ...stateOf(), place: { ...stateOf().place, module: 'escrow' } }, rules)).toBe(9);
    expect(blocksNeededOf(given(slot, [slotOpened({ amount: '100.01' })]).state as Known, rules)).toBeUndefined();
  });

  it('has the newest quote of each token while it is good, at the contract that the slot is bound to', () => {
    const state = stateOf(issued(), issued(quoteIssued({ token: usdc, deadline: String(Date.parse(later(1_800)) / 1000) })));
    expect(liveQuotes(state, quotedAt).map(({ revision }) => revision)).toEqual([1n, 2n]);
    expect(liveQuotes(state, later(600)).map(({ revision }) => revision)).toEqual([2n]);
    expect(liveQuotes(stateOf(issued(quoteIssued({}, { ...place, chainId: '1' }))), quotedAt)).toEqual([]);
  });
});

describe('the link to a checkout', () => {
  const links = new CheckoutLinks(Buffer.alloc(32, 1));
  const at = { provider: 'demo', seq: '7' };

  it('leads to its slot, is the same again, and is another one for any other', () => {
    expect(links.slotOf(links.idOf(at))).toEqual(at);
    expect(links.idOf(at)).toBe(links.idOf(at));
    const ids = [at, { ...at, seq: '8' }, { ...at, provider: 'other' }].map((each) => links.idOf(each));
    expect(new Set([...ids, new CheckoutLinks(Buffer.alloc(32, 2)).idOf(at)]).size).toBe(4);
  });

  it('opens nothing when any of it is another', () => {
    const id = links.idOf(at);
    for (let index = 0; index < id.length; index++) {
      const changed = id.slice(0, index) + (id[index] === '8' ? '9' : '8') + id.slice(index + 1);
      expect([changed, links.slotOf(changed)]).toEqual([changed, undefined]);
    }
  });
});
