import { Inject, Injectable } from '@nestjs/common';
import { ACCESS_SECRET, API_KEY_STORE, type ApiKeyStore, hashOf, tokenOf } from './api-key.ts';
import type { Role } from './principal.ts';

interface KeyToIssue {
  readonly id: string;
  readonly provider: string;
  readonly role: Role;
  /** For a customer alone. */
  readonly account?: string;
}

@Injectable()
export class ApiKeyIssuer {
  readonly #keys: ApiKeyStore;
  readonly #secret: Uint8Array;

  constructor(@Inject(API_KEY_STORE) keys: ApiKeyStore, @Inject(ACCESS_SECRET) secret: Uint8Array) {
    this.#keys = keys;
    this.#secret = secret;
  }

  /** The token of a key, which works when this returns. The same id answers the same token. */
  async issue({ id, provider, role, account = '' }: KeyToIssue): Promise<string> {
    const token = tokenOf(this.#secret, id);
    await this.#keys.save({ id, provider, role, account, tokenHash: hashOf(token) });
    return token;
  }
}
