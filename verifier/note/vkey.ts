import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';

/** A key that signs notes, as C2SP signed-note describes it. */
export interface NoteKey {
  /** For a tree head the origin of the log. */
  readonly name: string;
  /** 8 hex: the first four bytes of SHA-256(name || "\n" || type || public key). */
  readonly keyHash: string;
  /** `<name>+<key hash>+<base64(type || public key)>`. */
  readonly vkey: string;
  readonly publicKey: KeyObject;
}

/** C2SP's type byte of Ed25519. Others may come; a key of a type that we do not know verifies nothing. */
const ed25519Type = 0x01;
/** Ed25519 of a witness, who signs the time too. */
export const cosignerType = 0x04;
const pattern = /^([^\s+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u;
/** What stands before the raw 32 bytes in a SubjectPublicKeyInfo of Ed25519 (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads a key in its text form; undefined for anything that is no Ed25519 key with its own hash. */
export function parseVkey(vkey: string, type = ed25519Type): NoteKey | undefined {
  const [, name, keyHash, encoded] = pattern.exec(vkey) ?? [];
  if (name === undefined || keyHash === undefined || encoded === undefined) return undefined;
  const typed = Buffer.from(encoded, 'base64');
  if (typed.length !== 33 || typed[0] !== type || typed.toString('base64') !== encoded) return undefined;
  const expected = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 8);
  if (expected !== keyHash) return undefined;
  const publicKey = createPublicKey({ key: Buffer.concat([spkiPrefix, typed.subarray(1)]), format: 'der', type: 'spki' });
  return { name, keyHash, vkey, publicKey };
}

/** Did this key sign the text (RFC 8032)? */
export function isSignedBy(key: NoteKey, text: string, signature: Uint8Array): boolean {
  if (signature.length !== 64) return false;
  try {
    return verify(null, Buffer.from(text), key.publicKey, signature);
  } catch {
    return false; // The 32 bytes are no point of the curve.
  }
}
