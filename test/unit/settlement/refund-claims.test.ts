import { describe, expect, it } from '@jest/globals';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { ledgerEventOf } from '../../../services/event-store/domain/ledger-event.ts';
import { CancelledEventProcess } from '../../../services/settlement/application/escrow/cancelled-event.process.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import { settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { fail } from '../../../services/settlement/domain/dispatch.decider.ts';
import { type DispatchFailure, dispatchIdOf, type RefundClaimOrdered } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { type HeldPurchase, refundClaims } from '../../../services/settlement/domain/refund-claims.ts';
import { settlement } from '../../../services/settlement/domain/settlement.ts';
import { accept } from '../../../services/commands/domain/decision.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { EffectHistory, effectOf, escrow } from './effect.fixtures.ts';
import { place } from './slot.fixtures.ts';

const [dollar, coin] = [`0x${'d'.repeat(40)}`, `0x${'0'.repeat(40)}`];
const purchases = (count: number, token = dollar, first = 1): HeldPurchase[] =>
  Array.from({ length: count }, (_, index) => ({ slot: String(first + index), token }));

describe('what has to be claimed for an event', () => {
  const event = { ...place, providerId: '17', eventId: '99' };
  const claims = (bought: readonly HeldPurchase[]) => refundClaims(event, bought);

  it('is every purchase once, at most fifty a transaction, and one token each', () => {
    const found = claims([...purchases(101), ...purchases(2, coin, 200)]);
    expect(found.map(({ token, slots }) => [token, slots.length])).toEqual([
      [dollar, 50],
      [dollar, 50],
      [dollar, 1],
      [coin, 2],
    ]);
    expect(new Set(found.flatMap(({ slots }) => slots)).size).toBe(103);
  });

  it('is the same in whatever order the purchases are found, and each has a dispatch of its own', () => {
    const bought = purchases(120);
    expect(claims(bought.toReversed())).toEqual(claims(bought));
    const ids = claims(bought).map((data) => dispatchIdOf({ type: 'RefundClaimOrdered/1', data }));
    expect(ids).toEqual(['claim.31337.99.1', 'claim.31337.99.51', 'claim.31337.99.101']);
  });

  it('is nothing where nobody bought', () => expect(claims([])).toEqual([]));
});

/** A ledger that knows of the end of an event, and a process that reads it from the beginning. */
class CancelledWorld {
  readonly #store = new MemoryEventStore();
  readonly #executor = executionOn(this.#store).executor;
  #commands = 0;

  async end(name: 'EventCancelled' | 'EventOpened'): Promise<void> {
    const effect =
      name === 'EventCancelled'
        ? effectOf('cancel', '900', { name, eventId: '900' })
        : effectOf('open', '900', { name, eventId: '900', captureAfter: '1', reclaimAfter: '2', feeBps: '0' }, { contract: escrow });
    const history = new EffectHistory().observed(effect, {}).finalized({});
    const [first, ...others] = history.events;
    await this.#executor.execute({
      ...{ aggregate: settlement, stream: settlementStream('demo', settlementId(effect)), envelope: envelope(`${this.#commands++}`) },
      decide: () => accept(first!, ...others),
    });
  }

  async fail(id: string, ordered: string, failure: DispatchFailure): Promise<void> {
    await this.#executor.execute({
      ...{ aggregate: dispatch, stream: dispatchStream('demo', id), envelope: envelope(`${this.#commands++}`) },
      decide: (state) => fail(state, { ordered, tx: '0x1', failure }),
    });
  }

  async follow(bought: readonly HeldPurchase[]): Promise<void> {
    const boughtIn = (_: string, { eventId }: { readonly eventId: string }) => Promise.resolve(eventId === '900' ? bought : []);
    const ports = { boughtIn, slotsOf: () => Promise.reject(new Error('It asks for all of them.')) };
    await new CancelledEventProcess({ executor: executionOn(this.#store).executor, purchases: ports }).project(await this.#log());
  }

  async orders(): Promise<RefundClaimOrdered[]> {
    return (await this.#log()).filter(({ type }) => type === 'RefundClaimOrdered/1').map(({ fin }) => fin as unknown as RefundClaimOrdered);
  }

  async #log() {
    return (await Array.fromAsync(this.#store.readAll())).map((stored) => ledgerEventOf(stored)!);
  }
}

describe('an event that is cancelled for good', () => {
  it('[A18] is paid back to everybody who bought, by orders that come once however often it is told', async () => {
    const world = new CancelledWorld();
    await world.end('EventCancelled');
    for (let round = 0; round < 3; round++) await world.follow(purchases(60));
    expect((await world.orders()).map(({ eventId, slots }) => [eventId, slots.length])).toEqual([
      ['900', 50],
      ['900', 10],
    ]);
  });

  it('claims nothing of an event that is open', async () => {
    const world = new CancelledWorld();
    await world.end('EventOpened');
    await world.follow(purchases(3));
    expect(await world.orders()).toEqual([]);
  });

  it('is claimed again, once a failure, where somebody of a claim was paid in another way meanwhile', async () => {
    const world = new CancelledWorld();
    await world.end('EventCancelled');
    await world.follow(purchases(3));
    await world.fail(`claim.${place.chainId}.900.1`, '0', { code: 'reverted', error: 'PpvEscrowNothingToRefund(2)' });
    for (let round = 0; round < 3; round++) await world.follow(purchases(3));
    const [first, second, ...more] = await world.orders();
    expect([second, more]).toEqual([first, []]);
  });

  it.each([{ code: 'reverted', error: 'PpvEscrowWrongStatus(1)' }, { code: 'nothing_left' }] as const)(
    'is not claimed again by itself where that would come to the same ($code)',
    async (failure) => {
      const world = new CancelledWorld();
      await world.end('EventCancelled');
      await world.follow(purchases(3));
      await world.fail(`claim.${place.chainId}.900.1`, '0', failure);
      await world.follow(purchases(3));
      expect(await world.orders()).toHaveLength(1);
    },
  );
});
