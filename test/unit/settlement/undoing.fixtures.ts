import { expect } from '@jest/globals';
import { id, Wallet } from 'ethers';
import { MemoryTransactionStore } from '../../../services/chain/adapters/memory/memory.transaction-store.ts';
import { TransactionQueue } from '../../../services/chain/application/transaction-queue.ts';
import { accept } from '../../../services/commands/domain/decision.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { ContractDispatchCalls } from '../../../services/settlement/adapters/chain/contract.dispatch-calls.ts';
import { orderDispatch } from '../../../services/settlement/application/sending/dispatch-commands.ts';
import { DispatchSender } from '../../../services/settlement/application/sending/dispatch-sender.ts';
import type { GasCosts } from '../../../services/settlement/application/sending/gas-costs.ts';
import { dispatchStream } from '../../../services/settlement/application/sending/sending-streams.ts';
import {
  type KeptTransactions,
  UndoDispatch,
  UndoDispatchHandler,
} from '../../../services/settlement/application/sending/undo-dispatch.handler.ts';
import { settlementStream } from '../../../services/settlement/application/settlement-streams.ts';
import { type ChainEffect, settlementId } from '../../../services/settlement/domain/chain-effect.ts';
import { effectsOf } from '../../../services/settlement/domain/dispatch-effects.ts';
import { dispatchIdOf, type OrderEvent } from '../../../services/settlement/domain/dispatch.events.ts';
import { dispatch } from '../../../services/settlement/domain/dispatch.ts';
import { reverse } from '../../../services/settlement/domain/settlement.decider.ts';
import type { SettlementEvent } from '../../../services/settlement/domain/settlement.events.ts';
import { type Settlement, settlement } from '../../../services/settlement/domain/settlement.ts';
import { envelope, executionOn } from '../../support/execution.ts';
import { OneKeyChain } from '../../support/one-key-chain.ts';
import { EffectHistory } from './effect.fixtures.ts';

type EffectPlace = Pick<ChainEffect, 'chainId' | 'contract' | 'providerId' | 'effect' | 'key'>;

const chainId = '77';
const minuteMs = 60_000;
const costs: Partial<GasCosts> = {
  since: () => Promise.resolve(0n),
  reserve: () => Promise.resolve(),
  release: () => Promise.resolve(),
  forget: () => Promise.resolve(),
  spend: () => Promise.resolve(),
};

/** One key on a chain that forgets, and what an operator does then. */
export class Undoing {
  readonly chain = new OneKeyChain();
  readonly #transactions = new MemoryTransactionStore();
  readonly #executor = executionOn(new MemoryEventStore()).executor;
  readonly #sender: DispatchSender;
  readonly #queue: TransactionQueue;
  #now = Date.parse('2026-11-26T00:00:00.000Z');
  #asked = 0;

  constructor() {
    const clock = { now: () => new Date(this.#now).toISOString() };
    const patience = { replaceAfterMs: 2 * minuteMs, resendAfterMs: minuteMs / 2 };
    const signer = new Wallet(id('key'));
    this.#queue = new TransactionQueue({ node: this.chain, chainId, signer, store: this.#transactions, clock, ...patience });
    const limitsOn = () => ({ relayGasMax: 10n ** 6n, relayFeeMaxPerDay: 10n ** 18n });
    const calls = new ContractDispatchCalls();
    this.#sender = new DispatchSender({ executor: this.#executor, calls, costs: costs as GasCosts, clock, limitsOn });
  }

  /** From then on. */
  set now(instant: string) {
    this.#now = Date.parse(instant);
  }

  /** One after another, each until nothing of it is under way. */
  async done(...orders: readonly OrderEvent[]): Promise<void> {
    for (const each of orders) {
      await this.order(each);
      await this.settle(each);
    }
  }

  async order(event: OrderEvent): Promise<void> {
    await orderDispatch(this.#executor, envelope(`order ${this.#asked++}`), event);
  }

  /** A minute and a block each, until the key has nothing under way. */
  async settle(...orders: readonly OrderEvent[]): Promise<void> {
    const place = { node: this.chain, chainId, queue: this.#queue };
    for (let round = 0; round < 30; round++) {
      await this.#sender.tend(place);
      for (const event of orders) await this.#sender.advance({ provider: 'demo', id: dispatchIdOf(event) }, place);
      this.chain.mine();
      this.#now += minuteMs;
    }
    if ((await this.#queue.unsettled()).length > 0) throw new Error('Something is not final after 30 rounds.');
  }

  async states(...orders: readonly OrderEvent[]): Promise<readonly string[]> {
    const streams = orders.map((event) => dispatchStream('demo', dispatchIdOf(event)));
    const states = await Promise.all(streams.map((stream) => this.#executor.current(dispatch, stream, 'demo')));
    return states.map((state) => (state.status === 'failed' ? `failed: ${state.failure.code}` : state.status));
  }

  /** The ledger has as final what the order did, and takes it back. */
  async takeBack(...orders: readonly OrderEvent[]): Promise<void> {
    for (const event of orders) {
      const { contract, providerId } = event.data;
      for (const expected of effectsOf(event)) {
        const place = { chainId, contract, providerId, ...expected };
        await this.told(place);
        await this.lost(place);
      }
    }
  }

  async told(place: EffectPlace): Promise<void> {
    const block = { number: '1', hash: id(place.key), time: '2026-03-01T00:00:00.000Z' };
    const log = { name: 'Recorded', fields: {} };
    const effect = { ...place, module: 'settlement', block, tx: id(place.key), logIndex: '0', log } as unknown as ChainEffect;
    const [first, ...others] = new EffectHistory().observed(effect, {}).finalized({}).events;
    await this.#tell(place, () => accept(first as SettlementEvent, ...others));
  }

  async lost(place: EffectPlace): Promise<void> {
    await this.#tell(place, (state) => reverse(state, { reason: 'incident 114', effectiveAt: '2026-03-02T00:00:00.000Z' }));
  }

  /** As an operator asks for it who has seen what is undone. `isCut`: the process ends before it is written. */
  async undo(event: OrderEvent, { isCut = false } = {}): Promise<void> {
    const transactions: KeptTransactions = {
      find: (of) => this.#transactions.find(of),
      reopen: async (of) => {
        await this.#transactions.reopen(of);
        if (isCut) throw new Error('The process ended.');
      },
    };
    const handler = new UndoDispatchHandler(this.#executor, transactions);
    const request = { id: dispatchIdOf(event), reason: 'incident 114' };
    const asked = await handler.execute(new UndoDispatch(envelope(`undo ${this.#asked++}`), request));
    if (asked.kind !== 'rejected' || asked.rejection.code !== 'dispatch_undo_undecided') throw new Error(`It was ${asked.kind}.`);
    const { digest } = asked.rejection;
    const undone = handler.execute(new UndoDispatch(envelope(`undo ${this.#asked++}`), { ...request, digest }));
    if (isCut) {
      await expect(undone).rejects.toThrow('The process ended.');
      return;
    }
    const outcome = await undone;
    if (outcome.kind === 'rejected') throw new Error(JSON.stringify(outcome.rejection));
  }

  async #tell(place: EffectPlace, decide: (state: Settlement) => ReturnType<typeof reverse>): Promise<void> {
    const stream = settlementStream('demo', settlementId(place));
    await this.#executor.execute({ aggregate: settlement, stream, envelope: envelope(`told ${this.#asked++}`), decide });
  }
}

/** Of a slot that was paid. */
export const paidIn = (slot: string): EffectPlace => ({
  ...{ chainId, contract: `0x${'aa'.repeat(20)}`, providerId: '11', effect: 'slot', key: slot },
});
