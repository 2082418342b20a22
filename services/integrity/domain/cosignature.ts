import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';

/*
 * Cosignatures of witnesses, C2SP tlog-cosignature, Ed25519: lines under a tree head, as those of the log, with the time in front of the
 * signature.
 */

/** The public key of a witness, under the name by which verifiers know it. */
export interface CosignerKey {
  readonly name: string;
  /** `<name>+<key hash, 8 hex>+<base64(0x04 || public key)>`. */
  readonly vkey: string;
  readonly keyHash: string;
  readonly publicKey: KeyObject;
}

export interface Cosignature {
  /** The signature line, new line included. */
  readonly line: string;
  /** When the witness says that it looked. */
  readonly at: Date;
}

const cosignerType = 0x04;
const vkeyPattern = /^([^\s+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/u;
const linePattern = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
/** What stands before the raw 32 bytes in a SubjectPublicKeyInfo of Ed25519 (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const [keyHashBytes, timeBytes, signatureBytes] = [4, 8, 64];
const millisecondsPerSecond = 1000n;

/** Undefined for a text that is no Ed25519 key of a witness. */
export function parseCosignerKey(vkey: string): CosignerKey | undefined {
  const [, name, keyHash, encoded] = vkeyPattern.exec(vkey) ?? [];
  if (name === undefined || keyHash === undefined || encoded === undefined) return undefined;
  const typed = Buffer.from(encoded, 'base64');
  const isKey = typed.length === 33 && typed[0] === cosignerType && typed.toString('base64') === encoded;
  if (!isKey || hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 8) !== keyHash) return undefined;
  const publicKey = createPublicKey({ key: Buffer.concat([spkiPrefix, typed.subarray(1)]), format: 'der', type: 'spki' });
  return { name, vkey, keyHash, publicKey };
}

/** The valid cosignature of this witness among signature lines; those of unknown keys are passed over. `text` is that of the head. */
export function cosignatureIn(lines: string, text: string, key: CosignerKey): Cosignature | undefined {
  for (const line of lines.split('\n')) {
    const [, name, encoded = ''] = linePattern.exec(line) ?? [];
    const bytes = Buffer.from(encoded, 'base64');
    if (name !== key.name || bytes.toString('hex', 0, keyHashBytes) !== key.keyHash) continue;
    if (bytes.toString('base64') !== encoded || bytes.length !== keyHashBytes + timeBytes + signatureBytes) continue;
    const seconds = bytes.readBigUInt64BE(keyHashBytes);
    const signed = Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`);
    if (isSignedBy(key, signed, bytes.subarray(keyHashBytes + timeBytes)))
      return { line: `${line}\n`, at: new Date(Number(seconds * millisecondsPerSecond)) };
  }
  return undefined;
}

function isSignedBy({ publicKey }: CosignerKey, message: Buffer, signature: Buffer): boolean {
  try {
    return verify(null, message, publicKey, signature);
  } catch {
    return false; // The 32 bytes are no point of the curve.
  }
}
