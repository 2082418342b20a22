import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AccountEvent } from '../../../services/accounts/domain/account.events.ts';
import { account } from '../../../services/accounts/domain/account.ts';
import type { Account, OpenAccount } from '../../../services/accounts/domain/open-account.ts';
import { openAccount } from '../../../services/accounts/domain/account.decider.ts';
import { owedForTitles, paidBy, refundableOf } from '../../../services/accounts/domain/known-settlements.ts';
import { creditSettlement } from '../../../services/accounts/domain/crediting.decider.ts';
import { endTitleGrant, grantTitle } from '../../../services/accounts/domain/granting.decider.ts';
import { refundSettlement } from '../../../services/accounts/domain/refunding.decider.ts';
import { postCharge, purchaseTitle, topUp } from '../../../services/accounts/domain/charging.decider.ts';
import { ledgerAccount } from '../../../services/accounts/domain/chart.ts';
import { closeCharges } from '../../../services/accounts/domain/closing.decider.ts';
import { receivePayment } from '../../../services/accounts/domain/payment.decider.ts';
import { returnRefund } from '../../../services/accounts/domain/returning.decider.ts';
import { reverseEntry } from '../../../services/accounts/domain/reversal.decider.ts';
import { reverseTakenBackCredit, takeBackCredit } from '../../../services/accounts/domain/taking-back.decider.ts';
import { reverseSettlementCredit } from '../../../services/accounts/domain/uncrediting.decider.ts';
import { reject } from '../../../services/commands/domain/decision.ts';
import { stateOfText, stateText } from '../../../services/commands/domain/state-text.ts';
import { moneyOf } from '../../../services/money/money.ts';
import { roundToPayable } from '../../../services/money/rounding.ts';
import { assertBalanced, signedAmount } from '../../../services/money/posting.ts';
import { eventId, given } from '../../support/given.ts';
import { at, charge, crediting, ending, granting, id, invoiceId, payment, purchase, reversing } from './account.fixtures.ts';

const purpose = fc.constantFrom(
  'invoice' as const,
  'top-up' as const,
  'title' as const,
  'allocation' as const,
  'deposit' as const,
  'credit' as const,
);

/** What a customer, a clerk and a chain may do, in any order and with any amount. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('topUp' as const), amount: fc.bigInt({ min: 1n, max: 50_000_000n }) }),
  fc.record({
    kind: fc.constant('charge' as const),
    amount: fc.bigInt({ min: 0n, max: 40_000_000n }),
    source: fc.constantFrom('wallet' as const, 'invoice' as const, undefined),
  }),
  fc.record({ kind: fc.constant('purchase' as const), title: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant('close' as const) }),
  fc.record({ kind: fc.constant('pay' as const), amount: fc.bigInt({ min: 1n, max: 60_000_000n }), reference: fc.nat({ max: 8 }) }),
  fc.record({ kind: fc.constant('reverse' as const), revision: fc.nat({ max: 40 }) }),
  fc.record({
    kind: fc.constant('credit' as const),
    amount: fc.bigInt({ min: 1n, max: 50_000_000n }),
    slot: fc.nat({ max: 5 }),
    purpose,
    bucket: fc.constantFrom('bonus' as const, 'money' as const),
  }),
  fc.record({
    kind: fc.constant('grant' as const),
    slot: fc.nat({ max: 5 }),
    hold: fc.constantFrom('receivable' as const, 'escrow' as const),
  }),
  fc.record({
    kind: fc.constant('end' as const),
    slot: fc.nat({ max: 5 }),
    reason: fc.constantFrom('reorged' as const, 'event_cancelled' as const),
  }),
  fc.record({
    kind: fc.constant('refund' as const),
    amount: fc.option(fc.bigInt({ min: 1n, max: 50_000_000n }), { nil: undefined }),
    slot: fc.nat({ max: 5 }),
  }),
  fc.record({ kind: fc.constant('return' as const), nth: fc.nat({ max: 3 }) }),
  fc.record({ kind: fc.constant('takeBack' as const), amount: fc.bigInt({ min: 1n, max: 50_000_000n }), slot: fc.nat({ max: 5 }) }),
);
/** A chain may also take back what was final. Nobody chose that, and a wallet may go below its limit by it. */
const undoing = fc.record({ kind: fc.constantFrom('uncredit' as const, 'untake' as const), slot: fc.nat({ max: 2 }) });

const history = fc.record({
  billing: fc.constantFrom('prepaid' as const, 'postpaid' as const),
  creditLimit: fc.bigInt({ min: 0n, max: 100_000_000n }),
  steps: fc.array(step, { maxLength: 40 }),
});

