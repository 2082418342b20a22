import { createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { Role } from './principal.ts';

/** A key as it is stored: a stolen table opens nothing. */
export interface StoredApiKey {
  readonly id: string;
  readonly provider: string;
  readonly role: Role;
  /** Of a customer's key; empty for all others. */
  readonly account: string;
  /** SHA-256 of the whole token, hex. A token holds 256 random bits, so no slow hash is needed. */
  readonly tokenHash: string;
}

export interface IssuedKey {
  readonly id: string;
  readonly createdAt: Date;
  /** Undefined while it works. */
  readonly revokedAt: Date | undefined;
}

export interface ApiKeyStore {
  /** Undefined for a key that does not exist or was revoked. */
  find(id: string): Promise<StoredApiKey | undefined>;
  /** Keeps a key; a key that is there already stays as it is. */
  save(key: StoredApiKey): Promise<void>;
  /** What a provider has given out for a role, the oldest first, revoked ones too. */
  issued(provider: string, role: Role): Promise<IssuedKey[]>;
  /** Ends a key that a provider has given out for a role, for ever; undefined where there is none. Safe to repeat: the first time stays. */
  revoke(key: Pick<StoredApiKey, 'id' | 'provider' | 'role'>): Promise<IssuedKey | undefined>;
}

export const API_KEY_STORE = Symbol('ApiKeyStore');

/** Secret of the installation from which tokens are derived: 32 bytes, in a file of the data folder. */
export const ACCESS_SECRET = Symbol('AccessSecret');

const tokenPattern = /^tr_([a-z]+_[0-9a-f-]{36})_[A-Za-z0-9_-]{43}$/;

/**
 * The token of a key, derived from the installation's secret: a repeated request for a key answers the same token, and still no
 * token is stored anywhere.
 */
export function tokenOf(secret: Uint8Array, keyId: string): string {
  return `tr_${keyId}_${createHmac('sha256', secret).update(`tallyroot-api-key/1\n${keyId}`).digest('base64url')}`;
}

/** The key id that a token names, or undefined for anything that is no token. */
export function keyIdOf(token: string): string | undefined {
  return tokenPattern.exec(token)?.[1];
}

export function hashOf(token: string): string {
  return hash('sha256', token, 'hex');
}

/** Compares in constant time. */
export function matches(key: StoredApiKey, token: string): boolean {
  return timingSafeEqual(Buffer.from(key.tokenHash, 'hex'), Buffer.from(hashOf(token), 'hex'));
}
