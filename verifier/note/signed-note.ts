import { isSignedBy, type NoteKey } from './vkey.ts';

/** A text with signatures (C2SP signed-note). */
export interface SignedNote {
  /** Ends with a new line; exactly what is signed. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
  /** The whole note. */
  readonly bytes: Buffer;
}

interface NoteSignature {
  readonly name: string;
  readonly keyHash: string;
  readonly signature: Uint8Array;
}

/** C2SP recommends a limit; a tree head with a few witnesses has a tenth of this. */
export const noteBytesMax = 64 * 1024;
const signatureLine = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;
const controlCharacter = /[\u0000-\u0009\u000b-\u001f]/;

/** Reads a note: text, an empty line, signature lines. Undefined for bytes that are none. */
export function parseNote(bytes: Buffer): SignedNote | undefined {
  const note = bytes.toString('utf8');
  if (bytes.length > noteBytesMax || !Buffer.from(note).equals(bytes) || controlCharacter.test(note)) return undefined;
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) return undefined;
  const signatures: NoteSignature[] = [];
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name, encoded] = signatureLine.exec(line) ?? [];
    if (name === undefined || encoded === undefined) return undefined;
    const decoded = Buffer.from(encoded, 'base64');
    if (decoded.length < 5 || decoded.toString('base64') !== encoded) return undefined;
    signatures.push({ name, keyHash: decoded.toString('hex', 0, 4), signature: decoded.subarray(4) });
  }
  return { text: note.slice(0, end + 1), signatures, bytes };
}

/** Does the note bear a valid signature of this key? Lines of other keys are passed over, as the format asks. */
export function bearsSignatureOf({ text, signatures }: SignedNote, key: NoteKey): boolean {
  return signatures.some(
    ({ name, keyHash, signature }) => name === key.name && keyHash === key.keyHash && isSignedBy(key, text, signature),
  );
}
