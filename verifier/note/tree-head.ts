import { parseNote, type SignedNote } from './signed-note.ts';

/** A signed statement of the log: so many leaves, this root. C2SP calls it a checkpoint. */
export interface SignedHead {
  readonly origin: string;
  readonly size: bigint;
  /** 64 lower-case hex. */
  readonly root: string;
  readonly note: SignedNote;
}

const body = /^([^\n]+)\n(0|[1-9][0-9]{0,19})\n([A-Za-z0-9+/]{43}=)\n$/u;
const sizeMax = 2n ** 64n - 1n;

/** Reads a head; undefined for a note that is none, one with extension lines included: no monitor could audit those. */
export function parseHead(bytes: Buffer): SignedHead | undefined {
  const note = parseNote(bytes);
  const [, origin, size, encoded] = body.exec(note?.text ?? '') ?? [];
  if (note === undefined || origin === undefined || size === undefined || encoded === undefined) return undefined;
  const root = Buffer.from(encoded, 'base64');
  if (root.toString('base64') !== encoded || BigInt(size) > sizeMax) return undefined;
  return { origin, size: BigInt(size), root: root.toString('hex'), note };
}
