import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const algorithm = 'aes-256-gcm';
const tagBytes = 16;
export const nonceBytes = 12;

export interface Sealed {
  /** 12 random bytes. */
  readonly nonce: Buffer;
  /** The encrypted text and, behind it, the tag. */
  readonly sealed: Buffer;
}

/** AES-256-GCM; `bound` is what the text belongs to: opened as anything else it does not open. */
export function sealText(key: Uint8Array, text: Uint8Array, bound: string): Sealed {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(bound));
  return { nonce, sealed: Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]) };
}

/** Throws where a bit of it, the key or what it belongs to is another. */
export function openText(key: Uint8Array, { nonce, sealed }: Sealed, bound: string): Buffer {
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(bound));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - tagBytes)), decipher.final()]);
}
