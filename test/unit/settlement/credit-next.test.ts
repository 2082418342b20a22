import { describe, expect, it } from '@jest/globals';
import { askRedemption, offerRedemption } from '../../../services/settlement/domain/redemption.ts';
import { askForQuote, issueQuote } from '../../../services/settlement/domain/slot.decider.ts';
import type { SlotEvent } from '../../../services/settlement/domain/slot.events.ts';
import { slot, type Slot } from '../../../services/settlement/domain/slot.ts';
import { zeroAddress } from '../../../services/settlement/domain/quote.ts';
import { given } from '../../support/given.ts';
import { creditContract, holder } from './credit.fixtures.ts';
import { blockAt, issued, later, opened, place, quotedAt, quoteIssued, seconds, slotOpened, usdc } from './slot.fixtures.ts';

const wanted = { seq: '7', chainId: place.chainId, contract: creditContract, holder, units: '6050' };
const ask = (now: string) => (state: Slot) => askRedemption(state, wanted, now);
const asked = (at: number): SlotEvent => ({
  type: 'RedemptionAsked/1',
  data: { ...wanted, quotesUntil: String(seconds(later(at)) + 3_600) },
});
/** A price that begins so many seconds behind the first one, good for ten minutes and four more until no block brings it back. */
const quoteAt = (at: number) => quoteIssued({ validAfter: String(seconds(later(at)) - 1), deadline: String(seconds(later(at)) + 600) });
const closed: SlotEvent = { type: 'SlotClosed/1', data: { seq: '7', reason: 'settled' } };
/** Quotes without a break, the last of them at 3,600. */
const chain = [0, 1, 2, 3, 4, 5, 6].map((number) => issued(quoteAt(number * 600)));
const bound = [slotOpened(), ...chain.slice(0, 1), asked(0), ...chain.slice(1)];
const next =
  (at: number, token = zeroAddress) =>
  ({ state }: { readonly state: Slot }) =>
    askForQuote(state, { ...place, token, payer: usdc }, later(at));
const offer = (now: number) => (state: Slot) => {
  const evidence = { kind: 'unpaid', block: blockAt(later(now)) } as const;
  return offerRedemption(state, { ...wanted, invoiceRef: opened.invoiceRef, reorgWindowSeconds: '240', evidence }, later(now));
};

describe('a holder of credit that quotes keep out', () => {
  it('is written down, with the hour after which credit comes next', () => {
    const [event] = given(slot, [slotOpened(), issued()]).when(ask(quotedAt)).thenAccepts('RedemptionAsked/1');
    expect(event).toEqual(asked(0));
  });

  it('is not written down where nothing keeps it out, nor for what credit does not pay, nor where the slot is closed', () => {
    given(slot, [slotOpened()]).when(ask(quotedAt)).thenRepeats(0n);
    given(slot, [slotOpened(), issued()])
      .when(ask(later(840)))
      .thenRepeats(1n);
    given(slot, []).when(ask(quotedAt)).thenRejects({ code: 'slot_not_found' });
    given(slot, [slotOpened({ purpose: { kind: 'deposit', order: 'ord_1' } }), issued()])
      .when(ask(quotedAt))
      .thenRejects({ code: 'slot_not_redeemable', kind: 'deposit' });
    given(slot, [slotOpened(), issued(), closed]).when(ask(quotedAt)).thenRejects({ code: 'slot_closed', reason: 'settled' });
  });

  it('moves nothing by asking again, itself or another one, before it had its chance', () => {
    for (const at of [1, 3_599, 4_200, 5_039])
      given(slot, bound)
        .when(ask(later(at)))
        .thenRepeats(8n);
  });

  it('comes next when quotes have followed on each other for an hour, and then quotes again', () => {
    const world = given(slot, bound);
    const wait = { kind: 'rejected', rejection: { code: 'credit_next', notBefore: later(5_040) } };
    // What is held is answered until its end, in that token; no other price begins.
    expect(next(4_199)(world)).toMatchObject({ kind: 'repeated' });
    expect(next(3_600, usdc)(world)).toEqual(wait);
    for (const at of [4_200, 5_039]) expect(next(at)(world)).toEqual(wait);
    world.when((state) => issueQuote(state, { quote: quoteAt(4_200) }, later(4_200))).thenRejects(wait.rejection as never);
    // No block brings back the last quote any more, so that an offer may be made.
    world.when(offer(4_440)).thenAccepts('RedemptionOffered/1');
    expect(next(5_040)(world)).toMatchObject({ kind: 'free' });
  });

  it('holds no quote up within the hour, nor where they stopped by themselves', () => {
    for (const at of [600, 1_440, 3_599, 3_600]) expect(next(at)(given(slot, bound.slice(0, 3)))).toMatchObject({ kind: 'free' });
  });

  it('has had its chance with one offer, and may be written down again when quotes had their hour', () => {
    const [made] = given(slot, bound).when(offer(4_440)).thenAccepts('RedemptionOffered/1');
    const taken = given(slot, [...bound, made!]);
    // The offer of ten minutes and the blocks behind it, and nothing beyond.
    expect(next(5_279)(taken)).toMatchObject({ rejection: { code: 'redemption_live' } });
    expect(next(5_280)(taken)).toMatchObject({ kind: 'free' });
    given(slot, [...bound, made!, issued(quoteAt(5_280))])
      .when(ask(later(5_281)))
      .thenAccepts('RedemptionAsked/1');
  });

  it('that lets its chance go by keeps no later quote back, and has to ask again', () => {
    const missed = given(slot, [...bound, issued(quoteAt(5_040)), issued(quoteAt(5_640))]);
    expect(next(6_240)(missed)).toMatchObject({ kind: 'free' });
    const [again] = missed.when(ask(later(5_641))).thenAccepts('RedemptionAsked/1');
    expect(again?.data).toMatchObject({ quotesUntil: String(seconds(later(9_241))) });
  });
});
