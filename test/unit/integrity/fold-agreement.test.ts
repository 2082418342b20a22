import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FoldedBalance, stateEntryOf } from '../../../services/integrity/domain/committed-state.ts';
import { FoldChanges, postingsIn } from '../../../services/integrity/domain/fold.ts';
import { StateMap } from '../../../services/integrity/domain/state-map.ts';
import { currencies, type Currency, scalesOf } from '../../../services/money/currency.ts';
import { amountText } from '../../../services/money/money.ts';
import { LedgerFold } from '../../../verifier/fold/ledger-fold.ts';
import { areBalanced, linesOf, postingsOf } from '../../../verifier/fold/postings.ts';
import type { JsonObject } from '../../../verifier/log/canonical-json.ts';

const scales = new Map(currencies.map((code) => [code as string, scalesOf(code)]));

const currency = fc.constantFrom(...currencies);
const account = fc.constantFrom('asset:cash:card', 'revenue:tv', 'liability:wallet:acc_1:money', 'equity:rounding', 'asset:ключ:é');
/** One movement: the same amount from one account to another, sometimes with something wrong in it. */
const event = fc
  .record({ currency, from: account, to: account, amount: fc.bigInt({ min: 1n, max: 10n ** 24n }), flaw: fc.nat(20) })
  .map(({ currency: code, from, to, amount, flaw }) => {
    const text = amountText({ amount: scalesOf(code).ledgerScale === 18 ? amount : amount % 10n ** 12n || 1n, currency: code });
    const flawed = [`${text}0`, '0', `-${text}`, '1e3', '', '01.00'][flaw] ?? text;
    const lines = [
      { account: from, amount: flawed, currency: code, direction: 'debit' },
      { account: to, amount: flawed, currency: code, direction: 'credit' },
    ];
    return {
      postings:
        flaw === 6 ? lines.slice(1) : flaw === 7 ? [...lines, 'x'] : flaw === 8 ? lines.map((line) => ({ ...line, account: '' })) : lines,
    };
  });

/** The fold and the map as the services have them. */
function ours(events: readonly JsonObject[]): string {
  const changes = new FoldChanges();
  events.forEach((fin, index) => changes.post(BigInt(index), postingsIn(JSON.stringify({ fin }))));
  const balances: FoldedBalance[] = changes.balances().map(({ change, ...place }) => ({ ...place, balance: change }));
  return Buffer.from(StateMap.empty.with(balances.map(stateEntryOf)).root(), 'latin1').toString('hex');
}

/** The same as the verifier has it; it shares no code with the services. */
function theirs(events: readonly JsonObject[]): string {
  const fold = new LedgerFold();
  events.forEach((fin, leaf) => {
    const postings = postingsOf(linesOf({ fin }), scales);
    if (postings === 'unreadable' || !areBalanced(postings)) return;
    for (const { account, currency, amount } of postings) fold.post(leaf, fold.balanceOf(account, currency), amount);
  });
  return fold.state((code) => scalesOf(code as Currency)).stateRoot;
}

describe('the fold of the services and the one of the verifier', () => {
  it('come to the same state root over the same events, also where some are malformed', () =>
    fc.assert(fc.property(fc.array(event, { maxLength: 60 }), (events) => expect(ours(events)).toBe(theirs(events)))));
});
