import { describe, it } from '@jest/globals';
import { provider, registerProvider, setEntryAccess } from '../../../services/access/domain/provider.ts';
import type { ProviderEvent } from '../../../services/access/domain/provider.events.ts';
import { given } from '../../support/given.ts';

const registered: ProviderEvent = { type: 'ProviderRegistered/1', data: { provider: 'north', name: 'North' } };
const entries = (access: 'public' | 'token'): ProviderEvent => ({ type: 'EntryAccessSet/1', data: { entries: access } });

describe('a provider', () => {
  it('is registered once', () => {
    given(provider, [])
      .when((state) => registerProvider(state, registered.data as never))
      .thenAccepts('ProviderRegistered/1');
    given(provider, [registered])
      .when((state) => registerProvider(state, { provider: 'north', name: 'North again' }))
      .thenRejects({ code: 'provider_already_registered', provider: 'north' });
  });

  it('keeps the entries of its log to holders of a token, and opens them again', () => {
    given(provider, [registered])
      .when((state) => setEntryAccess(state, 'token'))
      .thenAccepts('EntryAccessSet/1');
    given(provider, [registered, entries('token')])
      .when((state) => setEntryAccess(state, 'public'))
      .thenAccepts('EntryAccessSet/1');
  });

  it('is told by the event that says it already', () => {
    given(provider, [registered])
      .when((state) => setEntryAccess(state, 'public'))
      .thenRepeats(0n);
    given(provider, [registered, entries('token')])
      .when((state) => setEntryAccess(state, 'token'))
      .thenRepeats(1n);
  });

  it('that does not exist decides nothing', () => {
    given(provider, [])
      .when((state) => setEntryAccess(state, 'token'))
      .thenRejects({ code: 'provider_not_found' });
  });
});
