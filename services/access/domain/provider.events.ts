import { EventTypes } from '../../event-store/domain/event-types.ts';

/** A provider (tenant) exists. Stream `<slug>.provider-<slug>`, always revision 0. Its log's genesis was written before. */
export type ProviderRegistered = {
  readonly provider: string;
  readonly name: string;
};

export type ProviderEvent = { readonly type: 'ProviderRegistered/1'; readonly data: ProviderRegistered };

export const providerEvents = new EventTypes<ProviderEvent>({ 'ProviderRegistered/1': [] });
