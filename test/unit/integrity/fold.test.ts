import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FoldChanges, postingsIn } from '../../../services/integrity/domain/fold.ts';
import { stateCommittedFin } from '../../../services/integrity/domain/committed-state.ts';
import { amountText } from '../../../services/money/money.ts';
import { noEntry } from '../../../services/integrity/domain/state-map-hash.ts';

const line = { account: 'asset:cash:card', amount: '10.00', currency: 'EUR', direction: 'debit' };

function payload(...postings: unknown[]): string {
  return JSON.stringify({ fin: { postings } });
}

/** A balanced event whose two lines have the same flaw. */
function flawed(flaw: object): string {
  return payload({ ...line, ...flaw }, { ...line, account: 'revenue:tv', direction: 'credit', ...flaw });
}

const counterpart = { ...line, account: 'revenue:tv', direction: 'credit' };

describe('ledger-fold/1', () => {
  it('reads unsigned amounts with their direction at ledger scale', () =>
    expect(postingsIn(payload(line, counterpart))).toEqual([
      { account: 'asset:cash:card', amount: 10_000_000n, currency: 'EUR', direction: 'debit' },
      { account: 'revenue:tv', amount: 10_000_000n, currency: 'EUR', direction: 'credit' },
    ]));

  it.each([
    ['no JSON', 'nonsense'],
    ['no payload', '[]'],
    ['no fin', '{}'],
    ['no postings', '{"fin":{}}'],
    ['postings that are no list', '{"fin":{"postings":{}}}'],
    ['a line that is no object', payload(line, counterpart, 'x')],
    ['debits and credits that differ', payload(line, { ...counterpart, amount: '9.00' })],
    ['a debit in one currency and a credit in another', payload(line, { ...counterpart, currency: 'USD' })],
    ['a negative amount', flawed({ amount: '-1.00' })],
    ['an amount of zero', flawed({ amount: '0.00' })],
    ['an amount that is a number', flawed({ amount: 1 })],
    ['fewer decimals than can be paid', flawed({ amount: '1.5' })],
    ['zeros beyond the decimals that can be paid', flawed({ amount: '1.500' })],
    ['more decimals than the ledger has', flawed({ amount: '0.0000001' })],
    ['an unknown currency', flawed({ currency: 'XXX' })],
    ['an unknown direction', flawed({ direction: 'left' })],
    ['no account', flawed({ account: '' })],
    ['an account with a NUL', flawed({ account: 'a\0b' })],
    [
      'an account with half a character',
      '{"fin":{"postings":[{"account":"\\ud800","amount":"1.00","currency":"EUR","direction":"debit"}]}}',
    ],
  ])('posts nothing for an event with %s', (_, data) => expect(postingsIn(data)).toEqual([]));

  it('sums to zero per currency over balanced events, however they are batched', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1 }), fc.nat(5), fc.nat(5))), fc.integer({ min: 1, max: 5 }), (moves, portion) => {
        const whole = new FoldChanges();
        const sums = new Map<string, bigint>();
        let part = new FoldChanges();
        const collect = () => {
          for (const { account, change } of part.balances()) sums.set(account, (sums.get(account) ?? 0n) + change);
          part = new FoldChanges();
        };
        moves.forEach(([units, from, to], index) => {
          const amount = amountText({ amount: BigInt(units), currency: 'EUR' });
          const postings = postingsIn(
            payload({ ...line, account: `a:${from}`, amount }, { ...line, account: `b:${to}`, amount, direction: 'credit' }),
          );
          whole.post(BigInt(index), postings);
          part.post(BigInt(index), postings);
          if (index % portion === 0) collect();
        });
        collect();
        expect(whole.balances().reduce((sum, { change }) => sum + change, 0n)).toBe(0n);
        for (const { account, change } of whole.balances()) expect(sums.get(account)).toBe(change);
        const { debits, credits } = whole.turnovers().get('EUR') ?? { debits: 0n, credits: 0n };
        expect(debits).toBe(credits);
      }),
    ));

  it('remembers the last leaf that posts to an account', () => {
    const changes = new FoldChanges();
    changes.post(3n, postingsIn(payload(line, counterpart)));
    changes.post(9n, postingsIn(payload({ ...line, amount: '0.50' }, { ...counterpart, account: 'revenue:voice', amount: '0.50' })));
    expect(changes.balances()).toEqual([
      { account: 'asset:cash:card', currency: 'EUR', change: 10_500_000n, leaf: 9n },
      { account: 'revenue:tv', currency: 'EUR', change: -10_000_000n, leaf: 3n },
      { account: 'revenue:voice', currency: 'EUR', change: -500_000n, leaf: 9n },
    ]);
  });

  it('commits to totals sorted by currency, in the canonical text of amounts', () =>
    expect(
      stateCommittedFin({
        uptoSize: 12n,
        stateRoot: noEntry,
        turnovers: new Map([
          ['JPY', { debits: 3_000_000n, credits: 3_000_000n }],
          ['EUR', { debits: 4_500n, credits: 4_500n }],
        ]),
      }),
    ).toEqual({
      uptoSize: '12',
      fold: 'ledger-fold/1',
      stateRoot: '0'.repeat(64),
      totals: [
        { currency: 'EUR', debits: '0.0045', credits: '0.0045' },
        { currency: 'JPY', debits: '3', credits: '3' },
      ],
    }));
});
