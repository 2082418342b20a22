import { streamName } from '../../event-store/domain/stream-name.ts';

/* Names of the streams of a provider's settlement. The provider comes from the authenticated context or a checkout's link. */

export const settlementProviderStream = (slug: string) => streamName({ slug, kind: 'settlementProvider', id: 'main' });
export const slotRegisterStream = (slug: string) => streamName({ slug, kind: 'slots', id: 'main' });
export const slotStream = (slug: string, seq: string) => streamName({ slug, kind: 'slot', id: seq });
export const ppvEventStream = (slug: string, title: string) => streamName({ slug, kind: 'ppvEvent', id: title });
export const rateStream = (slug: string, base: string, currency: string) => streamName({ slug, kind: 'rate', id: `${base}.${currency}` });
export const termsStream = (slug: string, hash: string) => streamName({ slug, kind: 'terms', id: hash });
export const settlementStream = (slug: string, id: string) => streamName({ slug, kind: 'settlement', id });
