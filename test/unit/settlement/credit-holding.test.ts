import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { heldCredit } from '../../../projections/prepaid-credit/held-credit.ts';
import {
  type CreditHolding,
  creditHolding,
  type CreditMoveData,
  isTakenBack,
  moveCredit,
  moveOf,
  refundableTo,
  reverseCreditMove,
  sharesOf,
  spendableBy,
} from '../../../services/settlement/domain/credit-holding.ts';
import type { CreditHoldingEvent } from '../../../services/settlement/domain/credit.events.ts';
import { given } from '../../support/given.ts';
import { creditContract, holder } from './credit.fixtures.ts';
import { place } from './slot.fixtures.ts';

/** Month 74. */
const march = '2026-03-15T00:00:00.000Z';
const [anna, ben] = ['acc_00000000-0000-5000-8000-00000000000a', 'acc_00000000-0000-5000-8000-00000000000b'];
const at = { chainId: place.chainId, contract: creditContract, holder, effectiveAt: march };
let effects = 0;
const effect = (name: CreditMoveData['name'], units: number, more: Partial<CreditMoveData> = {}): CreditMoveData => {
  return { ...at, settlement: `effect ${effects++}`, name, units: units.toString(), ...more };
};
const issued = (units: number, epoch: number, account?: string) => effect('CreditIssued', units, { epoch: epoch.toString(), account });
const spent = (units: number, account?: string) => effect('CreditRedeemed', units, { account });
const takenBack = (units: number, account?: string) => effect('CreditRefunded', units, { account, refund: `ref ${effects}` });
const expired = (units: number, epoch: number) => effect('CreditExpired', units, { epoch: epoch.toString() });

/** Everything that happened to the credit under the address, as the contract did it. */
function after(...moves: readonly CreditMoveData[]): readonly CreditHoldingEvent[] {
  const events: CreditHoldingEvent[] = [];
  for (const move of moves) {
    const decision = moveCredit(given(creditHolding, events).state, move);
    if (decision.kind === 'accepted') events.push(...decision.events);
  }
  return events;
}
const stateAfter = (...moves: readonly CreditMoveData[]) => given(creditHolding, after(...moves)).state;
const lots = ({ lots: held }: CreditHolding) =>
  held.map(({ epoch, account, units }) => [Number(epoch), account ?? 'nobody', Number(units)]);
const shares = (state: CreditHolding, { settlement }: CreditMoveData) =>
  sharesOf(state, settlement).map(({ account, units }) => [account ?? 'nobody', Number(units)]);

describe('credit of two accounts under one address', () => {
  const both = [issued(100, 75, anna), issued(100, 80, ben)];

  it('is to each what it bought', () => {
    const state = stateAfter(...both);
    expect([spendableBy(state, anna, 74), spendableBy(state, ben, 74)]).toEqual([100n, 100n]);
  });

  it('is spent by the one that pays, also where the contract burns what the other bought, who gets as much that is good for longer', () => {
    const spending = spent(30, ben);
    const state = stateAfter(...both, spending);
    expect(lots(state)).toEqual([
      [75, anna, 70],
      [80, ben, 70],
      [80, anna, 30],
    ]);
    expect([shares(state, spending), spendableBy(state, anna, 74), spendableBy(state, ben, 74)]).toEqual([[[ben, 30]], 100n, 70n]);
  });

  it('is taken back of the one that bought it in the same way, from the month of grace on', () => {
    const back = takenBack(60, ben);
    const state = stateAfter(issued(50, 73, anna), ...both, back);
    expect([shares(state, back), refundableTo(state, anna, 74), refundableTo(state, ben, 74)]).toEqual([[[ben, 60]], 150n, 40n]);
    expect(isTakenBack(state, back.refund!)).toBe(true);
    expect(lots(state)).toEqual([
      [75, anna, 90],
      [80, ben, 40],
      [80, anna, 60],
    ]);
  });

  it('is of whoever has what is burnt where the one that was to pay has less: nobody pays with what another bought', () => {
    const spending = spent(130, ben);
    const state = stateAfter(...both, spending);
    expect([shares(state, spending), lots(state)]).toEqual([
      [
        [anna, 100],
        [ben, 30],
      ],
      [[80, ben, 70]],
    ]);
  });

  it('is of whoever has the oldest where it is spent on nothing', () =>
    expect(lots(stateAfter(...both, spent(30)))).toEqual([
      [75, anna, 70],
      [80, ben, 100],
    ]));

  it('is lost by each as much as it has of the month that is over', () => {
    const over = expired(120, 70);
    const state = stateAfter(issued(100, 70, anna), issued(20, 70, ben), ...both, over);
    expect([shares(state, over), spendableBy(state, anna, 74), spendableBy(state, ben, 74)]).toEqual([
      [
        [anna, 100],
        [ben, 20],
      ],
      100n,
      100n,
    ]);
  });

  it('[SET-A37] is not paid with by what a stolen key gave out, and what is burnt of that is nobody’s', () => {
    const forged = issued(1000, 74);
    expect(spendableBy(stateAfter(...both, forged), ben, 74)).toBe(100n);
    const spending = spent(500, ben);
    expect(shares(stateAfter(...both, forged, spending), spending)).toEqual([['nobody', 500]]);
  });
});

