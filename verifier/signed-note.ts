import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto';

/* Signed notes (C2SP signed-note) with Ed25519 keys, type 0x01. */

export interface VerifierKey {
  readonly name: string;
  /** First four bytes of SHA-256(name || "\n" || type || public key). */
  readonly keyHash: Buffer;
  readonly key: KeyObject;
}

const ed25519Type = 1;
const ed25519Spki = Buffer.from('302a300506032b6570032100', 'hex');

/** Reads `<name>+<hash in hex>+<base64 of type and key>`; undefined for anything else, or when the hash is not the key's. */
export function readVerifierKey(text: string): VerifierKey | undefined {
  const match = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text.trim());
  if (match === null) return undefined;
  const [, name, hashText, encoded] = match as unknown as [string, string, string, string];
  const typed = Buffer.from(encoded, 'base64');
  if (typed.length !== 33 || typed[0] !== ed25519Type) return undefined;
  const keyHash = hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), typed]), 'buffer').subarray(0, 4);
  if (keyHash.toString('hex') !== hashText) return undefined;
  const key = createPublicKey({ key: Buffer.concat([ed25519Spki, typed.subarray(1)]), format: 'der', type: 'spki' });
  return { name, keyHash, key };
}

/** The signed text of a note that one of the keys signed; undefined when none did. Signatures of unknown keys are ignored. */
export function openNote(note: string, keys: readonly VerifierKey[]): string | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end < 0) return undefined;
  const text = note.slice(0, end + 1);
  for (const line of note.slice(end + 2).split('\n')) {
    const [, name, encoded] = /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? [];
    if (name === undefined || encoded === undefined) continue;
    const signature = Buffer.from(encoded, 'base64');
    const key = keys.find((each) => each.name === name && each.keyHash.equals(signature.subarray(0, 4)));
    if (key !== undefined && verify(null, Buffer.from(text), key.key, signature.subarray(4))) return text;
  }
  return undefined;
}

export interface Checkpoint {
  readonly origin: string;
  readonly size: bigint;
  readonly root: Buffer;
}

/** Reads the text of a C2SP checkpoint: origin, size, root; undefined for anything else. */
export function readCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', size = '', root = '', ...rest] = text.split('\n');
  if (rest.length !== 1 || rest[0] !== '' || origin === '' || !/^(0|[1-9][0-9]{0,19})$/.test(size)) return undefined;
  const bytes = Buffer.from(root, 'base64');
  if (bytes.length !== 32 || bytes.toString('base64') !== root) return undefined;
  return { origin, size: BigInt(size), root: bytes };
}
