import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { vkeyOf } from './note.ts';

/** Its type byte and the raw 32 bytes of an Ed25519 key stand behind the name and the hash. */
const vkeyPattern = /^([^\s+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u;
const signatureLine = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const ed25519Type = 0x01;

/** An Ed25519 key by the name under which verifiers know it. */
interface NoteKey {
  readonly name: string;
  /** 8 hex. */
  readonly keyHash: string;
  readonly publicKey: KeyObject;
}

/** Reads a key in C2SP text form; undefined for what is none, or of another type. */
function noteKeyOf(vkey: string): NoteKey | undefined {
  const [, name, keyHash, typed = ''] = vkeyPattern.exec(vkey) ?? [];
  const key = Buffer.from(typed, 'base64');
  if (name === undefined || keyHash === undefined || key[0] !== ed25519Type) return undefined;
  return {
    name,
    keyHash,
    publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url', 1) }, format: 'jwk' }),
  };
}

/** The name in a key's text form; undefined for what is no key. */
export function nameOfVkey(vkey: string): string | undefined {
  return noteKeyOf(vkey)?.name;
}

/** The same key under another name. Throws `RangeError` for what is no key. */
export function renamedVkey(vkey: string, name: string): string {
  const key = noteKeyOf(vkey);
  if (key === undefined) throw new RangeError(`${vkey} is no key of a log.`);
  const publicKey = Buffer.from(key.publicKey.export({ format: 'jwk' }).x as string, 'base64url');
  return vkeyOf(name, publicKey);
}

/** Whether a signature in base64 is one of this key over the text. */
export function isSignedBy(vkey: string, text: string, signature: string): boolean {
  const key = noteKeyOf(vkey);
  return key !== undefined && verify(null, Buffer.from(text), key.publicKey, Buffer.from(signature, 'base64'));
}

/** The text of a signed note (C2SP) if one of its lines is a valid signature of this key, in C2SP text form; else undefined. */
export function textSignedBy(note: string, vkey: string): string | undefined {
  const key = noteKeyOf(vkey);
  const end = note.lastIndexOf('\n\n');
  if (key === undefined || end < 0) return undefined;
  const text = note.slice(0, end + 1);
  const isSigned = note
    .slice(end + 2)
    .split('\n')
    .some((line) => {
      const [, signer, encoded = ''] = signatureLine.exec(line) ?? [];
      const bytes = Buffer.from(encoded, 'base64');
      if (signer !== key.name || bytes.toString('hex', 0, 4) !== key.keyHash || bytes.length !== 68) return false;
      return verify(null, Buffer.from(text), key.publicKey, bytes.subarray(4));
    });
  return isSigned ? text : undefined;
}
