import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { TransactionStore } from '../../../chain/application/transaction-store.ts';
import type { Outcome } from '../../../commands/application/answer.ts';
import { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { Envelope } from '../../../commands/application/envelope.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import { effectsOf } from '../../domain/dispatch-effects.ts';
import { type DispatchRejection, type KnownEffect, undo } from '../../domain/dispatch.decider.ts';
import { dispatch, type Dispatch } from '../../domain/dispatch.ts';
import { settlement } from '../../domain/settlement.ts';
import { settlementStream } from '../settlement-streams.ts';
import { lastTransactionOf } from './dispatch-subject.ts';
import { dispatchStream } from './sending-streams.ts';

/** What the sender keeps, as far as an order is opened again. */
export type KeptTransactions = Pick<TransactionStore, 'find' | 'reopen'>;

/** Nest injection token of what the sender keeps. */
export const KEPT_TRANSACTIONS = Symbol('KeptTransactions');

export interface UndoDispatchRequest {
  /** Of the dispatch within the provider. */
  readonly id: string;
  readonly reason: string;
  /** Of exactly what is undone, as a refusal without it named it. */
  readonly digest?: string;
}

/** Opens an order again whose transaction is gone with a block that was final, and whose effect the ledger has taken back. */
export class UndoDispatch extends Command<Outcome<DispatchRejection>> {
  readonly envelope: Envelope;
  readonly request: UndoDispatchRequest;

  constructor(envelope: Envelope, request: UndoDispatchRequest) {
    super();
    [this.envelope, this.request] = [envelope, request];
  }
}

@CommandHandler(UndoDispatch)
export class UndoDispatchHandler implements ICommandHandler<UndoDispatch> {
  readonly #executor: CommandExecutor;
  readonly #transactions: KeptTransactions;

  constructor(@Inject(CommandExecutor) executor: CommandExecutor, @Inject(KEPT_TRANSACTIONS) transactions: KeptTransactions) {
    [this.#executor, this.#transactions] = [executor, transactions];
  }

  /**
   * The transaction comes first: an open order whose transaction is kept as final would be done again at once. A crash between the two leaves one
   * that is looked for and, since nobody has undone it yet, not sent but freed (docs/decisions/0181): the repeated command has it signed anew.
   */
  async execute({ envelope, request: { id, reason, digest } }: UndoDispatch): Promise<Outcome<DispatchRejection>> {
    const { provider } = envelope;
    const stream = dispatchStream(provider, id);
    const state = await this.#executor.current(dispatch, stream, provider);
    const data = { effects: await this.#effectsOf(provider, state), reason, digest };
    if (state.status === 'done' && undo(state, data).kind === 'accepted') {
      const sent = await lastTransactionOf(this.#transactions, { stream, orderedAt: state.orderedAt });
      if (sent !== undefined) await this.#transactions.reopen(sent.id);
    }
    return this.#executor.execute({ aggregate: dispatch, stream, envelope, decide: (current) => undo(current, data) });
  }

  #effectsOf(provider: string, state: Dispatch): Promise<readonly KnownEffect[]> {
    if (state.status === 'none') return Promise.resolve([]);
    const { chainId, contract } = state.order.data;
    return Promise.all(
      effectsOf(state.order).map(async (expected) => {
        const id = settlementId({ chainId, contract, ...expected });
        return { settlement: id, state: await this.#executor.current(settlement, settlementStream(provider, id), provider) };
      }),
    );
  }
}
