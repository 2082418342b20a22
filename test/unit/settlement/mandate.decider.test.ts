import { beforeAll, describe, expect, it } from '@jest/globals';
import { id } from 'ethers';
import { moneyOf } from '../../../services/money/money.ts';
import {
  collect,
  type CollectData,
  lapseMandate,
  noteRevocation,
  offerMandate,
  releaseCollection,
  revokeMandate,
  signMandate,
} from '../../../services/settlement/domain/mandate.decider.ts';
import type { MandateEvent } from '../../../services/settlement/domain/mandate.events.ts';
import { mandate } from '../../../services/settlement/domain/mandate.ts';
import { given } from '../../support/given.ts';
import {
  account,
  collectionDecided,
  foreignSignature,
  inPeriod,
  invoice,
  mandateId,
  mandateOffered,
  mandateSigned,
  offered,
  payer,
  place,
  revocation,
  signature,
  terms,
} from './sending.fixtures.ts';

const agreed: MandateEvent[] = [mandateOffered, mandateSigned];
const revoked: MandateEvent = { type: 'MandateRevoked/1', data: { mandate: mandateId, by: 'chain' } };
const asked = (data: Partial<CollectData> = {}): CollectData => ({
  ...{ slot: '7', invoice, invoiceRef: id('invoice 7'), tokenUnits: '10800000', deadline: '1798761600', ...place, token: terms.token },
  ...{ payer: undefined, account, amount: moneyOf('10.00', 'EUR'), open: moneyOf('10.00', 'EUR') },
  ...data,
});

let [foreign, ended] = ['', ''];

beforeAll(async () => {
  [foreign, ended] = [await foreignSignature(), await revocation()];
});

describe('offering a mandate', () => {
  it('writes its terms down, once', () => {
    given(mandate, [])
      .when((state) => offerMandate(state, offered, inPeriod(0)))
      .thenAccepts('MandateOffered/1');
    given(mandate, agreed)
      .when((state) => offerMandate(state, offered, inPeriod(0)))
      .thenRepeats(0n);
  });

  it.each([
    ['maxPerPeriod', { maxPerPeriod: '0' }],
    ['totalCap', { totalCap: '1' }],
    ['totalCap', { totalCap: (2n ** 104n).toString() }],
    ['token', { token: `0x${'0'.repeat(40)}` }],
    ['period', { period: '0' }],
    ['end', { end: terms.start }],
    ['end', { period: '1', end: (BigInt(terms.start) + 2n ** 32n).toString() }],
  ])('refuses a %s that the contract would refuse', (field, changed) =>
    given(mandate, [])
      .when((state) => offerMandate(state, { ...offered, terms: { ...terms, ...changed } }, inPeriod(0)))
      .thenRejects({ code: 'mandate_malformed', field }),
  );
});

const by = (text: string) => ({ signature: text, isVerifiedOnChain: false });

describe('agreeing to a mandate', () => {
  it('takes the signature of its payer, once', () => {
    given(mandate, [mandateOffered])
      .when((state) => signMandate(state, by(signature)))
      .thenAccepts('MandateSigned/1');
    given(mandate, agreed)
      .when((state) => signMandate(state, by(signature)))
      .thenRepeats(1n);
  });

  it('is refused for what was never offered', () =>
    given(mandate, [])
      .when((state) => signMandate(state, by(signature)))
      .thenRejects({ code: 'mandate_not_found' }));

  it('is refused for what is over', () =>
    given(mandate, [mandateOffered, revoked])
      .when((state) => signMandate(state, by(signature)))
      .thenRejects({ code: 'mandate_revoked' }));

  it('is refused by anybody else', () => {
    for (const text of [foreign, '0x', `${signature.slice(0, -2)}ff`]) {
      given(mandate, [mandateOffered])
        .when((state) => signMandate(state, by(text)))
        .thenRejects({ code: 'mandate_signature_wrong' });
    }
  });

  it('takes what the chain has verified', () => {
    given(mandate, [mandateOffered])
      .when((state) => signMandate(state, { signature: '0x', isVerifiedOnChain: true }))
      .thenAccepts('MandateSigned/1');
  });
});

