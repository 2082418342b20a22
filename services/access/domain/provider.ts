import type { Aggregate, Placed } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { type EntryAccess, type ProviderEvent, providerEvents, type ProviderRegistered } from './provider.events.ts';

export type Provider =
  | { readonly status: 'none' }
  | { readonly status: 'registered'; readonly entries: EntryAccess; /** Of the event that says so. */ readonly revision: bigint };

export const provider: Aggregate<Provider, ProviderEvent> = {
  initial: { status: 'none' },
  evolve: (_, { event, revision }: Placed<ProviderEvent>) => ({
    status: 'registered',
    entries: event.type === 'EntryAccessSet/1' ? event.data.entries : 'public',
    revision,
  }),
  events: providerEvents,
};

export type ProviderRejection =
  { readonly code: 'provider_already_registered'; readonly provider: string } | { readonly code: 'provider_not_found' };

export function registerProvider(state: Provider, data: ProviderRegistered): Decision<ProviderEvent, ProviderRejection> {
  if (state.status === 'registered') return reject({ code: 'provider_already_registered', provider: data.provider });
  return accept({ type: 'ProviderRegistered/1', data });
}

export function setEntryAccess(state: Provider, entries: EntryAccess): Decision<ProviderEvent, ProviderRejection> {
  if (state.status === 'none') return reject({ code: 'provider_not_found' });
  return state.entries === entries ? repeated(state.revision) : accept({ type: 'EntryAccessSet/1', data: { entries } });
}
