import { describe, expect, it } from '@jest/globals';
import { zeroAddress } from '../../../services/settlement/domain/quote.ts';
import { draftQuote, forAnybody } from '../../../services/settlement/domain/draft-quote.ts';
import { askForQuote, issueQuote, moveSlot, openSlot, releaseSlot, settleSlot } from '../../../services/settlement/domain/slot.decider.ts';
import type { SlotEvent, SlotEvidence, SlotRegisterEvent } from '../../../services/settlement/domain/slot.events.ts';
import { matchingQuote, type OpenSlot, type Slot, slot } from '../../../services/settlement/domain/slot.ts';
import {
  allocateSlot,
  purposeKey,
  referenceOf,
  replaceSlot,
  type SlotRegister,
  slotRegister,
} from '../../../services/settlement/domain/slot-register.ts';
import { given } from '../../support/given.ts';
import {
  blockAt,
  elsewhere,
  invoice,
  issued,
  later,
  opened,
  place,
  quotedAt,
  quoteIssued,
  seconds,
  slotOpened,
  usdc,
} from './slot.fixtures.ts';

const open = [slotOpened()];
const quoted = [...open, issued()];
const validity = { ageSecondsMax: 600n };
const unquoted = { kind: 'unquoted' } as const;
const closed = (reason: 'settled' | 'released'): SlotEvent => ({ type: 'SlotClosed/1', data: { seq: '7', reason } });
function draft(state: Slot, { after, now }: { readonly after: bigint; readonly now: string }) {
  const terms = draftQuote(state as OpenSlot, { payer: zeroAddress, token: zeroAddress, units: 1n, now, quoteSeconds: 600n, after });
  if (!('module' in terms) || terms.module !== 'settlement') throw new Error('No quote.');
  return terms.quote;
}
const moved = (to: typeof place, evidence: SlotEvidence): SlotEvent => ({
  type: 'SlotMoved/1',
  data: { seq: '7', module: 'settlement', ...to, evidence },
});

describe('allocating a slot', () => {
  const purpose = purposeKey(opened.purpose);

  it('counts from one, without a gap', () => {
    const [first] = given(slotRegister, [])
      .when((state) => allocateSlot(state, purpose))
      .thenAccepts('SlotAllocated/1');
    expect(first?.data).toEqual({ seq: '1', purpose: `invoice:${invoice}:1` });
    const [second] = given(slotRegister, [first!])
      .when((state) => allocateSlot(state, 'order:ord_2'))
      .thenAccepts('SlotAllocated/1');
    expect(second?.data.seq).toBe('2');
  });

  it('gives a purpose the slot that it has', () =>
    given<SlotRegister, SlotRegisterEvent>(slotRegister, [
      { type: 'SlotAllocated/1', data: { seq: '1', purpose } },
      { type: 'SlotAllocated/1', data: { seq: '2', purpose: 'order:ord_2' } },
    ])
      .when((state) => allocateSlot(state, purpose))
      .thenRepeats(0n));

  it('gives it another one, once, for one that a chain has closed', () => {
    const [first] = given(slotRegister, [])
      .when((state) => allocateSlot(state, purpose))
      .thenAccepts('SlotAllocated/1');
    const [second] = given(slotRegister, [first!])
      .when((state) => replaceSlot(state, { purpose, seq: '1' }))
      .thenAccepts('SlotAllocated/1');
    expect(second?.data).toEqual({ seq: '2', purpose });
    const both = given(slotRegister, [first!, second!]);
    both.when((state) => replaceSlot(state, { purpose, seq: '1' })).thenRepeats(1n);
    both.when((state) => allocateSlot(state, purpose)).thenRepeats(1n);
  });
});

describe('what a slot is paid for', () => {
  it('has one reference in all of its parts, and one slot for each', () => {
    const second = { ...opened.purpose, instalment: '2' } as typeof opened.purpose;
    expect([referenceOf(opened.purpose), referenceOf(second)]).toEqual([invoice, invoice]);
    expect(purposeKey(second)).toBe(`invoice:${invoice}:2`);
    const order = { kind: 'deposit', order: 'ord_1' } as const;
    expect([referenceOf(order), purposeKey(order)]).toEqual(['ord_1', 'order:ord_1']);
  });
});