describe('collecting under a mandate', () => {
  const now = inPeriod(0, 5);

  it('decides on the period that the time lies in', () => {
    const [decided] = given(mandate, agreed)
      .when((state) => collect(state, asked({ payer: terms.payer }), inPeriod(2, -1)))
      .thenAccepts('CollectionDecided/1');
    expect(decided?.data).toMatchObject({ slot: '7', tokenUnits: '10800000', period: '1', amount: '10.00' });
  });

  it('says of what the payer asked for that it did, and of what the provider asked for nothing', () => {
    const decidedBy = (byPayer: boolean) => {
      const [decided] = given(mandate, agreed)
        .when((state) => collect(state, asked({ byPayer }), now))
        .thenAccepts('CollectionDecided/1');
      return (decided?.data as { readonly byPayer?: true }).byPayer;
    };
    expect([decidedBy(true), decidedBy(false)]).toEqual([true, undefined]);
  });

  it('is refused for what is not there', () =>
    given(mandate, [])
      .when((state) => collect(state, asked(), now))
      .thenRejects({ code: 'mandate_not_found' }));

  it('M3: takes nothing after it was revoked', () =>
    given(mandate, [...agreed, revoked])
      .when((state) => collect(state, asked(), now))
      .thenRejects({ code: 'mandate_revoked' }));

  it('M4: takes nothing before the payer agreed', () =>
    given(mandate, [mandateOffered])
      .when((state) => collect(state, asked(), now))
      .thenRejects({ code: 'mandate_not_signed' }));

  it('M5: collects a slot once', () =>
    given(mandate, [...agreed, collectionDecided('7', '10800000', '0')])
      .when((state) => collect(state, asked(), now))
      .thenRepeats(2n));

  it('[SET-A23] M3: begins with the first second and ends before the last', () => {
    const { start, end } = terms;
    for (const at of [inPeriod(0, -1), new Date(Number(end) * 1000).toISOString()]) {
      given(mandate, agreed)
        .when((state) => collect(state, asked(), at))
        .thenRejects({ code: 'mandate_not_active', start, end });
    }
    for (const at of [inPeriod(0), new Date(Number(end) * 1000 - 1).toISOString()]) {
      given(mandate, agreed)
        .when((state) => collect(state, asked({ deadline: '1798761601' }), at))
        .thenAccepts('CollectionDecided/1');
    }
  });

  it.each([
    ['payer', { payer: place.contract }],
    ['account', { account: 'acc_2' }],
    ['token', { token: place.contract }],
    ['chainId', { chainId: '1' }],
    ['contract', { contract: terms.token }],
  ])('is refused for a slot of another %s', (field, changed) =>
    given(mandate, agreed)
      .when((state) => collect(state, asked(changed), now))
      .thenRejects({ code: 'mandate_differs', field }),
  );

  it('takes nothing above what the invoice still asks for', () =>
    given(mandate, agreed)
      .when((state) => collect(state, asked({ open: moneyOf('9.99', 'EUR') }), now))
      .thenRejects({ code: 'collection_above_invoice', open: '9.99', currency: 'EUR' }));

  it('takes nothing at a rate that is not good any more', () =>
    given(mandate, agreed)
      .when((state) => collect(state, asked({ deadline: terms.start }), now))
      .thenRejects({ code: 'quote_expired', deadline: terms.start }));

  it('[SET-A22] M1: leaves a period what it has not used, and no more', () => {
    const spent = [...agreed, collectionDecided('5', '20000000', '0')];
    given(mandate, spent)
      .when((state) => collect(state, asked({ tokenUnits: '1' }), now))
      .thenRejects({ code: 'mandate_cap_exceeded', wanted: '1', left: '0' });
    given(mandate, spent)
      .when((state) => collect(state, asked({ tokenUnits: '20000001' }), inPeriod(5)))
      .thenRejects({ code: 'mandate_cap_exceeded', wanted: '20000001', left: '20000000' });
    given(mandate, spent)
      .when((state) => collect(state, asked({ tokenUnits: '20000000' }), inPeriod(5)))
      .thenAccepts('CollectionDecided/1');
  });

  it('M2: never takes more than the total', () =>
    given(mandate, [...agreed, ...['0', '1'].map((period) => collectionDecided(`1${period}`, '20000000', period))])
      .when((state) => collect(state, asked({ tokenUnits: '10000001' }), inPeriod(2)))
      .thenRejects({ code: 'mandate_cap_exceeded', wanted: '10000001', left: '10000000' }));

  it('counts a collection no more that came to nothing', () => {
    const decided = [...agreed, collectionDecided('7', '20000000', '0')];
    const [released] = given(mandate, decided)
      .when((state) => releaseCollection(state, { slot: '7', decided: '2' }))
      .thenAccepts('CollectionReleased/1');
    given(mandate, [...decided, released!])
      .when((state) => collect(state, asked({ tokenUnits: '20000000' }), now))
      .thenAccepts('CollectionDecided/1');
    // A release that comes late finds a newer decision, and leaves it alone.
    given(mandate, [...decided, released!, collectionDecided('7', '5', '0')])
      .when((state) => releaseCollection(state, { slot: '7', decided: '2' }))
      .thenRepeats(4n);
  });
});

