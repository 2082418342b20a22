import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, repeated } from '../../commands/domain/decision.ts';
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

export interface ConfigureSettlementData {
  readonly providerId: string;
  readonly profile: SettlementProfileSet;
}

/** Names the provider once, and says who it is as often as that changes. */
export function configureSettlement(
  state: SettlementProvider,
  { providerId, profile }: ConfigureSettlementData,
): Decision<SettlementProviderEvent, never> {
  const said: SettlementProviderEvent = { type: 'SettlementProfileSet/1', data: profile };
  if (state.status === 'none') return accept<SettlementProviderEvent>({ type: 'SettlementProviderNamed/1', data: { providerId } }, said);
  const { legalName, termsHash } = state.profile ?? {};
  return legalName === profile.legalName && termsHash === profile.termsHash ? repeated(state.revision) : accept(said);
}

/** The provider as it takes payments, or why it does not. */
export function configured(
  state: SettlementProvider,
): { readonly code?: undefined; readonly providerId: string; readonly profile: SettlementProfileSet } | SettlementProviderRejection {
  if (state.status === 'none' || state.profile === undefined) return { code: 'settlement_not_configured' };
  return { providerId: state.providerId, profile: state.profile };
}