describe('an effect', () => {
  const first = issued(100, 75, anna);
  const [bought] = after(first) as [CreditHoldingEvent];

  it('is taken back once, and told again when it comes again', () => {
    const scenario = given(creditHolding, [bought]);
    const [gone] = scenario
      .when((state) => reverseCreditMove(state, { settlement: first.settlement, revision: 0n }))
      .thenAccepts('CreditMoveReversed/1');
    const reversed = given(creditHolding, [bought, gone!]);
    expect(reversed.state.lots).toEqual([]);
    reversed.when((state) => reverseCreditMove(state, { settlement: first.settlement, revision: 0n })).thenRepeats(1n);
    const [again] = reversed.when((state) => moveCredit(state, first)).thenAccepts('CreditMoved/1');
    // However often a chain goes there and back, the last telling counts, and the states before it stay what they were.
    const back = given(creditHolding, [bought, gone!, again!, gone!]);
    back.when((state) => reverseCreditMove(state, { settlement: first.settlement, revision: 2n })).thenRepeats(3n);
    const thrice = given(creditHolding, [bought, gone!, again!, gone!, again!]);
    expect(moveOf(thrice.state, first.settlement)).toMatchObject({ revision: 4n, reversedAt: undefined });
    expect(spendableBy(thrice.state, anna, 75)).toBe(100n);
    expect(moveOf(reversed.state, first.settlement)).toMatchObject({ revision: 0n, reversedAt: 1n });
  });

  it('that comes again while it still stands of a block that is gone, is taken back first', () => {
    const spending = spent(60, anna);
    const stale = given(creditHolding, after(first, spending));
    const events = stale
      .when((state) => moveCredit(state, { ...spending, units: '10' }))
      .thenAccepts('CreditMoveReversed/1', 'CreditMoved/1');
    const anew = given(creditHolding, [...after(first, spending), ...events]);
    expect(spendableBy(anew.state, anna, 75)).toBe(90n);
    anew.when((state) => reverseCreditMove(state, { settlement: spending.settlement, revision: 1n })).thenRepeats(3n);
  });

  it('that moved nothing has nothing to take back', () =>
    given(creditHolding, [])
      .when((state) => reverseCreditMove(state, { settlement: 'none', revision: 0n }))
      .thenRejects({ code: 'settlement_not_observed' }));

  it('on more than was ever told leaves what is missing as nobody’s', () => {
    const spending = spent(150);
    expect(shares(stateAfter(first, spending), spending)).toEqual([
      [anna, 100],
      ['nobody', 50],
    ]);
  });
});

describe('the law of an address', () => {
  const accounts = [anna, ben, 'acc_00000000-0000-5000-8000-00000000000c', undefined];
  const step = fc.record({
    kind: fc.constantFrom('issue' as const, 'issue' as const, 'spend' as const, 'take back' as const, 'expire' as const),
    account: fc.constantFrom(...accounts),
    units: fc.integer({ min: 1, max: 100 }),
    epoch: fc.integer({ min: 70, max: 85 }),
  });
  type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;
  const sumOf = (of: CreditHolding['lots']) => of.reduce((sum, { units }) => sum + units, 0n);
  const ownOf = (state: CreditHolding, account: string | undefined) => sumOf(state.lots.filter((lot) => lot.account === account));

  /** Undefined for what the contract would refuse. */
  function moveBy({ lots: held }: CreditHolding, { kind, account, units, epoch }: Step): CreditMoveData | undefined {
    const has = (first: number) => sumOf(held.filter((lot) => lot.epoch >= first)) >= BigInt(units);
    if (kind === 'issue') return issued(units, epoch, account);
    if (kind === 'spend') return has(74) ? spent(units, account) : undefined;
    if (kind === 'take back') return has(73) ? takenBack(units, account) : undefined;
    const over = Number(sumOf(held.filter((lot) => Number(lot.epoch) === epoch)));
    return epoch < 73 && over > 0 ? expired(over, epoch) : undefined;
  }

  it('is that its accounts together have what the contract has for it, in every month, and each what it bought less what became of that', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const moves: CreditMoveData[] = [];
        const bought = new Map<string | undefined, bigint>();
        let state = creditHolding.initial;
        for (const each of steps) {
          const move = moveBy(state, each);
          if (move === undefined) continue;
          const before = state;
          state = stateAfter(...moves, move);
          moves.push(move);
          const [mine, first] = [each.account, each.kind === 'take back' ? 73 : 74];
          for (const { account, units } of sharesOf(state, move.settlement))
            bought.set(account, (bought.get(account) ?? 0n) + (each.kind === 'issue' ? units : -units));
          if (mine === undefined || each.kind === 'issue' || each.kind === 'expire' || spendableBy(before, mine, first) < each.units)
            continue;
          // Who pays with enough of its own takes nothing from anybody.
          for (const other of accounts) if (other !== mine) expect(ownOf(state, other)).toBe(ownOf(before, other));
        }
        // The contract, by a model of its own that knows no accounts.
        const onChain = heldCredit(
          moves.map(({ name, units, effectiveAt: time, epoch }) => {
            return { name, units: BigInt(units), time, epoch: epoch === undefined ? undefined : Number(epoch) };
          }),
        );
        const months = Map.groupBy(state.lots, ({ epoch }) => epoch);
        expect(new Map([...months].map(([epoch, of]) => [Number(epoch), sumOf(of)]))).toEqual(onChain);
        expect(state.lots.every(({ units }) => units > 0n)).toBe(true);
        for (const account of accounts) expect(ownOf(state, account)).toBe(bought.get(account) ?? 0n);
      }),
    ));
});
