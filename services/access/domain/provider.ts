import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { type ProviderEvent, providerEvents, type ProviderRegistered } from './provider.events.ts';

export type Provider = { readonly status: 'none' } | { readonly status: 'registered' };

export const provider: Aggregate<Provider, ProviderEvent> = {
  initial: { status: 'none' },
  evolve: () => ({ status: 'registered' }),
  events: providerEvents,
};

export type ProviderRejection = { readonly code: 'provider_already_registered'; readonly provider: string };

export function registerProvider(state: Provider, data: ProviderRegistered): Decision<ProviderEvent, ProviderRejection> {
  if (state.status === 'registered') return reject({ code: 'provider_already_registered', provider: data.provider });
  return accept({ type: 'ProviderRegistered/1', data });
}
