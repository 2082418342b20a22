import { describe, expect, it } from '@jest/globals';
import { type CreditEntry, heldCredit } from '../../../projections/prepaid-credit/held-credit.ts';
import { creditIssueOrdered } from '../../../services/settlement/domain/credit-issue.ts';
import { euroCredit, holder } from './credit.fixtures.ts';
import { block } from './effect.fixtures.ts';
import { opened } from './slot.fixtures.ts';

const march = '2026-03-15T00:00:00.000Z';
const entry = (name: CreditEntry['name'], units: bigint, epoch?: number, time = march): CreditEntry => ({ name, units, time, epoch });
const bought = [entry('CreditIssued', 100n, 73), entry('CreditIssued', 50n, 74), entry('CreditIssued', 30n, 80)];
const held = (...more: CreditEntry[]) => Object.fromEntries(heldCredit([...bought, ...more]));

describe('what a holder has', () => {
  it('is spent from the oldest month that is not over; March 2026 is month 74', () =>
    expect(held(entry('CreditRedeemed', 60n))).toEqual({ 73: 100n, 80: 20n }));
  it('is given back from the month of grace first', () => expect(held(entry('CreditRefunded', 120n))).toEqual({ 74: 30n, 80: 30n }));
  it('is burnt by its month', () => expect(held(entry('CreditExpired', 100n, 73))).toEqual({ 74: 50n, 80: 30n }));
  it('is never below zero', () => {
    expect(() => held(entry('CreditRedeemed', 81n))).toThrow(RangeError);
    expect(() => held(entry('CreditExpired', 101n, 73))).toThrow(RangeError);
  });
});

describe('an issue', () => {
  const paid = { settlement: 's', seen: { chainId: '31337', providerId: '11', block: block(10) }, payer: holder, opened };
  it('is to the wallet that paid, under the number of the slot, for as long as the terms say', () =>
    expect(creditIssueOrdered({ ...paid, terms: { monthsAfterIssue: '6' } }, euroCredit)).toMatchObject({
      ...{ to: holder, slot: '7', units: '6050', epoch: '80', ref: opened.invoiceRef, contract: euroCredit.address },
    }));
  it('is for eleven months after that of the payment where the terms say nothing', () =>
    expect(creditIssueOrdered({ ...paid, terms: undefined }, euroCredit).epoch).toBe('85'));
  it('is none in a token of another currency, or one that is coarser than what was paid', () => {
    expect(() => creditIssueOrdered({ ...paid, terms: undefined }, { ...euroCredit, currency: 'USD' })).toThrow(RangeError);
    expect(() => creditIssueOrdered({ ...paid, terms: undefined }, { ...euroCredit, decimals: 0 })).toThrow(RangeError);
  });
});
