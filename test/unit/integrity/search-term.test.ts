import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { searchTermOf } from '../../../services/integrity/domain/search-term.ts';

const uuid = '0f8fad5b-d9cb-5469-a165-70867728950e';
const hash = 'ab'.repeat(32);

describe('a search term', () => {
  it.each([
    [uuid, { by: 'event_id', eventId: uuid }],
    [uuid.toUpperCase(), { by: 'event_id', eventId: uuid }],
    [hash, { by: 'hash', hash, mayBeTransaction: false }],
    [`0x${hash}`, { by: 'hash', hash, mayBeTransaction: true }],
    [`0x${hash.toUpperCase()}`, { by: 'hash', hash, mayBeTransaction: true }],
    ['1'.repeat(64), { by: 'hash', hash: '1'.repeat(64), mayBeTransaction: false }],
    ['0', { by: 'number', number: 0n }],
    ['9223372036854775807', { by: 'number', number: 2n ** 63n - 1n }],
    ['demo.log-0', { by: 'stream', stream: 'demo.log-0' }],
    [`demo.account-acc_${uuid}@12`, { by: 'place', stream: `demo.account-acc_${uuid}`, revision: 12n }],
    ['INV-000001', { by: 'invoice_number', number: 'INV-000001' }],
    [`acc_${uuid}`, { by: 'account', account: `acc_${uuid}` }],
    ['revenue:tv', { by: 'ledger_account', ledgerAccount: 'revenue:tv' }],
    [`liability:wallet:acc_${uuid}:money`, { by: 'ledger_account', ledgerAccount: `liability:wallet:acc_${uuid}:money` }],
  ])('is told by its form: %s', (text, term) => expect(searchTermOf(text)).toEqual(term));

  it.each([
    ['nothing', ''],
    ['white space around it', ` ${uuid}`],
    ['a new line behind it', `${hash}\n`],
    ['a NUL', 'revenue:\0tv'],
    ['a NUL behind it', 'INV-000001\0'],
    ['a hash that is too short', hash.slice(1)],
    ['a hash that is too long', `${hash}0`],
    ['a transaction that is too short', `0x${hash.slice(1)}`],
    ['a transaction without digits', '0x'],
    ['no hex', `0x${'g'.repeat(64)}`],
    ['a number with a leading zero', '01'],
    ['a number below zero', '-1'],
    ['a number above 2^63', '9223372036854775808'],
    ['a number without end', '9'.repeat(100_000)],
    ['a revision above 2^63', 'demo.log-0@9223372036854775808'],
    ['a revision that is none', 'demo.log-0@x'],
    ['a stream without a kind', 'demo.log'],
    ['a stream that is too long', `demo.log-${'0'.repeat(600)}`],
    ['an account that is none', `acc_${uuid}0`],
    ['a ledger account that is too long', `revenue:${'a'.repeat(250)}`],
    ['another script', 'ИНВ-000001'],
    ['digits of another script', '١٢٣'],
    ['half of a character', '\ud800'],
    ['SQL', "' or 1=1 --"],
    ['a path', '../../etc/passwd'],
  ])('is none: %s', (_, text) => expect(searchTermOf(text)).toBeUndefined());

  it('is read the same from what it says, for any number and any revision', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 63n - 1n), (value) => {
        expect(searchTermOf(value.toString())).toEqual({ by: 'number', number: value });
        expect(searchTermOf(`demo.series-main@${value}`)).toEqual({ by: 'place', stream: 'demo.series-main', revision: value });
      }),
    );
  });

  it('is told in no time, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 5_000 }), (text) => {
        const term = searchTermOf(text);
        expect(term === undefined || typeof term.by === 'string').toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
