import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { billOutcomesOf } from '../../../verifier/bill/bill-checks.ts';
import {
  call,
  type CheckedBill,
  checkedBill,
  creditFor,
  dayWithout,
  month,
  naming,
  reversal,
  reversalToWallet,
  type WrittenBill,
  type WrittenEvent,
} from './billed-account.fixtures.ts';

const tooMuch = 'leaf 1, revision 1: charged 40.00 EUR for tv, the terms come to 29.90 EUR for tv';

/** A bill that V9 finds nothing wrong with: all that is left to find it out is the terms. */
function bill(written: WrittenBill): CheckedBill {
  const checked = checkedBill(written);
  expect(billOutcomesOf(checked.checks).filter(({ result }) => result !== 'ok')).toEqual([]);
  return checked;
}

/** Leaves of the charges that are on the invoice. */
const billedLeaves = ({ invoice }: CheckedBill) => (invoice?.lines ?? []).flatMap(({ leaves }) => leaves).toSorted((a, b) => a - b);
const differentLeaves = ({ terms }: CheckedBill) => terms.differences.map((text) => Number(/^leaf (\d+),/.exec(text)?.[1]));

describe('[D16] a charge above the terms that stays on the invoice', () => {
  const charge = month('40.00');
  const closed = [charge, month('29.90')];

  it.each([
    ['an unknown event in the closed range', { closed: [...closed, naming(1, charge.type, 'Goodwill/1')], billed: closed }],
    ['a known event that reverses nothing', { closed: [...closed, naming(1, charge.type, 'ToppedUp/1')], billed: closed }],
    ['an unknown event behind the closing', { closed, later: [naming(1, charge.type, 'Goodwill/1')], billed: closed }],
    ['a reversal behind the closing that gives nothing back', { closed, later: [naming(1)], billed: closed }],
    ['an honest reversal behind the closing', { closed, later: [reversalToWallet(1, charge)], billed: closed }],
  ])('is found out although %s names it', (_, written) => {
    const checked = bill(written);
    expect(checked.invoice?.total).toBe('69.90');
    expect([checked.terms.result, checked.terms.differences, checked.terms.takenBack]).toEqual(['invalid', [tooMuch], []]);
  });

  it('is found out although a reversal names it that stands before the first charge of the invoice', () => {
    const { terms } = bill({ closed: [naming(2), charge], billed: [charge], from: 2 });
    expect(terms.differences).toEqual([tooMuch.replaceAll(' 1', ' 2')]);
  });

  it('is found out although a later closing claims its range and the reversal', () => {
    const later = [
      reversal(1, charge),
      { type: 'ChargesClosed/1', fin: { fromRevision: '1', toRevision: '4' } },
      { type: 'ChargesClosed/1', fin: { fromRevision: '2', toRevision: '5' } },
    ];
    expect(bill({ closed, later, billed: closed }).terms.differences).toEqual([tooMuch]);
  });

  it('is found out on the second invoice as on the first', () => {
    const paid = [month('29.90')];
    const closing = { type: 'ChargesClosed/1', fin: { fromRevision: '2', toRevision: '3' } };
    const { terms } = bill({ closed: paid, later: [charge, closing, reversal(3, charge)], billed: paid });
    expect(terms.differences).toEqual([tooMuch.replaceAll(' 1', ' 3')]);
  });
});

describe('[D16] a charge above the terms that is said to be taken back', () => {
  const charge = month('40.00');

  it('is no difference where the invoice leaves it off', () => {
    const { terms, invoice } = bill({ closed: [charge, month('29.90'), reversal(1, charge)], billed: [month('29.90')] });
    expect(invoice?.total).toBe('29.90');
    expect(terms).toMatchObject({ result: 'ok', priced: 1, differences: [], takenBack: ['leaf 1, revision 1'] });
  });

  it.each([
    ['waits for an invoice', charge],
    ['was taken from the wallet', month('40.00', 'wallet')],
  ])('is no difference where it %s, if the reversal gives back what it took', (_, taken) => {
    const closed = [month('29.90')];
    const { terms } = bill({ closed, later: [taken, reversal(3, taken)], billed: closed });
    expect([terms.result, terms.takenBack]).toEqual(['ok', ['leaf 3, revision 3']]);
    for (const forged of [naming(3), reversal(3, month('39.00')), { ...reversal(3, taken), type: 'Goodwill/1' }]) {
      const again = bill({ closed, later: [taken, forged], billed: closed }).terms;
      expect([forged, again.result, again.takenBack]).toEqual([forged, 'invalid', []]);
    }
  });

  it('is a difference where an invoice is beside it and the wallet got nothing back', () => {
    const [kept, taken] = [month('29.90'), month('40.00', 'wallet')];
    expect(bill({ closed: [taken, kept, naming(1)], billed: [kept] }).terms.differences).toEqual([tooMuch]);
  });
});

