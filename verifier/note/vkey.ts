import { type Ed25519Key, ed25519Key, hash, isEd25519Signed } from '#platform';

/** A key that signs notes, as C2SP signed-note describes it. */
export interface NoteKey {
  /** For a tree head the origin of the log. */
  readonly name: string;
  /** 8 hex: the first four bytes of SHA-256(name || "\n" || type || public key). */
  readonly keyHash: string;
  /** `<name>+<key hash>+<base64(type || public key)>`. */
  readonly vkey: string;
  readonly publicKey: Ed25519Key;
}

/** C2SP's type byte of Ed25519. Others may come; a key of a type that we do not know verifies nothing. */
const ed25519Type = 0x01;
/** Ed25519 of a witness, who signs the time too. */
export const cosignerType = 0x04;
const pattern = /^([^\s+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u;

/** Reads a key in its text form; undefined for anything that is no Ed25519 key with its own hash. */
export function parseVkey(vkey: string, type = ed25519Type): NoteKey | undefined {
  const [, name, keyHash, encoded] = pattern.exec(vkey) ?? [];
  if (name === undefined || keyHash === undefined || encoded === undefined) return undefined;
  const typed = Buffer.from(encoded, 'base64');
  if (typed.length !== 33 || typed[0] !== type || typed.toString('base64') !== encoded) return undefined;
  const expected = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 8);
  if (expected !== keyHash) return undefined;
  return { name, keyHash, vkey, publicKey: ed25519Key(typed.subarray(1)) };
}

/** Did this key sign the text (RFC 8032)? */
export function isSignedBy(key: NoteKey, text: string, signature: Uint8Array): boolean {
  return signature.length === 64 && isEd25519Signed(key.publicKey, Buffer.from(text), signature);
}