describe('opening a slot', () => {
  it('says what is to be paid, where', () => {
    const [event] = given(slot, [])
      .when((state) => openSlot(state, opened))
      .thenAccepts('SlotOpened/1');
    expect(event?.data).toEqual(opened);
  });

  it('is done once', () =>
    given(slot, open)
      .when((state) => openSlot(state, { ...opened, salt: `0x${'09'.repeat(32)}` }))
      .thenRepeats(0n));
});

describe('issuing a quote', () => {
  const issue =
    (quote = quoteIssued(), now = quotedAt) =>
    (state: Parameters<typeof issueQuote>[0]) =>
      issueQuote(state, { quote, validity }, now);

  it('writes the quote as it was signed', () => {
    const [event] = given(slot, open).when(issue()).thenAccepts('QuoteIssued/1');
    expect(event?.data).toEqual(quoteIssued());
  });

  it('needs a slot', () => given(slot, []).when(issue()).thenRejects({ code: 'slot_not_found' }));

  it('needs an open slot', () =>
    given(slot, [...quoted, closed('settled')])
      .when(issue())
      .thenRejects({ code: 'slot_closed', reason: 'settled' }));

  it('is for the place that the slot is bound to', () =>
    given(slot, quoted)
      .when(issue(quoteIssued({}, elsewhere)))
      .thenRejects({ code: 'slot_elsewhere', ...place }));

  it('repeats the live quote of a token', () =>
    given(slot, quoted)
      .when(issue(quoteIssued(), later(599)))
      .thenRepeats(1n));

  describe('while another payer has one', () => {
    const bound = quoteIssued({ payer: usdc });
    const held = [...open, issued(bound)];
    const copy = quoteIssued();
    const request = { ...place, token: zeroAddress, payer: elsewhere.contract };

    it('signs the same price until the same moment, for anybody, however old its rate is', () => {
      const asked = askForQuote(given(slot, held).state, request, later(599));
      expect(asked).toMatchObject({ kind: 'free', held: { terms: bound.terms } });
      const [event] = given(slot, held)
        .when((state) => issueQuote(state, { quote: copy }, later(599)))
        .thenAccepts('QuoteIssued/1');
      expect(event?.data).toMatchObject({ terms: forAnybody(bound.terms) });
    });

    it.each([
      ['another price', quoteIssued({ amount: '20374200000000001' })],
      ['another end', quoteIssued({ deadline: String(seconds(later(1200))) })],
      ['a price for one payer', quoteIssued({ payer: elsewhere.contract })],
    ])('refuses %s, so that nobody has the better of two', (_, quote) =>
      given(slot, held)
        .when(issue(quote, later(599)))
        .thenRejects({ code: 'quote_live', until: later(600) }),
    );

    it('answers everybody with what anybody may pay, and that payer with its own', () => {
      const both = given(slot, [...held, issued(copy)]);
      for (const payer of [zeroAddress, elsewhere.contract])
        expect(askForQuote(both.state, { ...request, payer }, later(599))).toEqual({ kind: 'repeated', revision: 2n });
      expect(askForQuote(given(slot, held).state, { ...request, payer: usdc }, later(599))).toEqual({ kind: 'repeated', revision: 1n });
    });
  });

  it.each([
    ['another payer holds', usdc, 600, 420],
    ['anybody may pay', zeroAddress, 600, 420],
    ['is good for a shorter time, by half of that', usdc, 120, 30],
  ])('is not answered to a collection with little left of a price that %s: it comes again behind the end', (_, payer, end, last) => {
    const deadline = String(seconds(later(end)));
    const { state } = given(slot, [...open, issued(quoteIssued({ payer, deadline }))]);
    const request = { ...place, token: zeroAddress, payer: elsewhere.contract, secondsMin: 180n };
    expect(askForQuote(state, request, later(last)).kind).not.toBe('rejected');
    const refused = { kind: 'rejected', rejection: { code: 'quote_live', until: later(end) } };
    for (const at of [last + 1, end - 1]) expect(askForQuote(state, request, later(at))).toEqual(refused);
    expect(askForQuote(state, { ...request, secondsMin: 0n }, later(end - 1)).kind).not.toBe('rejected');
    expect(askForQuote(state, request, later(end))).toMatchObject({ kind: 'free' });
  });

  it('is good on chain from the end of the last one on, whatever the clock of the chain says', () => {
    const state = given(slot, quoted).state;
    const asked = askForQuote(state, { ...place, token: zeroAddress, payer: usdc }, later(600));
    expect(asked).toEqual({ kind: 'free', after: BigInt(seconds(later(600))) });
    const next = draft(state, { after: BigInt(seconds(later(600))), now: later(600) });
    // `validAfter < time of the block < deadline`, both in the contract.
    expect(next).toMatchObject({ validAfter: String(seconds(later(600)) - 1), deadline: String(seconds(later(1200))) });
    given(slot, quoted)
      .when(issue(quoteIssued({ validAfter: next.validAfter, deadline: next.deadline }), later(600)))
      .thenAccepts('QuoteIssued/1');
    const early = quoteIssued({ validAfter: String(seconds(later(598))), deadline: next.deadline });
    given(slot, quoted)
      .when(issue(early, later(600)))
      .thenRejects({ code: 'quote_live', until: later(1200) });
    // What was made of a price that somebody held is made anew when that is over.
    given(slot, quoted)
      .when((at) => issueQuote(at, { quote: quoteIssued() }, later(600)))
      .thenRejects({ code: 'quote_live', until: later(600) });
  });

  it('at the escrow, whose offers have no beginning, waits until the clock of the chain is past the last one', () => {
    const escrow = { eventId: '5', captureAfter: '1', reclaimAfter: '2' };
    const terms = {
      module: 'escrow' as const,
      offer: {
        ...{ providerId: '11', eventId: '5', seq: '7', payer: zeroAddress, token: zeroAddress, amount: '1', ref: opened.invoiceRef },
        ...{ captureAfter: '1', reclaimAfter: '2', deadline: String(seconds(later(600))) },
      },
    };
    const state = given(slot, [slotOpened({ module: 'escrow', escrow }), issued({ ...quoteIssued(), terms })]).state;
    const request = { ...place, token: zeroAddress, payer: usdc };
    expect(askForQuote(state, request, later(659))).toEqual({
      kind: 'rejected',
      rejection: { code: 'quote_too_early', notBefore: later(660) },
    });
    expect(askForQuote(state, request, later(660))).toEqual({ kind: 'free' });
  });

  it('refuses a rate that is old, or not yet true', () => {
    given(slot, open)
      .when(issue(quoteIssued(), later(601)))
      .thenRejects({ code: 'rate_stale', at: quotedAt, ageSecondsMax: '600' });
    given(slot, open)
      .when(issue(quoteIssued(), later(-61)))
      .thenRejects({ code: 'rate_ahead', at: quotedAt });
    given(slot, open)
      .when(issue(quoteIssued(), later(600)))
      .thenAccepts('QuoteIssued/1');
  });

  it('takes another token beside it, since the slot is paid once all the same', () => {
    given(slot, quoted)
      .when(issue(quoteIssued({ token: usdc })))
      .thenAccepts('QuoteIssued/1');
  });
});

