import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { API_KEY_STORE, type ApiKeyStore, keyIdOf, matches, type StoredApiKey } from './api-key.ts';
import type { Principal } from './principal.ts';

/** A revoked key stops working everywhere within this time, without anybody telling the other processes. */
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
    const kept = this.#cache.get(id);
    const key = kept ?? (await this.#keys.find(id));
    if (key === undefined || !matches(key, token)) return undefined;
    // Only what was just read is kept: a key that is used all the time would else outlive its revocation.
    if (kept === undefined) this.#cache.set(id, key);
    return { id: key.id, role: key.role, provider: key.provider, ...(key.role === 'customer' && { account: key.account }) };
  }
}