describe('[D16] the customer’s own records', () => {
  const minutes = { band: 'day', quantity: '10' };
  const goodwill = call('switch:1', 10);
  const kept = call('switch:2', 10);

  it('have one whose charge was taken back before the invoice: it is told, and no difference', () => {
    const usage = new Map([
      ['switch:1', minutes],
      ['switch:2', minutes],
    ]);
    const { terms } = bill({ closed: [goodwill, kept, reversal(1, goodwill)], billed: [kept], usage });
    const takenBack = ['leaf 1, revision 1, usage record switch:1'];
    expect(terms).toMatchObject({ result: 'ok', rated: 1, differences: [], takenBack });
    const forgotten = bill({ closed: [goodwill, kept, reversal(1, goodwill)], billed: [kept], usage: usage.set('switch:3', minutes) });
    expect(forgotten.terms.differences).toEqual(['usage record switch:3 was not charged']);
  });

  it('have one that was charged again after its charge was taken back: it was charged once', () => {
    const usage = new Map([['switch:1', minutes]]);
    const mistaken = call('switch:1', 90);
    const closed = [mistaken, reversal(1, mistaken), goodwill];
    expect(bill({ closed, billed: [goodwill], usage }).terms).toMatchObject({ result: 'ok', rated: 1 });
    const twice = bill({ closed: [...closed, goodwill], billed: [goodwill, goodwill], usage }).terms;
    expect(twice.differences).toEqual(['leaf 4, revision 4, usage record switch:1: the usage record was charged before']);
  });

  it('have one whose charge was taken back behind the closing: the invoice has it', () => {
    const usage = new Map([['switch:1', minutes]]);
    const { terms } = bill({ closed: [goodwill], later: [reversalToWallet(1, goodwill)], billed: [goodwill], usage });
    expect(terms).toMatchObject({ result: 'ok', rated: 1, takenBack: [] });
  });
});

describe('[D15] credits for outages of the account', () => {
  const paid = month('29.90');
  const termsOf = (events: readonly WrittenEvent[]) => bill({ closed: [paid, ...events], billed: [paid] }).terms;

  it('are computed again from the terms', () =>
    expect(termsOf([dayWithout(), creditFor(2, '2.99')])).toMatchObject({ result: 'ok', priced: 1, credits: 1, differences: [] }));

  it.each([
    [
      'another amount',
      [dayWithout(), creditFor(2, '0.99')],
      'leaf 3, revision 3: the terms give 2.99 EUR for the outage at revision 2, and another credit follows',
    ],
    [
      'no credit',
      [dayWithout(), month('29.90')],
      'leaf 3, revision 3: the terms give 2.99 EUR for the outage at revision 2, and no credit follows',
    ],
    ['no outage', [creditFor(2, '2.99')], 'leaf 2, revision 2: the terms give no credit here'],
  ])('are a difference where there is %s', (_, events, difference) => {
    const charges = [paid, ...events].filter(({ type }) => type === 'ChargePosted/1');
    const { terms } = bill({ closed: [paid, ...events], billed: charges });
    expect([terms.result, terms.differences]).toEqual(['invalid', [difference]]);
  });

  it('are missing where the bundle ends with the outage, or has not all that they are computed from', () => {
    const last = bill({ closed: [paid], billed: [paid], later: [dayWithout()] }).terms;
    expect([last.result, last.missing]).toEqual([
      'unverifiable',
      ['the terms give 2.99 EUR for the outage at revision 3, and the bundle ends there'],
    ]);
    const events = [paid, dayWithout(), creditFor(2, '2.99')];
    const { terms } = checkedBill({ closed: events, billed: [paid], isPartial: true });
    const told = (revision: number) => expect.stringContaining(`revision ${revision}: not all events of the account are in the bundle`);
    expect([terms.result, terms.credits, terms.missing]).toEqual(['unverifiable', 0, [told(2), told(3)]]);
    expect(checkedBill({ closed: [paid], billed: [paid], isPartial: true }).terms.result).toBe('ok');
  });

  it('are not computed by terms that were not given', () => {
    const hash = `0x${'a'.repeat(64)}`;
    const others = { hash, stream: `demo.terms-${hash}`, revision: '0' };
    const { result, missing } = termsOf([dayWithout(others), creditFor(2, '2.99', others)]);
    const told = (revision: number) => `leaf ${revision}, revision ${revision}: the terms ${hash} were not given`;
    expect([result, missing]).toEqual(['unverifiable', [told(2), told(3)]]);
  });
});

describe('[D16] the charges that the terms are held against', () => {
  it('are those that V9 counts, whatever an operator writes', () => {
    const types = fc.constantFrom('EntryReversed/1', 'EntryReversed/1', 'ToppedUp/1', 'Goodwill/1');
    const written = fc.oneof(
      fc.constant(undefined),
      fc.tuple(fc.integer({ min: 0, max: 20 }), types).map(([revision, type]) => naming(revision, 'ChargePosted/1', type)),
    );
    fc.assert(
      fc.property(fc.array(written, { maxLength: 12 }), fc.array(written, { maxLength: 6 }), (before, after) => {
        const events = (some: typeof before): WrittenEvent[] => some.map((event) => event ?? month('40.00'));
        const closed = events(before);
        const counts = (revision: number) => !closed.some(({ type, fin }) => type === 'EntryReversed/1' && namesRevision(fin, revision));
        const billed = closed.filter(({ type }, place) => type === 'ChargePosted/1' && counts(place + 1));
        fc.pre(billed.length > 0);
        const checked = bill({ closed, later: events(after).filter(({ type }) => type !== 'ChargePosted/1'), billed });
        expect(differentLeaves(checked)).toEqual(billedLeaves(checked));
      }),
      { seed: 20_261_126, numRuns: 300 },
    );
  });
});

function namesRevision({ reverses }: WrittenEvent['fin'], revision: number): boolean {
  return (reverses as { readonly revision: string }).revision === String(revision);
}
