import { describe, expect, it } from '@jest/globals';
import { moneyOf } from '../../../services/money/money.ts';
import type { TermsDocument, TermsPrice } from '../../../services/settlement/domain/terms.events.ts';
import { type BilledLine, termsDifference, type TermsSubject } from '../../../services/settlement/domain/terms-match.ts';

const voice = { stream: 'demo.pricebook-voice', revision: '3' };
const terms = (price: Partial<TermsPrice> = {}, more: Partial<TermsDocument> = {}): TermsDocument => ({
  ...{ format: 'tallyroot-terms/1', provider: 'demo', offer: 'tv', version: '1', priceBooks: [], slaCredits: [], refunds: 'None.' },
  price: { amount: '12.10', currency: 'EUR', cycle: 'month', ...price },
  ...more,
});
const line = (count: number, amount: string, product = 'tv'): BilledLine => ({ product, count: count.toString(), amount });
const bill = (lines: readonly BilledLine[], priceBooks: TermsDocument['priceBooks'] = [], currency = 'EUR'): TermsSubject => {
  return { kind: 'invoice', amount: moneyOf('50', currency), lines, priceBooks };
};
const title = (amount: string, held = false, currency = 'EUR'): TermsSubject => ({
  kind: 'title',
  amount: moneyOf(amount, currency),
  held,
});
const differs = (subject: TermsSubject, document = terms(), { isChosen = true, replaced = [] as TermsDocument[] } = {}) =>
  termsDifference({ versions: [document, ...replaced], isChosen }, subject);

describe('[D15] a bill', () => {
  it('may hold what is of other offers', () => expect(differs(bill([line(2, '24.20'), line(3, '9.99', 'box')], [voice]))).toBeUndefined());

  it.each([
    ['a charge that is more than the price and no number of units', terms(), line(1, '12.11'), { said: '1 x 12.10', billed: '12.11' }],
    ['a charge for what costs nothing', terms({ amount: '0.00' }), line(2, '0.01'), { said: '2 x 0.00', billed: '0.01' }],
  ])('is not under terms that were named for it and that %s contradicts', (_, document, wrong, said) => {
    const lines = [line(1, '9.99', 'box'), wrong];
    expect(differs(bill(lines), document)).toEqual({ differs: 'price', ...said });
    // Those of the profile are of one offer, and nobody chose them for this bill: it stays payable.
    expect(differs(bill(lines), document, { isChosen: false })).toBeUndefined();
  });

  it.each([
    ['a part of the time', line(1, '6.05')],
    ['three units in one charge', line(1, '36.30')],
    ['a whole and a part', line(2, '18.15')],
    ['what comes to nothing', line(2, '0.00')],
  ])('may hold %s', (_, charged) => expect(differs(bill([charged]))).toBeUndefined());

  it('may hold what was charged before the price changed, under the version that these terms replace', () => {
    const replaced = [terms({ amount: '13.00' }), terms({ amount: '8.00' })];
    for (const amount of ['13.00', '26.00', '24.00']) expect(differs(bill([line(1, amount)]), terms(), { replaced })).toBeUndefined();
    expect(differs(bill([line(1, '13.01')]), terms(), { replaced })).toMatchObject({ differs: 'price' });
  });

  it('is rated by the versions of price books that the terms name, those that they replace, or later ones', () => {
    const document = terms({ cycle: 'usage', amount: '0' }, { offer: 'voice', priceBooks: [voice] });
    const [earlier, later] = [
      { ...voice, revision: '2' },
      { ...voice, revision: '10' },
    ];
    const rated = line(7, '3.33', 'voice');
    expect(differs(bill([rated], [voice, later]), document)).toBeUndefined();
    const difference = { differs: 'price-book', said: 'demo.pricebook-voice@3', billed: 'demo.pricebook-voice@2' };
    expect(differs(bill([rated], [voice, earlier]), document)).toEqual(difference);
    expect(differs(bill([rated, line(1, '1.00', 'data')], [voice, earlier]), document)).toBeUndefined();
    const newer = terms({ cycle: 'usage' }, { offer: 'voice', priceBooks: [later] });
    expect(differs(bill([rated], [voice, later]), newer, { replaced: [document] })).toBeUndefined();
  });

  it('in another currency is not under terms that were named for it, and those of the profile are not compared', () => {
    const difference = { differs: 'currency', said: 'EUR', billed: 'USD' };
    expect(differs(bill([line(1, '1.00')], [], 'USD'))).toEqual(difference);
    expect(differs(bill([line(1, '1.00')], [], 'USD'), terms(), { isChosen: false })).toBeUndefined();
  });
});

describe('[D15] a title', () => {
  const once = terms({ cycle: 'once' });
  const escrow = { captureAfterSeconds: '0', reclaimAfterSeconds: '1209600' };

  it('costs what terms say that are paid once, and in their currency', () => {
    expect(differs(title('12.10'), once)).toBeUndefined();
    expect(differs(title('12.11'), once)).toEqual({ differs: 'price', said: '12.10', billed: '12.11' });
    expect(differs(title('12.10', false, 'USD'), once, { isChosen: false })).toMatchObject({ differs: 'currency' });
    expect(differs(title('4.99'), terms())).toBeUndefined();
  });

  it('is not paid to the provider at once where terms hold its money in escrow', () => {
    expect(differs(title('12.10', true), { ...once, escrow })).toBeUndefined();
    expect(differs(title('12.10'), { ...once, escrow })).toEqual({ differs: 'escrow', said: 'escrow', billed: 'provider' });
  });
});
