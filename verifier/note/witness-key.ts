import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject, sign } from 'node:crypto';
import { parseWitnessKey } from './cosignature.ts';
import { cosignerType, type NoteKey } from './vkey.ts';

/** What a witness signs with (C2SP tlog-cosignature, Ed25519). */
export interface WitnessKey extends NoteKey {
  readonly privateKey: KeyObject;
}

/** As C2SP signed-note asks of a key's name; at most 255 bytes, so that the line with it is short. */
const namePattern = /^[^\s+]{1,255}$/u;
const millisecondsPerSecond = 1000;

/** A new key in the form of its file: the public half in text form, then the private half as PKCS#8 PEM. Throws `RangeError` for a bad name. */
export function newWitnessKey(name: string): string {
  if (!namePattern.test(name) || Buffer.byteLength(name) > 255)
    throw new RangeError(`"${name}" cannot be the name of a witness: 1 to 255 bytes without space and "+".`);
  const { privateKey } = generateKeyPairSync('ed25519');
  return `${vkeyOf(name, privateKey)}\n${privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()}`;
}

/** Reads a key's file. Throws `RangeError` with a sentence for anything that is none, or whose halves do not belong together. */
export function readWitnessKey(file: string): WitnessKey {
  const [vkey = ''] = file.split('\n', 1);
  const key = parseWitnessKey(vkey);
  if (key === undefined) throw new RangeError('Its first line is no public key of a witness.');
  const privateKey = privateKeyIn(file.slice(vkey.length + 1));
  if (vkeyOf(key.name, privateKey) !== vkey) throw new RangeError('Its first line belongs to another private key.');
  return { ...key, privateKey };
}

/**
 * The signature line of a witness under a head, with a new line at its end: it says that at this time this was the largest head of the log
 * that the witness knew, and that it extends all that it cosigned before.
 */
export function cosign({ name, keyHash, privateKey }: WitnessKey, text: string, now: Date): string {
  const seconds = BigInt(Math.floor(now.getTime() / millisecondsPerSecond));
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(seconds);
  const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${text}`), privateKey);
  return `— ${name} ${Buffer.concat([Buffer.from(keyHash, 'hex'), time, signature]).toString('base64')}\n`;
}

function privateKeyIn(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // It is said below: the message of the library could repeat a part of the key.
  }
  if (key?.asymmetricKeyType !== 'ed25519') throw new RangeError('It holds no Ed25519 key as PKCS#8 PEM.');
  return key;
}

function vkeyOf(name: string, privateKey: KeyObject): string {
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x as string, 'base64url');
  const typed = Buffer.concat([Buffer.of(cosignerType), raw]);
  const keyHash = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'hex').slice(0, 8);
  return `${name}+${keyHash}+${typed.toString('base64')}`;
}
