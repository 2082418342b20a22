import fc from 'fast-check';
import { settlementId } from '../../services/settlement/domain/chain-effect.ts';
import { matchPayment, type PaidEffect } from '../../services/settlement/domain/settlement-match.ts';
import { EffectHistory, eth, foundSlot, settled } from '../unit/settlement/effect.fixtures.ts';
import { accountId, Books, invoiceId } from './books.ts';
import type { EventStore } from '../../services/event-store/domain/event-store.ts';

const customers = 4;
const cents = (amount: bigint, decimals: number) => {
  const digits = amount.toString().padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
};
/** Exact to the ledger's last digit. */
const fine = fc.bigInt({ min: 1n, max: 40_000_000n }).map((amount) => cents(amount, 6));
/** What can be paid. */
const payable = fc.bigInt({ min: 1n, max: 6_000n }).map((amount) => cents(amount, 2));
const who = fc.nat({ max: customers - 1 });
const source = fc.constantFrom('wallet' as const, 'invoice' as const, undefined);

/** What customers and clerks do, in any order; much of it is refused. */
const step = fc.oneof(
  fc.record({ kind: fc.constant('topUp' as const), who, amount: fine }),
  fc.record({ kind: fc.constant('charge' as const), who, amount: fine, source }),
  fc.record({ kind: fc.constant('charge' as const), who, amount: fine, source }),
  fc.record({ kind: fc.constant('purchase' as const), who, title: fc.nat({ max: 2 }), source }),
  fc.record({ kind: fc.constant('close' as const), who }),
  fc.record({ kind: fc.constant('number' as const) }),
  fc.record({ kind: fc.constant('issue' as const) }),
  fc.record({ kind: fc.constant('pay' as const), who, amount: payable, reference: fc.nat({ max: 20 }) }),
  fc.record({ kind: fc.constant('settle' as const), who, amount: payable }),
  fc.record({ kind: fc.constant('refund' as const), who, amount: payable, isReturned: fc.boolean() }),
  fc.record({ kind: fc.constant('reverse' as const), who, back: fc.nat({ max: 4 }) }),
  fc.record({ kind: fc.constant('reverse' as const), who, back: fc.nat({ max: 4 }) }),
);

export const randomSteps = fc.array(step, { minLength: 10, maxLength: 60 });

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Four customers, one of them prepaid on credit, one paying in a currency without decimals. */
export async function randomBooks(steps: readonly Step[], options: { store?: EventStore; provider?: string } = {}): Promise<Books> {
  const books = new Books(options);
  await books.open(accountId(0));
  await books.open(accountId(1), { billing: 'prepaid', creditLimit: '5' });
  await books.open(accountId(2), { currency: 'KWD' });
  await books.open(accountId(3), { billing: 'prepaid', creditLimit: '0' });
  await paidOnChain(books);
  for (const each of steps) await take(books, each);
  return books;
}

/** One payment that was lost with its block and came back, and one that nobody had asked for. */
async function paidOnChain(books: Books): Promise<void> {
  const effect = settled();
  const paid = new EffectHistory()
    .observed(effect, matchPayment(effect as PaidEffect, foundSlot(), eth))
    .confirmed()
    .reorged();
  paid
    .observed(effect, matchPayment(effect as PaidEffect, foundSlot(), eth))
    .confirmed()
    .finalized();
  const stray = settled({ seq: '8' });
  const unmatched = new EffectHistory().observed(stray, { unmatched: 'quote_unknown' }).finalized();
  for (const [slot, { events }] of [['7', paid] as const, ['8', unmatched] as const]) {
    const id = settlementId({ chainId: effect.chainId, contract: effect.contract, effect: 'slot', key: slot });
    for (const event of events) await books.append(`${books.provider}.settlement-${id}`, [event]);
  }
}

async function take(books: Books, asked: Step): Promise<unknown> {
  switch (asked.kind) {
    case 'topUp':
      return books.topUp(accountId(asked.who), asked.amount);
    case 'charge':
      return books.charge(accountId(asked.who), asked.amount, asked.source && { source: asked.source });
    case 'purchase':
      return books.purchase(accountId(asked.who), `ttl_${asked.title}`, asked.source && { source: asked.source });
    case 'close':
      return books.close(accountId(asked.who), invoiceId(books.facts.length));
    case 'number':
      return books.number();
    case 'issue':
      return books.issue();
    case 'pay':
      return books.pay(accountId(asked.who), asked.amount, `R${asked.reference}`);
    case 'settle':
      return books.settle(accountId(asked.who), asked.amount);
    case 'refund':
      return books.refund(accountId(asked.who), asked.amount, asked.isReturned);
    case 'reverse':
      return books.reverse(accountId(asked.who), books.factsOf(accountId(asked.who)).length - 1 - asked.back);
  }
}