describe('what was set up at a link', () => {
  const atLink: MandateEvent = { type: 'MandateOffered/1', data: { ...offered, byPayer: true } };
  const [hour, day] = [3_600, 86_400];
  const after = (seconds: number) => inPeriod(0, seconds);

  it('is written down within an hour of its start, or not at all', () => {
    const offer = { ...offered, byPayer: true } as const;
    given(mandate, [])
      .when((state) => offerMandate(state, offer, after(hour - 1)))
      .thenAccepts('MandateOffered/1');
    given(mandate, [])
      .when((state) => offerMandate(state, offer, after(hour)))
      .thenRejects({ code: 'mandate_revoked' });
    given(mandate, [atLink])
      .when((state) => offerMandate(state, offer, after(hour)))
      .thenRepeats(0n);
    given(mandate, [])
      .when((state) => offerMandate(state, offered, after(hour)))
      .thenAccepts('MandateOffered/1');
  });

  it.each([
    ['nobody agreed to it for a day', [atLink], day],
    ['nothing was collected under it for ninety', [atLink, mandateSigned], 90 * day],
    [
      'what was to be collected under it came to nothing',
      [
        ...[atLink, mandateSigned, collectionDecided('7', '1', '0')],
        { type: 'CollectionReleased/1', data: { mandate: mandateId, slot: '7', decided: '2' } },
      ],
      90 * day,
    ],
  ] satisfies [string, MandateEvent[], number][])('lapses where %s, and is over by that', (_, before, seconds) => {
    given(mandate, before)
      .when((state) => lapseMandate(state, after(seconds - 1)))
      .thenRepeats(BigInt(before.length - 1));
    const [lapsed] = given(mandate, before)
      .when((state) => lapseMandate(state, after(seconds)))
      .thenAccepts('MandateRevoked/1');
    expect(lapsed?.data).toEqual({ mandate: mandateId, by: 'lapse' });
    given(mandate, [...before, lapsed!])
      .when((state) => signMandate(state, by(signature)))
      .thenRejects({ code: 'mandate_revoked' });
  });

  it.each([
    ['something is collected under', [atLink, mandateSigned, collectionDecided('7', '1', '0')]],
    ['the provider or its customer asked for', [mandateOffered]],
    ['the provider or its customer asked for, and that was agreed to', agreed],
    ['is over', [atLink, revoked]],
  ])('does not lapse where it is one that %s', (_, before) =>
    given(mandate, before)
      .when((state) => lapseMandate(state, after(91 * day)))
      .thenRepeats(BigInt(before.length - 1)),
  );

  it('is nothing before it is offered', () =>
    given(mandate, [])
      .when((state) => lapseMandate(state, after(day)))
      .thenRejects({ code: 'mandate_not_found' }));
});

describe('[SET-A24] ending a mandate', () => {
  it('takes the signature of its payer at any time, once', () => {
    for (const before of [[mandateOffered], agreed]) {
      given(mandate, before)
        .when((state) => revokeMandate(state, by(ended)))
        .thenAccepts('MandateRevoked/1');
    }
    given(mandate, [...agreed, revoked])
      .when((state) => revokeMandate(state, by(ended)))
      .thenRepeats(2n);
  });

  it('takes that of a contract, where its chain says so', () => {
    given(mandate, agreed)
      .when((state) => revokeMandate(state, { signature: '0xc0ffee', isVerifiedOnChain: true }))
      .thenAccepts('MandateRevoked/1');
  });

  it("is nobody else's", () => {
    expect(payer.address.toLowerCase()).toBe(terms.payer);
    given(mandate, agreed)
      .when((state) => revokeMandate(state, by(signature)))
      .thenRejects({ code: 'mandate_signature_wrong' });
  });

  it('follows the contract', () => {
    given(mandate, agreed).when(noteRevocation).thenAccepts('MandateRevoked/1');
    given(mandate, []).when(noteRevocation).thenRejects({ code: 'mandate_not_found' });
    given(mandate, [...agreed, revoked])
      .when(noteRevocation)
      .thenRepeats(2n);
  });
});
