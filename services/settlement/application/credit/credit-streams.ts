import { streamName } from '../../../event-store/domain/stream-name.ts';

/* Names of the streams of a provider's prepaid credit. */

export const creditTokenStream = (slug: string, chainId: string) => streamName({ slug, kind: 'creditToken', id: chainId });
export const creditHolderStream = (slug: string, holder: string) => streamName({ slug, kind: 'creditHolder', id: holder });
