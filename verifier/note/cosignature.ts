import type { SignedNote } from './signed-note.ts';
import { cosignerType, isSignedBy, type NoteKey, parseVkey } from './vkey.ts';

/** A witness's word that a head extends every head that it signed before (C2SP tlog-cosignature). */
export interface Cosignature {
  /** When it looked, seconds since 1970. */
  readonly time: number;
}

const timeBytes = 8;
const signatureBytes = 64;

/** Reads the key of a witness; undefined for a text that is none. */
export function parseWitnessKey(vkey: string): NoteKey | undefined {
  return parseVkey(vkey, cosignerType);
}

/** The latest valid cosignature of a witness on a note. */
export function cosignatureOf({ text, signatures }: SignedNote, key: NoteKey): Cosignature | undefined {
  let latest: Cosignature | undefined;
  for (const { name, keyHash, signature } of signatures) {
    if (name !== key.name || keyHash !== key.keyHash || signature.length !== timeBytes + signatureBytes) continue;
    const time = Number(Buffer.from(signature).readBigUInt64BE(0));
    const isValid = isSignedBy(key, `cosignature/v1\ntime ${time}\n${text}`, signature.subarray(timeBytes));
    if (isValid && Number.isSafeInteger(time) && time >= (latest?.time ?? 0)) latest = { time };
  }
  return latest;
}
