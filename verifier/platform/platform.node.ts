import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/*
 * What the verifier needs of the machine that it runs on, in Node. `#platform` stands for this file, or for its sibling in a browser: one bundle
 * holds one of them, so nothing is chosen while it runs.
 */
export { isAscii } from 'node:buffer';
export { hash, randomInt } from 'node:crypto';
export { setTimeout as sleep } from 'node:timers/promises';
export { isUint8Array } from 'node:util/types';

export type Ed25519Key = KeyObject;

/** What stands before the raw 32 bytes in a SubjectPublicKeyInfo of Ed25519 (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** A key from its 32 bytes, which may be no point of the curve: such a key verifies nothing. */
export function ed25519Key(raw: Uint8Array): Ed25519Key {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

/** Did the key sign the message (RFC 8032)? False for whatever is no signature. */
export function isEd25519Signed(key: Ed25519Key, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}
