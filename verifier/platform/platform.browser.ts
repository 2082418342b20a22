import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';

/*
 * The same as `platform.node.ts` in a browser. WebCrypto would do, but answers later only: every leaf and node of a tree would be a turn of the
 * event loop.
 */

type HashForm = 'hex' | 'binary' | 'buffer';

export function hash(algorithm: 'sha256', data: string | Uint8Array, form: 'buffer'): Buffer;
export function hash(algorithm: 'sha256', data: string | Uint8Array, form: 'hex' | 'binary'): string;
export function hash(_: 'sha256', data: string | Uint8Array, form: HashForm): string | Buffer {
  const digest = Buffer.from(sha256(typeof data === 'string' ? Buffer.from(data) : data));
  return form === 'buffer' ? digest : digest.toString(form === 'hex' ? 'hex' : 'latin1');
}

/** From 0 up to `max`, which is not reached. */
export function randomInt(max: number): number {
  return Math.floor(((crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32) * max);
}

export function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80);
}

export function isUint8Array(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export type Ed25519Key = Uint8Array;

export function ed25519Key(raw: Uint8Array): Ed25519Key {
  return Uint8Array.from(raw);
}

export function isEd25519Signed(key: Ed25519Key, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}