describe('moving a slot', () => {
  const to = { module: 'escrow' as const, ...elsewhere, escrow: { eventId: '5', captureAfter: '1', reclaimAfter: '2' } };
  const move =
    (evidence: Parameters<typeof moveSlot>[1]['evidence'], target = to) =>
    (state: Parameters<typeof moveSlot>[0]) =>
      moveSlot(state, { to: target, evidence }, quotedAt);

  it('binds it to another chain and contract', () => {
    const [event] = given(slot, open).when(move(unquoted)).thenAccepts('SlotMoved/1');
    const after = given(slot, [...open, event!]).state;
    expect(after).toMatchObject({ status: 'open', place: to });
  });

  it('needs a slot', () => given(slot, []).when(move(unquoted)).thenRejects({ code: 'slot_not_found' }));

  it('needs an open slot', () =>
    given(slot, [...open, closed('released')])
      .when(move(unquoted))
      .thenRejects({ code: 'slot_closed', reason: 'released' }));

  it('changes nothing towards where it is', () =>
    given(slot, open)
      .when((state) => moveSlot(state, { to: { module: 'settlement', ...place }, evidence: unquoted }, quotedAt))
      .thenRepeats(0n));

  it('never goes back to where it was cancelled', () =>
    given(slot, [...quoted, moved(elsewhere, { kind: 'cancelled', block: blockAt(later(10)) })])
      .when((state) => moveSlot(state, { to: { module: 'settlement', ...place }, evidence: unquoted }, quotedAt))
      .thenRejects({ code: 'slot_cancelled', ...place }));

  it.each([
    ['no quote was signed', unquoted],
    ['a block before the deadline is final', { kind: 'unpaid', block: blockAt(later(599)) } as const],
  ])('is refused while a quote may land: all that is known is that %s', (_, evidence) =>
    given(slot, quoted)
      .when(move(evidence))
      .thenRejects({ code: 'slot_bound', until: later(600) }),
  );

  it('waits for the last of several quotes', () =>
    given(slot, [...quoted, issued(quoteIssued({ token: usdc, deadline: String(Date.parse(later(1800)) / 1000) }))])
      .when(move({ kind: 'unpaid', block: blockAt(later(600)) }))
      .thenRejects({ code: 'slot_bound', until: later(1800) }));

  it.each([
    ['SeqCancelled is final', { kind: 'cancelled', block: blockAt(later(10)) } as const],
    ['a block after the deadline is final, and nothing was paid', { kind: 'unpaid', block: blockAt(later(600)) } as const],
  ])('is free once %s', (_, evidence) => {
    given(slot, quoted).when(move(evidence)).thenAccepts('SlotMoved/1');
  });
});

