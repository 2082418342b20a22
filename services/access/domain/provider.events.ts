import { EventTypes } from '../../event-store/domain/event-types.ts';

/** A provider (tenant) exists. Stream `<slug>.provider-<slug>`, always revision 0. Its log's genesis was written before. */
export type ProviderRegistered = {
  readonly provider: string;
  readonly name: string;
};

/** `public`: anybody may read the entries of the log. `token`: only who may read its payloads too. */
export const entryAccesses = ['public', 'token'] as const;

export type EntryAccess = (typeof entryAccesses)[number];

/** Who may read the entries of the provider's log from now on. They are public before the first of these. */
export type EntryAccessSet = {
  readonly entries: EntryAccess;
};

export type ProviderEvent =
  | { readonly type: 'ProviderRegistered/1'; readonly data: ProviderRegistered }
  | { readonly type: 'EntryAccessSet/1'; readonly data: EntryAccessSet };

export const providerEvents = new EventTypes<ProviderEvent>({ 'ProviderRegistered/1': [], 'EntryAccessSet/1': [] });
