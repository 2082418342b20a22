import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { API_KEY_STORE, type ApiKeyStore, keyIdOf, matches, type StoredApiKey } from './api-key.ts';
import type { Principal } from './principal.ts';

/** A revoked key stops working everywhere within this time. */
const staleMsMax = 5_000;

/** Tells who a bearer token belongs to. */
@Injectable()
export class Authenticator {
  readonly #keys: ApiKeyStore;
  readonly #cache = new LRUCache<string, StoredApiKey>({ max: 10_000, ttl: staleMsMax });

  constructor(@Inject(API_KEY_STORE) keys: ApiKeyStore) {
    this.#keys = keys;
  }

  /** The principal of a token, or undefined when the token opens nothing. */
  async principalOf(token: string): Promise<Principal | undefined> {
    const id = keyIdOf(token);
    if (id === undefined) return undefined;
    const key = this.#cache.get(id) ?? (await this.#keys.find(id));
    if (key === undefined || !matches(key, token)) return undefined;
    this.#cache.set(id, key);
    return { id: key.id, role: key.role, provider: key.provider, ...(key.role === 'customer' && { account: key.account }) };
  }
}
