import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, repeated } from '../../commands/domain/decision.ts';
import { isCurrency } from '../../money/currency.ts';
import type { ChainPlace, RecordedLog } from './chain-effect.ts';
import { type CreditTokenEvent, creditTokenEvents, type CreditTokenRecorded } from './credit.events.ts';
import { currencyOfWord } from './quote.ts';
import type { KnownToken } from './token-amount.ts';

/**
 * The tokens of a provider's prepaid credit on one chain. A unit of each is a unit of its currency, whatever any rate is. There is one for each
 * factory, so a second one means that the chain was given other contracts: the last one is sold.
 */
export interface CreditTokenBook {
  readonly recorded: readonly RecordedCreditToken[];
}

export interface RecordedCreditToken {
  readonly contract: string;
  /** Undefined for a currency that the ledger does not keep: such credit cannot be bought here. */
  readonly token: KnownToken | undefined;
  readonly revision: bigint;
}

export const creditTokens: Aggregate<CreditTokenBook, CreditTokenEvent> = {
  initial: { recorded: [] },
  evolve: ({ recorded }, { event: { data }, revision }) => ({
    recorded: [...recorded, { contract: data.contract, token: tokenOf(data), revision }],
  }),
  events: creditTokenEvents,
};

export function recordCreditToken(state: CreditTokenBook, data: CreditTokenRecorded): Decision<CreditTokenEvent, never> {
  const known = state.recorded.find(({ contract }) => contract === data.contract);
  return known === undefined ? accept({ type: 'CreditTokenRecorded/1', data }) : repeated(known.revision);
}

/** What the factory's log says. */
export function creditTokenIn({ chainId, tx }: Pick<ChainPlace, 'chainId' | 'tx'>, { fields }: RecordedLog): CreditTokenRecorded {
  const { token, currency, decimals } = fields as Readonly<Record<'token' | 'currency' | 'decimals', string>>;
  return { chainId, contract: token, currency: currencyOfWord(currency), decimals, tx };
}

function tokenOf({ contract, currency, decimals }: CreditTokenRecorded): KnownToken | undefined {
  return isCurrency(currency) ? { address: contract, currency, decimals: Number(decimals) } : undefined;
}
