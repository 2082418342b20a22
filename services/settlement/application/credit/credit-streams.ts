import { streamName } from '../../../event-store/domain/stream-name.ts';

/* Names of the streams of a provider's prepaid credit. */

/** Credit of one token under one address. */
export interface CreditHoldingPlace {
  readonly chainId: string;
  readonly contract: string;
  readonly holder: string;
}

export const creditTokenStream = (slug: string, chainId: string) => streamName({ slug, kind: 'creditToken', id: chainId });
export const creditHolderStream = (slug: string, holder: string) => streamName({ slug, kind: 'creditHolder', id: holder });
export const creditHoldingStream = (slug: string, { chainId, contract, holder }: CreditHoldingPlace) =>
  streamName({ slug, kind: 'creditHolding', id: `${chainId}.${contract}.${holder}` });
