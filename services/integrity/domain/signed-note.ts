import { createPublicKey, verify } from 'node:crypto';

/** Its type byte and the raw 32 bytes of an Ed25519 key stand behind the name and the hash. */
const vkeyPattern = /^([^\s+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u;
const signatureLine = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const ed25519Type = 0x01;

/** The text of a signed note (C2SP) if one of its lines is a valid signature of this key, in C2SP text form; else undefined. */
export function textSignedBy(note: string, vkey: string): string | undefined {
  const [, name, keyHash, typed = ''] = vkeyPattern.exec(vkey) ?? [];
  const key = Buffer.from(typed, 'base64');
  const end = note.lastIndexOf('\n\n');
  if (name === undefined || key[0] !== ed25519Type || end < 0) return undefined;
  const text = note.slice(0, end + 1);
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url', 1) }, format: 'jwk' });
  const isSigned = note
    .slice(end + 2)
    .split('\n')
    .some((line) => {
      const [, signer, encoded = ''] = signatureLine.exec(line) ?? [];
      const bytes = Buffer.from(encoded, 'base64');
      if (signer !== name || bytes.toString('hex', 0, 4) !== keyHash || bytes.length !== 68) return false;
      return verify(null, Buffer.from(text), publicKey, bytes.subarray(4));
    });
  return isSigned ? text : undefined;
}