/* Few of all histories come to what the following three are about. */

const few = fc.bigInt({ min: 1n, max: 10_000_000n });
const refund = fc.option(few, { nil: undefined }).map((amount) => ({ kind: 'refund' as const, amount, slot: 0 }));
const focused = (steps: fc.Arbitrary<Step>) =>
  fc.record({ billing: fc.constant('prepaid' as const), creditLimit: fc.constant(0n), steps: fc.array(steps, { maxLength: 12 }) });

/** What becomes of one title that is paid on chain. */
const titleHistory = focused(
  fc.oneof(
    fc.constant({ kind: 'grant' as const, slot: 0, hold: 'receivable' as const }),
    few.map((amount) => ({ kind: 'credit' as const, amount, slot: 0, purpose: 'title' as const, bucket: 'money' as const })),
    fc.constantFrom('reorged' as const, 'event_cancelled' as const).map((reason) => ({ kind: 'end' as const, slot: 0, reason })),
    refund,
    fc.nat({ max: 3 }).map((nth) => ({ kind: 'return' as const, nth })),
  ),
);

/** Several payments on chain that lie in one wallet, in buckets of their own. */
const walletHistory = focused(
  fc.oneof(
    fc.record({
      kind: fc.constant('credit' as const),
      amount: few,
      slot: fc.nat({ max: 2 }),
      purpose: fc.constantFrom('top-up' as const, 'credit' as const),
      bucket: fc.constantFrom('bonus' as const, 'money' as const),
    }),
    fc.record({ kind: fc.constant('takeBack' as const), amount: few, slot: fc.nat({ max: 2 }) }),
    few.map((amount) => ({ kind: 'charge' as const, amount, source: 'wallet' as const })),
    fc.tuple(refund, fc.nat({ max: 2 })).map(([asked, slot]) => ({ ...asked, slot })),
  ),
);

/** What becomes of payments that bought prepaid credit, and are gone, and come again. */
const creditHistory = focused(
  fc.oneof(
    few.map((amount) => ({ kind: 'credit' as const, amount, slot: 0, purpose: 'credit' as const, bucket: 'money' as const })),
    few.map((amount) => ({ kind: 'takeBack' as const, amount, slot: 0 })),
    undoing.map(({ kind, slot }) => ({ kind, slot: kind === 'untake' ? slot : 0 })),
    refund,
    few.map((amount) => ({ kind: 'charge' as const, amount, source: 'wallet' as const })),
  ),
);

type Step =
  (typeof step extends fc.Arbitrary<infer Value> ? Value : never) | (typeof undoing extends fc.Arbitrary<infer Value> ? Value : never);

function decide(state: Account, events: readonly AccountEvent[], asked: Step) {
  switch (asked.kind) {
    case 'topUp':
      return topUp(state, { amount: eurUnits(asked.amount), method: 'card', channel: 'api', effectiveAt: at });
    case 'charge':
      return postCharge(state, { ...charge('0'), amount: eurUnits(asked.amount), ...(asked.source && { source: asked.source }) });
    case 'purchase':
      return purchaseTitle(state, { ...purchase('4.99'), title: { ...purchase('1').title, id: `ttl_${asked.title}` } });
    case 'close':
      return closeCharges(state, { invoice: invoiceId(events.length), series: 'main', dueOn: '2026-04-01', effectiveAt: at });
    case 'pay':
      return receivePayment(state, { ...payment('1', `R${asked.reference}`), amount: roundToPayable(eurUnits(asked.amount), 'up') });
    case 'reverse': {
      const event = events[asked.revision];
      const original = event && { id: eventId(asked.revision), revision: BigInt(asked.revision), event };
      return reverseEntry(state, { original, reason: 'mistake', effectiveAt: at });
    }
    case 'credit': {
      const invoice = state.status === 'open' ? (state.openInvoices.at(-1)?.invoice ?? invoiceId(0)) : invoiceId(0);
      const slot = { settlement: `1.0xa.slot.${asked.slot}`, slot: asked.slot.toString(), amount: eurUnits(asked.amount) };
      return creditSettlement(state, crediting('1', { ...slot, purpose: { kind: asked.purpose, invoice, bucket: asked.bucket } }));
    }
    case 'grant': {
      const title = { ...granting('1').title, id: `ttl_${asked.slot}` };
      return grantTitle(state, granting('4.99', { slot: asked.slot.toString(), hold: asked.hold, title }));
    }
    case 'end':
      return endTitleGrant(state, { ...ending(asked.reason), slot: asked.slot.toString() });
    case 'refund': {
      const what = { refund: `ref_${events.length}`, settlement: `1.0xa.slot.${asked.slot}`, reason: 'asked' };
      const amount = asked.amount === undefined ? {} : { amount: roundToPayable(eurUnits(asked.amount), 'up') };
      return refundSettlement(state, { ...what, ...amount, effectiveAt: at });
    }
    case 'return': {
      const refunds = state.status === 'open' ? [...state.refunds.keys()] : [];
      return returnRefund(state, { refund: refunds[asked.nth] ?? 'ref_none', failure: 'expired', effectiveAt: at });
    }
    case 'uncredit':
      return reverseSettlementCredit(state, { ...reversing, settlement: `1.0xa.slot.${asked.slot}` });
    case 'untake': {
      const taken = state.status === 'open' ? [...state.creditTakenBack.keys()] : [];
      return reverseTakenBackCredit(state, { ...reversing, refund: taken[asked.slot] ?? 'ref_none' });
    }
    case 'takeBack': {
      const slot = asked.slot.toString();
      const amount = eurUnits(smaller(asked.amount, creditLeft(state, asked.slot)));
      // A purchase of credit takes back no more than was bought in it, so that the account is never told of more.
      if (amount.amount === 0n) return reject({ code: 'account_not_found' });
      return takeBackCredit(state, { refund: `ref_${events.length}`, slot, amount, chainId: '1', tx: '0x8', effectiveAt: at });
    }
  }
}

