import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type FoldedBalance, stateEntryOf } from '../../../services/integrity/domain/committed-state.ts';
import { FoldChanges, postingsIn } from '../../../services/integrity/domain/fold.ts';
import { StateMap } from '../../../services/integrity/domain/state-map.ts';
import { currencies, scalesOf } from '../../../services/money/currency.ts';
import { amountText } from '../../../services/money/money.ts';
import { canonicalText, type Json, type JsonRecord } from '../../../verifier/canonical-json.ts';
import { amountText as verifierAmountText, postingsOf } from '../../../verifier/fold.ts';
import { stateKey, StateMap as VerifierStateMap } from '../../../verifier/state-map.ts';

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
function ours(events: readonly JsonRecord[]): string {
  const changes = new FoldChanges();
  events.forEach((fin, index) => changes.post(BigInt(index), postingsIn(JSON.stringify({ fin }))));
  const balances: FoldedBalance[] = changes.balances().map(({ change, ...place }) => ({ ...place, balance: change }));
  return Buffer.from(StateMap.empty.with(balances.map(stateEntryOf)).root(), 'latin1').toString('hex');
}

/** The same as the verifier has it; it shares no code with the services. */
function theirs(events: readonly JsonRecord[]): string {
  const balances = new Map<string, { account: string; currency: string; balance: bigint; leaf: number }>();
  events.forEach((fin, leaf) => {
    const postings = postingsOf(fin, scales);
    if (typeof postings !== 'object') return;
    for (const { account: name, currency: code, amount } of postings) {
      const balance = (balances.get(`${code} ${name}`)?.balance ?? 0n) + amount;
      balances.set(`${code} ${name}`, { account: name, currency: code, balance, leaf });
    }
  });
  const map = new VerifierStateMap();
  for (const { account: name, currency: code, balance, leaf } of balances.values()) {
    const value: Json = {
      account: name,
      balance: verifierAmountText(balance, scalesOf(code as 'EUR')),
      currency: code,
      leaf: leaf.toString(),
    };
    map.set(stateKey(name, code), canonicalText(value));
  }
  return map.root().toString('hex');
}

describe('the fold of the services and the one of the verifier', () => {
  it('come to the same state root over the same events, also where some are malformed', () =>
    fc.assert(fc.property(fc.array(event, { maxLength: 60 }), (events) => expect(ours(events)).toBe(theirs(events)))));
});
