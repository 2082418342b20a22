import type { ProviderLogs } from '../../integrity/application/provider-logs.ts';
import { providerIdOf } from '../domain/chain-number.ts';

/** Which of our providers a number on chain is. */
export interface ProviderDirectory {
  /** Undefined for a provider of somebody else, whose contracts are the same. */
  slugOf(providerId: string): string | undefined;
  /** Numbers of all of ours. */
  providerIds(): Iterable<string>;
}

/** The providers that have a log. Their numbers follow from their names, so that none has to be looked up, and none can be another's. */
export class LoggedProviders implements ProviderDirectory {
  readonly #slugs = new Map<string, string>();

  constructor(logs: Pick<ProviderLogs, 'onKnown'>) {
    logs.onKnown(({ slug }) => this.#slugs.set(providerIdOf(slug), slug));
  }

  slugOf(providerId: string): string | undefined {
    return this.#slugs.get(providerId);
  }

  providerIds(): Iterable<string> {
    return this.#slugs.keys();
  }
}