/** What was bought in the payment of a slot and is not taken back. */
function creditLeft(state: Account, slot: number): bigint {
  return state.status === 'open' ? (state.settlements.get(`1.0xa.slot.${slot}`)?.credit ?? 0n) : 0n;
}

function takenBack(events: readonly AccountEvent[]): bigint {
  return events.reduce((sum, { type, data }) => {
    if (type !== 'CreditTakenBack/1' && type !== 'CreditTakenBackReversed/1') return sum;
    const { amount } = moneyOf(data.amount, 'EUR');
    return type === 'CreditTakenBack/1' ? sum + amount : sum - amount;
  }, 0n);
}

type Asked = Omit<typeof history extends fc.Arbitrary<infer Value> ? Value : never, 'steps'> & { readonly steps: readonly Step[] };

/** Balances by the specification alone: the sum of postings, debits minus credits. */
function balancesOf(events: readonly AccountEvent[]): Map<string, bigint> {
  const balances = new Map<string, bigint>();
  for (const { data } of events) {
    if (!('postings' in data)) continue;
    for (const line of data.postings) balances.set(line.account, (balances.get(line.account) ?? 0n) + signedAmount(line).amount);
  }
  return balances;
}

function run({ billing, creditLimit, steps }: Asked) {
  const events: AccountEvent[] = [];
  const follow = (decision: ReturnType<typeof decide>) => decision.kind === 'accepted' && events.push(...decision.events);
  follow(openAccount({ status: 'none' }, { account: id, billing, creditLimit: eurUnits(creditLimit) }));
  const states = steps.map((asked) => {
    const { state } = given(account, events);
    follow(decide(state, events, asked));
    return given(account, events).state as OpenAccount;
  });
  return { events, states };
}

