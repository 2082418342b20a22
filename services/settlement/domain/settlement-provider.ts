import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import type { Currency } from '../../money/currency.ts';
import { type SettlementProfileSet, type SettlementProviderEvent, settlementProviderEvents } from './settlement-provider.events.ts';

export type SettlementProvider =
  | { readonly status: 'none' }
  | {
      readonly status: 'named';
      readonly providerId: string;
      readonly profile: SettlementProfileSet | undefined;
      readonly revision: bigint;
    };

export const settlementProvider: Aggregate<SettlementProvider, SettlementProviderEvent> = {
  initial: { status: 'none' },
  evolve: (state, { event, revision }) => {
    if (event.type === 'SettlementProviderNamed/1') {
      return { status: 'named', providerId: event.data.providerId, profile: undefined, revision };
    }
    return state.status === 'none' ? state : { ...state, profile: event.data, revision };
  },
  events: settlementProviderEvents,
};

export type SettlementProviderRejection = { readonly code: 'settlement_not_configured' };
export type ConfigureRejection = { readonly code: 'book_currency_fixed'; readonly bookCurrency: string };

const defaultBookCurrency: Currency = 'EUR';

/** What the treasury, its fees and its gains are valued in, whatever currencies customers are billed in. */
export function bookCurrencyOf(state: SettlementProvider): Currency {
  const said = state.status === 'none' ? undefined : state.profile?.bookCurrency;
  return (said ?? defaultBookCurrency) as Currency;
}

export interface ConfigureSettlementData {
  readonly providerId: string;
  readonly profile: SettlementProfileSet;
}

/**
 * Names the provider once, and says who it is as often as that changes. The currency of its books is said with the first profile: what the
 * treasury was worth until then would stay behind in the old one.
 */
export function configureSettlement(
  state: SettlementProvider,
  { providerId, profile }: ConfigureSettlementData,
): Decision<SettlementProviderEvent, ConfigureRejection> {
  const bookCurrency = profile.bookCurrency ?? bookCurrencyOf(state);
  const said: SettlementProviderEvent = { type: 'SettlementProfileSet/1', data: { ...profile, bookCurrency } };
  if (state.status === 'none') return accept<SettlementProviderEvent>({ type: 'SettlementProviderNamed/1', data: { providerId } }, said);
  const { legalName, termsHash } = state.profile ?? {};
  if (state.profile !== undefined && bookCurrency !== bookCurrencyOf(state)) {
    return reject({ code: 'book_currency_fixed', bookCurrency: bookCurrencyOf(state) });
  }
  return legalName === profile.legalName && termsHash === profile.termsHash ? repeated(state.revision) : accept(said);
}

/** The provider as it takes payments, or why it does not. */
export function configured(
  state: SettlementProvider,
): { readonly code?: undefined; readonly providerId: string; readonly profile: SettlementProfileSet } | SettlementProviderRejection {
  if (state.status === 'none' || state.profile === undefined) return { code: 'settlement_not_configured' };
  return { providerId: state.providerId, profile: state.profile };
}
