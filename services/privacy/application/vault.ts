import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type CanonicalJson, canonicalJson } from '../../event-store/domain/canonical-json.ts';
import { personalCommitment } from '../../integrity/domain/leaf.ts';
import type { PersonalData } from '../domain/personal-data.ts';
import { nonceBytes, openText, sealText } from './cipher.ts';
import type { SubjectName, VaultRow, VaultStore, WrappedKey } from './vault-store.ts';
import type { WrappingKeys } from './wrapping-keys.ts';

/** The subject has no key: there is nothing to be read of it and nothing may be added. */
export class SubjectErasedFault extends Error {
  override readonly name = 'SubjectErasedFault';
  readonly retryable = false;

  constructor({ subject }: SubjectName) {
    super(`The key of ${subject} is destroyed.`);
  }
}

/** Personal data with what opens their commitment. */
export interface OpenedData {
  /** Canonical JSON of `PersonalData`: the exact text that is committed to. */
  readonly text: string;
  /** 32 bytes as hex. */
  readonly salt: string;
  readonly commitment: string;
}

export interface DataToKeep {
  readonly event: string;
  readonly stream: string;
  readonly data: PersonalData;
}

const keyBytes = 32;
const saltBytes = 32;

/**
 * Holds what may be erased of a log that may not: personal data, encrypted under a key for each person. The log has commitments to them,
 * salted with what is encrypted here too, so that with the key everything goes and the commitment says nothing any more.
 */
export class Vault {
  readonly #store: VaultStore;
  readonly #wrapping: WrappingKeys;

  constructor(store: VaultStore, wrapping: WrappingKeys) {
    this.#store = store;
    this.#wrapping = wrapping;
  }

  /**
   * Keeps data durably under an event's id, before the event is written, and answers the commitment for it. For an id that has data already
   * it answers the commitment to those, whoever kept them: two processes at one command write the same commitment. Undefined where those are
   * other data. Throws `SubjectErasedFault`.
   */
  async keep(name: SubjectName, { event, stream, data }: DataToKeep): Promise<string | undefined> {
    const key = await this.#key(name);
    const text = canonicalJson(data);
    const salted = Buffer.concat([randomBytes(saltBytes), Buffer.from(text)]);
    const kept = await this.#store.keep(name, { event, subject: name.subject, stream, ...sealText(key, salted, event + name.subject) });
    if (kept === undefined) throw new SubjectErasedFault(name);
    const opened = openRow(key, kept);
    return opened.text === text ? opened.commitment : undefined;
  }

  /** Undefined where the data, or the subject's key, are gone. */
  async open(name: SubjectName, event: string): Promise<OpenedData | undefined> {
    const wrapped = await this.#store.key(name);
    const row = wrapped === undefined || wrapped === 'destroyed' ? undefined : await this.#store.find(event, name.subject);
    return row === undefined ? undefined : openRow(await this.#unwrap(name, wrapped as WrappedKey), row);
  }

  /** A fingerprint of a command's text that says nothing without the subject's key, and nothing at all once that is destroyed. */
  async fingerprint(name: SubjectName, text: CanonicalJson): Promise<string> {
    const key = hkdfSync('sha256', await this.#key(name), '', 'tallyroot-fingerprint/1', keyBytes);
    return createHmac('sha256', Buffer.from(key)).update(text).digest('hex');
  }

  /** Nobody can open anything of the subject any more when this resolves. Safe to repeat; there need not be a key. */
  destroy(name: SubjectName): Promise<void> {
    return this.#store.destroyKey(name);
  }

  /** The data of these events are gone when this resolves; the subject's key opens the others. */
  destroyEvents(name: SubjectName, events: readonly string[]): Promise<void> {
    return this.#store.deleteRows(name, events);
  }

  /** Wraps every key that lies under another wrapping key under the current one. Answers how many. Safe to repeat and to interrupt. */
  async rewrapFrom(wrappingKey: string): Promise<number> {
    const current = await this.#wrapping.current();
    for (let count = 0; ;) {
      const some = await this.#store.keysUnder(wrappingKey, 500);
      if (some.length === 0) return count;
      for (const { key, ...name } of some) {
        await this.#store.rewrap(name, key, wrap(name, await this.#unwrap(name, key), current));
        count++;
      }
    }
  }

  async #key(name: SubjectName): Promise<Buffer> {
    const wrapped = (await this.#store.key(name)) ?? (await this.#newKey(name));
    if (wrapped === 'destroyed') throw new SubjectErasedFault(name);
    return this.#unwrap(name, wrapped);
  }

  async #newKey(name: SubjectName): Promise<WrappedKey | 'destroyed'> {
    return this.#store.addKey(name, wrap(name, randomBytes(keyBytes), await this.#wrapping.current()));
  }

  async #unwrap(name: SubjectName, { wrappingKey, bytes }: WrappedKey): Promise<Buffer> {
    const { bytes: wrapping } = await this.#wrapping.named(wrappingKey);
    return openText(wrapping, { nonce: bytes.subarray(0, nonceBytes), sealed: bytes.subarray(nonceBytes) }, boundOf(name));
  }
}

function wrap(name: SubjectName, key: Uint8Array, { id, bytes }: { readonly id: string; readonly bytes: Uint8Array }): WrappedKey {
  const { nonce, sealed } = sealText(bytes, key, boundOf(name));
  return { wrappingKey: id, bytes: Buffer.concat([nonce, sealed]) };
}

function boundOf({ provider, subject }: SubjectName): string {
  return `tallyroot-subject-key/1\n${provider}\n${subject}`;
}

function openRow(key: Buffer, row: VaultRow): OpenedData {
  const salted = openText(key, row, row.event + row.subject);
  const salt = salted.toString('hex', 0, saltBytes);
  const text = salted.toString('utf8', saltBytes);
  return { text, salt, commitment: personalCommitment(salt, text) };
}