describe('random histories of an account', () => {
  it('[E8] keep every event balanced, and all of them together', () => {
    fc.assert(
      fc.property(history, (asked) => {
        const { events } = run(asked);
        for (const { data } of events) if ('postings' in data) assertBalanced(data.postings);
        expect([...balancesOf(events).values()].reduce((sum, balance) => sum + balance, 0n)).toBe(0n);
      }),
    );
  });

  it('keep in their state what a replay of the postings gives', () => {
    fc.assert(
      fc.property(history, (asked) => {
        const { events, states } = run(asked);
        const balances = balancesOf(events);
        const state = states.at(-1);
        if (state === undefined) return;
        const owed = state.openInvoices.reduce((sum, { open }) => sum + open, owedForTitles(state));
        const buckets = [...state.buckets.values()].reduce((sum, held) => sum + held, 0n);
        expect(-(balances.get(ledgerAccount.wallet(id)) ?? 0n)).toBe(state.wallet - buckets);
        for (const bucket of ['overpaid', 'bonus']) {
          expect(-(balances.get(ledgerAccount.wallet(id, bucket)) ?? 0n)).toBe(state.buckets.get(bucket) ?? 0n);
        }
        expect(balances.get(ledgerAccount.unbilled(id)) ?? 0n).toBe(state.unbilled);
        expect(balances.get(ledgerAccount.receivable(id)) ?? 0n).toBe(owed);
      }),
    );
  });

  it('set apart what is decided and not returned, and never more of a settlement than it brought', () => {
    fc.assert(
      fc.property(history, (asked) => {
        const { events, states } = run(asked);
        const state = states.at(-1);
        if (state === undefined) return;
        const balances = balancesOf(events);
        const standing = [...state.refunds.values()].filter(({ returned }) => returned === undefined);
        const sumOf = (some: typeof standing) => some.reduce((sum, { decided }) => sum + moneyOf(decided.amount, 'EUR').amount, 0n);
        // What is owed for burnt credit was booked where that was seen, and not by the account.
        expect(takenBack(events) - (balances.get(ledgerAccount.refundPayable(id)) ?? 0n)).toBe(sumOf(standing));
        for (const [settlement, { paid, parts }] of state.settlements) {
          const back = sumOf(standing.filter(({ decided }) => decided.settlement === settlement));
          expect(back + refundableOf(parts)).toBeLessThanOrEqual(paid);
        }
      }),
    );
  });

  it('take what goes back of a payment from its own bucket, and leave every other as it is', () => {
    fc.assert(
      fc.property(walletHistory, (asked) => {
        const { events, states } = run(asked);
        const buckets = new Map<string, string>();
        for (const { type, data } of events) {
          if (type === 'SettlementCredited/1') buckets.set(data.settlement, data.bucket);
          if (type !== 'SettlementRefundDecided/1') continue;
          const own = ledgerAccount.wallet(id, buckets.get(data.settlement));
          for (const { account: place } of data.postings) if (place.startsWith(ledgerAccount.wallet(id, ''))) expect(place).toBe(own);
        }
        for (const held of states.flatMap((state) => [...state.buckets.values()])) expect(held > 0n).toBe(true);
      }),
    );
  });

  it('let wait for prepaid credit what payments that stand have bought, and nothing else', () => {
    fc.assert(
      fc.property(creditHistory, (asked) => {
        const { events, states } = run(asked);
        for (const { data } of events) if ('postings' in data) assertBalanced(data.postings);
        const state = states.at(-1);
        if (state === undefined) return;
        const balances = balancesOf(events);
        const standing = [...state.settlements.values()].filter(({ reversedAt }) => reversedAt === undefined);
        const sumOf = (some: readonly (bigint | undefined)[]) => some.reduce<bigint>((sum, each) => sum + (each ?? 0n), 0n);
        // What was given out and what was burnt is booked where that was seen, and not by the account: both come to what was taken back.
        expect(-(balances.get(ledgerAccount.creditUnissued(id)) ?? 0n) - takenBack(events)).toBe(
          sumOf(standing.map(({ credit }) => credit)),
        );
        expect(balances.get(ledgerAccount.paymentPending(id)) ?? 0n).toBe(sumOf(standing.map(({ paid }) => paid)));
        const wallets = [...balances].filter(([place]) => place.startsWith(ledgerAccount.wallet(id, '')));
        expect(-sumOf(wallets.map(([, balance]) => balance))).toBe(state.wallet);
        for (const { paid, parts, credit } of standing) expect(refundableOf(parts) + (credit ?? 0n)).toBeLessThanOrEqual(paid);
      }),
    );
  });

  it('keep no money of a title that is gone', () => {
    fc.assert(
      fc.property(titleHistory, (asked) => {
        for (const state of run(asked).states) {
          for (const [slot, { status }] of state.grants) if (status === 'ended') expect(paidBy(state, slot)).toBeUndefined();
        }
      }),
    );
  });

  it('[A1] never take a wallet below zero minus its credit limit', () => {
    fc.assert(
      fc.property(history, (asked) => {
        const limit = asked.billing === 'prepaid' ? asked.creditLimit : 0n;
        for (const { wallet } of run(asked).states) expect(wallet >= -limit).toBe(true);
      }),
    );
  });

  it('keep a state that comes back from its text exactly', () => {
    fc.assert(
      fc.property(history, (asked) => {
        for (const state of run(asked).states) expect(stateOfText(stateText(state))).toEqual(state);
      }),
    );
  });

  it('keep what is owed on invoices at or above zero, oldest first', () => {
    fc.assert(
      fc.property(history, (asked) => {
        for (const { openInvoices, invoiceOrder, unbilled } of run(asked).states) {
          expect(unbilled >= 0n).toBe(true);
          for (const { open } of openInvoices) expect(open > 0n).toBe(true);
          const order = openInvoices.map(({ invoice }) => invoiceOrder.indexOf(invoice));
          expect(order).toEqual([...order].sort((left, right) => left - right));
        }
      }),
    );
  });
});

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right;
}

function eurUnits(amount: bigint) {
  return { amount, currency: 'EUR' as const };
}