describe('giving up a slot', () => {
  const release = (evidence: Parameters<typeof releaseSlot>[1]) => (state: Parameters<typeof releaseSlot>[0]) =>
    releaseSlot(state, evidence, quotedAt);
  const unpaid = { kind: 'unpaid', block: blockAt(later(600)) } as const;

  it('needs a slot', () => given(slot, []).when(release(unpaid)).thenRejects({ code: 'slot_not_found' }));

  it('is not possible once it is settled', () =>
    given(slot, [...quoted, closed('settled')])
      .when(release(unpaid))
      .thenRejects({ code: 'slot_closed', reason: 'settled' }));

  it('is refused while a quote may land', () =>
    given(slot, quoted)
      .when(release(unquoted))
      .thenRejects({ code: 'slot_bound', until: later(600) }));

  it('is done once', () => {
    given(slot, quoted).when(release(unpaid)).thenAccepts('SlotClosed/1');
    given(slot, [...quoted, closed('released')])
      .when(release(unpaid))
      .thenRepeats(2n);
  });
});

describe('settling a slot', () => {
  it('needs a slot', () => given(slot, []).when(settleSlot).thenRejects({ code: 'slot_not_found' }));

  it('closes it once, even when it was given up before', () => {
    given(slot, quoted).when(settleSlot).thenAccepts('SlotClosed/1');
    given(slot, [...quoted, closed('released')])
      .when(settleSlot)
      .thenAccepts('SlotClosed/1');
    given(slot, [...quoted, closed('settled')])
      .when(settleSlot)
      .thenRepeats(2n);
  });
});

describe('the quote of a payment', () => {
  const paid = {
    module: 'settlement' as const,
    ...place,
    ...{ providerId: '11', seq: '7', invoiceRef: opened.invoiceRef, kind: '1', payer: usdc, token: zeroAddress },
    ...{ amount: '20374200000000000', currency: '0x455552', fiatMinor: '6050' },
  };

  it('is the one that was issued, whoever pays', () => expect(matchingQuote(given(slot, quoted).state, paid)?.revision).toBe(1n));

  it.each(Object.entries({ ...elsewhere, ...{ providerId: '12', seq: '8', invoiceRef: `0x${'07'.repeat(32)}`, kind: '2', token: usdc } }))(
    'is none for another %s',
    (field, value) => expect(matchingQuote(given(slot, quoted).state, { ...paid, [field]: value })).toBeUndefined(),
  );

  it.each([
    ['amount', '20374200000000001'],
    ['currency', '0x555344'],
    ['fiatMinor', '605000'],
  ])('[SET-A27] is none when a stolen key signed another %s', (field, value) =>
    expect(matchingQuote(given(slot, quoted).state, { ...paid, [field]: value })).toBeUndefined(),
  );

  it('is none for another payer than the one that it names', () => {
    const { state } = given(slot, [...open, issued(quoteIssued({ payer: elsewhere.contract }))]);
    expect(matchingQuote(state, paid)).toBeUndefined();
    expect(matchingQuote(state, { ...paid, payer: elsewhere.contract })?.revision).toBe(1n);
  });

  it('is still found after the slot was closed or moved', () => {
    const { state } = given(slot, [...quoted, moved(elsewhere, { kind: 'unpaid', block: blockAt(later(600)) }), closed('released')]);
    expect(matchingQuote(state, paid)?.revision).toBe(1n);
  });

  it('is none where there is no slot', () => expect(matchingQuote(given(slot, []).state, paid)).toBeUndefined());
});
