import { randomUUID } from 'node:crypto';
import { id, type Wallet } from 'ethers';
import type { Pool } from 'pg';
import { type SettlementChain, settlementOn } from '../../bench/support/settlement-chain.ts';
import { startThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import { PostgresTransactionStore } from '../../services/chain/adapters/postgres/postgres.transaction-store.ts';
import { MemoryTransactionStore } from '../../services/chain/adapters/memory/memory.transaction-store.ts';
import { JsonRpc } from '../../services/chain/adapters/rpc/json-rpc.ts';
import type { ChainNode } from '../../services/chain/application/chain-node.ts';
import type { TransactionStore } from '../../services/chain/application/transaction-store.ts';
import { TransactionQueue } from '../../services/chain/application/transaction-queue.ts';
import { type Clock, systemClock } from '../../services/commands/application/clock.ts';
import type { CommandExecutor } from '../../services/commands/application/command-executor.ts';
import { MemoryEventStore } from '../../services/event-store/adapters/memory/memory.event-store.ts';
import { ContractDispatchCalls } from '../../services/settlement/adapters/chain/contract.dispatch-calls.ts';
import { PostgresGasCosts } from '../../services/settlement/adapters/postgres/postgres.gas-costs.ts';
import { DispatchSender } from '../../services/settlement/application/sending/dispatch-sender.ts';
import type { SendingLimits } from '../../services/settlement/application/sending/sending-limits.ts';
import { dispatchStream, mandateStream } from '../../services/settlement/application/sending/sending-streams.ts';
import { order } from '../../services/settlement/domain/dispatch.decider.ts';
import { dispatchIdOf, type OrderEvent } from '../../services/settlement/domain/dispatch.events.ts';
import { dispatch, type Dispatch } from '../../services/settlement/domain/dispatch.ts';
import { noteRevocation, offerMandate } from '../../services/settlement/domain/mandate.decider.ts';
import { type Mandate, mandate } from '../../services/settlement/domain/mandate.ts';
import { accept } from '../../services/commands/domain/decision.ts';
import { UndoDispatch, UndoDispatchHandler } from '../../services/settlement/application/sending/undo-dispatch.handler.ts';
import { settlementStream } from '../../services/settlement/application/settlement-streams.ts';
import { type ChainEffect, settlementId } from '../../services/settlement/domain/chain-effect.ts';
import { effectsOf } from '../../services/settlement/domain/dispatch-effects.ts';
import type { SettlementEvent } from '../../services/settlement/domain/settlement.events.ts';
import { settlement } from '../../services/settlement/domain/settlement.ts';
import { envelope, executionOn } from './execution.ts';

const limitsDefault: SendingLimits = { relayGasMax: 400_000n, relayFeeMaxPerDay: 10n ** 18n };

export interface ProcessOptions {
  readonly node?: ChainNode;
  readonly replaceAfterMs?: number;
  readonly resendAfterMs?: number;
  readonly limits?: SendingLimits;
  readonly clock?: Clock;
}

/** One process that sends by one key: what it knows is gone with it, and another one goes on. */
export interface SendingProcess {
  readonly queue: TransactionQueue;
  /** One round: looks after what was sent, then does what is next. */
  round(...orders: readonly OrderEvent[]): Promise<void>;
}

/** A chain with the contracts, and orders that are brought onto it by processes that may end at any time. */
export class SendingWorld {
  readonly provider = 'demo';
  readonly settled: SettlementChain;
  readonly node: JsonRpc;
  readonly executor: CommandExecutor;
  readonly costs: PostgresGasCosts;
  readonly transactions: TransactionStore;

  private constructor(settled: SettlementChain, costs: PostgresGasCosts, transactions: TransactionStore) {
    this.settled = settled;
    this.node = new JsonRpc(settled.chain.url);
    this.executor = executionOn(new MemoryEventStore()).executor;
    this.costs = costs;
    this.transactions = transactions;
  }

  static async open(pool: Pool): Promise<SendingWorld> {
    return new SendingWorld(
      await settlementOn(await startThrowawayChain()),
      new PostgresGasCosts(pool),
      new PostgresTransactionStore(pool),
    );
  }

  /** The same chain, under an event store and transactions that know nothing of what was sent. */
  forgotten(): SendingWorld {
    return new SendingWorld(this.settled, this.costs, new MemoryTransactionStore());
  }

  process(by: Wallet, options: ProcessOptions = {}): SendingProcess {
    const { node = this.node, replaceAfterMs = 60_000, resendAfterMs = 0, limits = limitsDefault, clock = systemClock } = options;
    const patience = { replaceAfterMs, resendAfterMs };
    const queue = new TransactionQueue({ node, chainId: '31337', signer: by, store: this.transactions, clock, ...patience });
    const { executor, costs, provider } = this;
    const sender = new DispatchSender({ executor, calls: new ContractDispatchCalls(), costs, clock, limitsOn: () => limits });
    const place = { node, chainId: '31337', queue };
    const round = async (...orders: readonly OrderEvent[]) => {
      await sender.tend(place);
      for (const event of orders) await sender.advance({ provider, id: dispatchIdOf(event) }, place);
    };
    return { queue, round };
  }

  async order(event: OrderEvent): Promise<void> {
    const stream = dispatchStream(this.provider, dispatchIdOf(event));
    const outcome = await this.executor.execute({
      ...{ aggregate: dispatch, stream, envelope: envelope(randomUUID(), { patienceMs: 10_000 }) },
      decide: (state) => order(state, event),
    });
    if (outcome.kind === 'rejected') throw new Error(JSON.stringify(outcome.rejection));
  }

  /** The payer of a collection has ended its mandate, as the books have it. */
  async revoke(event: OrderEvent): Promise<void> {
    if (event.type !== 'CollectOrdered/1') throw new TypeError(`${event.type} has no mandate.`);
    const { mandate: id, account, chainId, contract, terms } = event.data;
    const offer = { mandate: id, account, chainId, contract, terms, tokenCurrency: 'USDC', accountSalt: word('salt') };
    const decisions = [(state: Mandate, now: string) => offerMandate(state, offer, now), noteRevocation];
    for (const decide of decisions)
      await this.executor.execute({
        aggregate: mandate,
        stream: mandateStream(this.provider, id),
        envelope: envelope(randomUUID()),
        decide,
      });
  }

  /** The ledger has what the order did as final, and has taken it back. */
  async takeBack(event: OrderEvent, history: (effect: ChainEffect) => readonly SettlementEvent[]): Promise<void> {
    const { chainId, contract, providerId } = event.data;
    for (const { effect, key } of effectsOf(event)) {
      const place = { chainId, contract, providerId, module: 'settlement', effect, key } as const;
      const block = { number: '1', hash: word(`block of ${key}`), time: '2026-03-01T00:00:00.000Z' };
      const log = { name: 'Recorded', fields: {} };
      const [first, ...others] = history({ ...place, block, tx: word(key), logIndex: '0', log } as unknown as ChainEffect);
      await this.executor.execute({
        ...{ aggregate: settlement, stream: settlementStream(this.provider, settlementId(place)), envelope: envelope(randomUUID()) },
        decide: () => accept(first as SettlementEvent, ...others),
      });
    }
  }

  /** As an operator asks for it who has seen what is undone. */
  async undo(event: OrderEvent): Promise<void> {
    const handler = new UndoDispatchHandler(this.executor, this.transactions);
    const request = { id: dispatchIdOf(event), reason: 'The chain was rolled back.' };
    const asked = await handler.execute(new UndoDispatch(envelope(randomUUID()), request));
    if (asked.kind !== 'rejected' || asked.rejection.code !== 'dispatch_undo_undecided') throw new Error(`It was ${asked.kind}.`);
    const { digest } = asked.rejection;
    const outcome = await handler.execute(new UndoDispatch(envelope(randomUUID()), { ...request, digest }));
    if (outcome.kind === 'rejected') throw new Error(JSON.stringify(outcome.rejection));
  }

  state(event: OrderEvent): Promise<Dispatch> {
    return this.executor.current(dispatch, dispatchStream(this.provider, dispatchIdOf(event)), this.provider);
  }

  async mine(blocks = 1): Promise<void> {
    for (let block = 0; block < blocks; block++) await this.node.call('evm_mine');
  }

  /** Rounds with a block each, until the chain has said the last word. */
  async settle(process: SendingProcess, ...orders: readonly OrderEvent[]): Promise<Dispatch[]> {
    for (let round = 0; round < 30; round++) {
      await process.round(...orders);
      const states = await Promise.all(orders.map((event) => this.state(event)));
      if (states.every(({ status }) => status !== 'sending')) return states;
      await this.mine();
    }
    throw new Error('Something is not final after 30 blocks.');
  }

  async balanceOf(address: string): Promise<bigint> {
    return (await this.settled.dollar.getFunction('balanceOf')(address)) as bigint;
  }

  /** What every order on this chain is for. */
  async target() {
    const contract = (await this.settled.settlement.getAddress()).toLowerCase();
    return { chainId: '31337', contract, providerId: '1', token: (await this.settled.dollar.getAddress()).toLowerCase() };
  }

  async nonceOf(by: Wallet): Promise<number> {
    return this.settled.chain.provider.getTransactionCount(by.address, 'latest');
  }

  /** Takes the provider away from the chain: nothing else of it is kept. */
  stop(): Promise<void> {
    return this.settled.chain.stop();
  }
}

/** Any word of 32 bytes. */
export const word = (text: string): string => id(text);
