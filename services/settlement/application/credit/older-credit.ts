import type { CommandExecutor } from '../../../commands/application/command-executor.ts';
import type { EventStore, StoredEvent } from '../../../event-store/domain/event-store.ts';
import { type Settlement, settlement, standingOf } from '../../domain/settlement.ts';
import { settlementStream } from '../settlement-streams.ts';
import { CreditHoldings } from './credit-holdings.ts';
import { isCreditEffect } from './credit-subjects.ts';
import type { CreditTokens } from './credit-tokens.ts';

export interface OlderCreditParts {
  readonly executor: CommandExecutor;
  readonly store: Pick<EventStore, 'readAll'>;
  readonly tokens: CreditTokens;
}

interface CreditContract {
  readonly chainId: string;
  readonly contract: string;
}

const finalTypes: readonly string[] = ['SettlementFinalized/1', 'ReceiptUnmatched/1'];

/**
 * Tells the accounts what became final of a contract's credit before credit was counted by account (docs/decisions/0180), in the order of the
 * log, which is that of the chain. Nothing new may be final before that. Once the newest effect is told, all before it are.
 */
export class OlderCredit {
  readonly #parts: OlderCreditParts;
  readonly #holdings: CreditHoldings;
  readonly #told = new Set<string>();

  constructor(parts: OlderCreditParts) {
    this.#parts = parts;
    this.#holdings = new CreditHoldings(parts.executor);
  }

  /** Durable when it returns; safe to repeat, by several processes at once and after a crash anywhere. Reads the log once in a process. */
  async bringUp(provider: string, of: CreditContract): Promise<void> {
    const prefix = settlementStream(provider, `${of.chainId}.${of.contract}.`);
    if (this.#told.has(prefix)) return;
    if (!(await this.#isToldTo(provider, prefix)))
      for await (const stored of this.#parts.store.readAll({ filter: { streamPrefixes: [prefix] } })) await this.#tell(provider, stored);
    this.#told.add(prefix);
  }

  async #isToldTo(provider: string, prefix: string): Promise<boolean> {
    for await (const stored of this.#parts.store.readAll({ direction: 'backwards', filter: { streamPrefixes: [prefix] } })) {
      const state = await this.#finalBy(provider, stored);
      if (state !== undefined) return this.#holdings.isTold(provider, state.seen);
    }
    return true;
  }

  async #tell(provider: string, stored: StoredEvent): Promise<void> {
    const state = await this.#finalBy(provider, stored);
    if (state === undefined || (await this.#holdings.isTold(provider, state.seen))) return;
    const token = await this.#parts.tokens.at(provider, state.seen);
    await this.#holdings.move(provider, state.seen, { follows: stored.revision - 1n, older: token });
    // Somebody may have taken it back meanwhile, who found nothing of it here.
    await this.#holdings.takeBack(provider, stored.stream);
  }

  /** The effect on credit that this event made final, and that still is by it. */
  async #finalBy(provider: string, { stream, type, revision }: StoredEvent): Promise<Exclude<Settlement, { status: 'none' }> | undefined> {
    if (!finalTypes.includes(type)) return undefined;
    const state = await this.#parts.executor.current(settlement, stream, provider);
    if (state.status === 'none' || standingOf(state) !== 'finalized' || !isCreditEffect(state.seen)) return undefined;
    return state.revision === revision ? state : undefined;
  }
}
