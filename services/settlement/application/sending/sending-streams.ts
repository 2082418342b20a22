import { streamName } from '../../../event-store/domain/stream-name.ts';

/* Names of the streams of what a provider sends. */

export const dispatchStream = (slug: string, id: string) => streamName({ slug, kind: 'dispatch', id });
export const mandateStream = (slug: string, mandate: string) => streamName({ slug, kind: 'mandate', id: mandate });
export const mandatePlacesStream = (slug: string, account: string) => streamName({ slug, kind: 'mandatePlaces', id: account });
export const refundRegisterStream = (slug: string) => streamName({ slug, kind: 'refunds', id: 'main' });
