import { hash } from 'node:crypto';
import type { SigningKey } from './signing-key.ts';

/*
 * Signed notes as C2SP signed-note has them: text, an empty line, and signature lines `— <key name> <base64(key hash || signature)>`.
 */

/** C2SP's type byte of an Ed25519 signature. */
const ed25519Type = 0x01;
const keyNamePattern = /^[^\s+]{1,255}$/u;

/** A key with the name under which verifiers know it. */
export interface NoteSigner {
  readonly name: string;
  /** Public half in C2SP text form: `<name>+<key hash, 8 hex>+<base64(type || public key)>`. */
  readonly vkey: string;
  /** The whole note: text, empty line, signature line. */
  sign(text: string): string;
}

/** Throws `RangeError` for a name with a space or `+`. */
export function noteSigner(name: string, key: SigningKey): NoteSigner {
  if (!keyNamePattern.test(name)) throw new RangeError(`"${name}" cannot be the name of a key.`);
  const keyHash = keyHashOf(name, key.publicKey);
  return {
    name,
    vkey: vkeyOf(name, key.publicKey),
    sign(text) {
      if (!text.endsWith('\n')) throw new RangeError('The text of a note ends with a new line.');
      return `${text}\n— ${name} ${Buffer.concat([keyHash, key.sign(text)]).toString('base64')}\n`;
    },
  };
}

/** A public key in C2SP text form. */
export function vkeyOf(name: string, publicKey: Uint8Array): string {
  const typed = Buffer.concat([Buffer.of(ed25519Type), publicKey]);
  return `${name}+${keyHashOf(name, publicKey).toString('hex')}+${typed.toString('base64')}`;
}

/** Several keys that sign together; the name and the key shown are those of the first. */
export function coSigner([first, ...others]: readonly [NoteSigner, ...NoteSigner[]]): NoteSigner {
  return {
    ...first,
    // Behind the text and the empty line each adds a line of its own.
    sign: (text) => first.sign(text) + others.map((signer) => signer.sign(text).slice(text.length + 1)).join(''),
  };
}

/** The first four bytes of SHA-256(name || "\n" || type || public key). */
function keyHashOf(name: string, publicKey: Uint8Array): Buffer {
  const message = Buffer.concat([Buffer.from(`${name}\n`), Buffer.of(ed25519Type), publicKey]);
  return hash('sha256', message, 'buffer').subarray(0, 4);
}
