import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import type { SettlementObserved } from '../../domain/settlement.events.ts';
import { settlement } from '../../domain/settlement.ts';
import { settlementStream } from '../settlement-streams.ts';

export interface PurchasePlace {
  readonly chainId: string;
  readonly contract: string;
  readonly slot: string;
}

/** What was bought in a slot at a contract, from the purchase's own stream. */
export class PurchaseFacts {
  readonly #executor: CommandExecutor;

  constructor(executor: CommandExecutor) {
    this.#executor = executor;
  }

  /** The purchase as it stands; undefined where none does. */
  async seen(provider: string, { chainId, contract, slot }: PurchasePlace): Promise<SettlementObserved | undefined> {
    const stream = settlementStream(provider, settlementId({ chainId, contract, effect: 'slot', key: slot }));
    const state = await this.#executor.current(settlement, stream, provider);
    return state.status === 'none' || state.status === 'reorged' ? undefined : state.seen;
  }

  /** Undefined also for a purchase that the ledger never offered. */
  async paymentOf(provider: string, place: PurchasePlace): Promise<SettlementObserved['payment']> {
    return (await this.seen(provider, place))?.payment;
  }
}
