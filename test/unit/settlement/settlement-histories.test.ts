import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AccountEvent } from '../../../services/accounts/domain/account.events.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import { openAccount } from '../../../services/accounts/domain/account.decider.ts';
import { ledgerAccount } from '../../../services/accounts/domain/chart.ts';
import { reverseSettlementCredit } from '../../../services/accounts/domain/uncrediting.decider.ts';
import { creditSettlement } from '../../../services/accounts/domain/crediting.decider.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { assertBalanced, type Posting, signedAmount } from '../../../services/money/posting.ts';
import { observationKey } from '../../../services/settlement/domain/chain-effect.ts';
import { matchPayment, type PaidEffect } from '../../../services/settlement/domain/settlement-match.ts';
import { confirm, finalize, observe, reorg, reverse } from '../../../services/settlement/domain/settlement.decider.ts';
import type { SettlementEvent } from '../../../services/settlement/domain/settlement.events.ts';
import { settlement, standingOf } from '../../../services/settlement/domain/settlement.ts';
import { given } from '../../support/given.ts';
import { block, dollar, eth, foundSlot, purchase, rateOf, settled } from './effect.fixtures.ts';
import { account as id, place } from './slot.fixtures.ts';

/** What a chain may do, in any order: two forks compete for the same block, and any of it may be told again. */
const step = fc.record({
  kind: fc.constantFrom('observe' as const, 'confirm' as const, 'finalize' as const, 'reorg' as const, 'reverse' as const),
  fork: fc.constantFrom('a', 'b'),
});
const history = fc.record({
  escrowed: fc.boolean(),
  feeBps: fc.integer({ min: 0, max: 1000 }),
  rate: fc.integer({ min: 1, max: 9_999_999 }),
  steps: fc.array(step, { maxLength: 25 }),
});

type Asked = typeof history extends fc.Arbitrary<infer Value> ? Value : never;

const bought = purchase('8');
const quoted = foundSlot();
const effectiveAt = '2026-03-03T00:00:00.000Z';
const units = 20_374_200_000_000_000n;

function paidIn(fork: string, { escrowed, feeBps }: Asked) {
  const at = { block: block(10, fork) };
  if (escrowed) return { effect: { ...bought.effect, ...at } as PaidEffect, found: bought.found, token: dollar };
  const fee = ((units * BigInt(feeBps)) / 10_000n).toString();
  return { effect: settled({ fee }, at) as PaidEffect, found: quoted, token: eth };
}

function run(asked: Asked): SettlementEvent[] {
  const events: SettlementEvent[] = [];
  for (const { kind, fork } of asked.steps) {
    const { effect, found, token } = paidIn(fork, asked);
    const observation = observationKey(effect);
    const { state } = given(settlement, events);
    const rate = rateOf(token.currency, (asked.rate / 1000).toFixed(3));
    const decided = {
      observe: () => observe(state, { effect, subject: matchPayment(effect, found, token) }),
      confirm: () => confirm(state, { observation, head: '12' }),
      finalize: () => finalize(state, { observation, context: { token, rate } }),
      reorg: () => reorg(state, observation),
      reverse: () => reverse(state, { reason: 'The chain went back.', effectiveAt }),
    }[kind]();
    if (decided.kind === 'accepted') events.push(...decided.events);
  }
  return events;
}

function balancesOf(events: readonly { readonly data: object }[]): Map<string, bigint> {
  const balances = new Map<string, bigint>();
  for (const { data } of events) {
    for (const line of 'postings' in data ? (data.postings as readonly Posting[]) : []) {
      const { amount, currency } = signedAmount(line);
      balances.set(`${currency} ${line.account}`, (balances.get(`${currency} ${line.account}`) ?? 0n) + amount);
    }
  }
  return balances;
}

/** The account's answer to every payment that became final and to its reversal, each told twice. */
function credited(events: readonly SettlementEvent[]): AccountEvent[] {
  const written: AccountEvent[] = [];
  const limit = { account: id, billing: 'prepaid', creditLimit: moneyOf('0', 'EUR') } as const;
  const follow = (decision: ReturnType<typeof creditSettlement>) => decision.kind === 'accepted' && written.push(...decision.events);
  follow(openAccount({ status: 'none' }, limit));
  for (const { type, data } of events.flatMap((event) => [event, event])) {
    if (type === 'SettlementReversed/1' && data.name === 'Settled') {
      const what = { settlement: '1', reason: 'gone', effectiveAt };
      follow(reverseSettlementCredit(given(account, written).state, what));
    }
    if (type !== 'SettlementFinalized/1' || data.payment === undefined || data.name === 'Purchased') continue;
    const { slot, amount, currency } = data.payment;
    const what = { settlement: '1', slot, purpose: { kind: 'top-up', bucket: 'money' }, amount: moneyOf(amount, currency) } as const;
    follow(creditSettlement(given(account, written).state, { ...what, chainId: '1', tx: data.tx, effectiveAt: data.effectiveAt }));
  }
  return written;
}

describe('random histories of a payment on chain', () => {
  it('keep every event balanced in every currency', () => {
    fc.assert(
      fc.property(history, (asked) => {
        for (const { data } of run(asked)) if ('postings' in data) assertBalanced(data.postings);
      }),
    );
  });

  it('leave nothing in transit and nothing pending once the payment is final and credited, or gone', () => {
    fc.assert(
      fc.property(history, (asked) => {
        const events = run(asked);
        const { state } = given(settlement, events);
        if (state.status === 'confirmed') return;
        const balances = balancesOf([...events, ...credited(events)]);
        expect(balances.get(`EUR ${ledgerAccount.inTransit(place.chainId)}`) ?? 0n).toBe(0n);
        expect(balances.get(`EUR ${ledgerAccount.paymentPending(id)}`) ?? 0n).toBe(0n);
        if (state.status !== 'finalized') expect([...balances.values()].every((balance) => balance === 0n)).toBe(true);
      }),
    );
  });

  it('credit the customer exactly what was asked for, once, or not at all', () => {
    fc.assert(
      fc.property(history, (asked) => {
        const events = run(asked);
        const isFinal = standingOf(given(settlement, events).state) === 'finalized';
        const balances = balancesOf([...events, ...credited(events)]);
        const where = asked.escrowed ? ledgerAccount.ppvEscrow(id) : ledgerAccount.wallet(id);
        const amount = asked.escrowed ? 10_000_000n : 60_500_000n;
        expect(-(balances.get(`EUR ${where}`) ?? 0n)).toBe(isFinal ? amount : 0n);
      }),
    );
  });

  it('go on after a final event only by taking it back', () => {
    fc.assert(
      fc.property(history, (asked) => {
        const types = run(asked).map(({ type }) => type);
        const next = types.flatMap((type, at) => (type === 'SettlementFinalized/1' ? [types[at + 1]] : []));
        expect(next.every((type) => type === undefined || type === 'SettlementReversed/1')).toBe(true);
      }),
    );
  });
});
