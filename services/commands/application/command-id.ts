import type { IdPrefix } from '../domain/prefixed-id.ts';
import { uuidv5 } from './uuid-v5.ts';

/** Namespace of URLs, RFC 9562. */
const urlNamespace = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

export interface CommandKey {
  readonly provider: string;
  /** Who asked: an API key's id, or a process. A key of one principal says nothing about another's. */
  readonly principal: string;
  /** The caller's Idempotency-Key. */
  readonly key: string;
}

/** Deterministic (DESIGN 4.1): the same caller with the same key means the same command, for ever. */
export function commandIdOf({ provider, principal, key }: CommandKey): string {
  return uuidv5(`tallyroot:command:1\n${provider}\n${principal}\n${key}`, urlNamespace);
}

/** Id of the `index`-th event that a command writes to a stream. */
export function eventIdOf(commandId: string, stream: string, index: number): string {
  return uuidv5(`${stream}\n${index}`, commandId);
}

/** Id of the aggregate that a command creates, for example `acc_<uuid>`: a repeat of the create meets its own stream. */
export function createdIdOf(commandId: string, prefix: IdPrefix): string {
  return prefix + uuidv5(prefix, commandId);
}

/**
 * Id of what a command on an account brings about: an invoice, a payment, a purchase. The account is part of it, since two commands that
 * race with one key on two accounts are both written, and must not name the same thing (docs/decisions/0006).
 */
export function createdOnAccountIdOf(commandId: string, prefix: IdPrefix, account: string): string {
  return prefix + uuidv5(`${prefix}\n${account}`, commandId);
}
