import { noteBytesMax } from '../note/signed-note.ts';
import { parseHead, type SignedHead } from '../note/tree-head.ts';

/** What is asked of a witness: cosign this head, which extends the one of `oldSize` leaves that you know. */
export interface CheckpointRequest {
  readonly oldSize: bigint;
  /** RFC 9162, section 2.1.4.1; 32 bytes each. */
  readonly proof: readonly Buffer[];
  readonly head: SignedHead;
}

/** The wire allows so many, which is enough for every tree of less than 2^63 leaves. */
const hashesMax = 63;
const hashLineBytes = 45;
const firstLineBytesMax = 'old 18446744073709551615\n'.length;

/** No request that can be answered is longer. */
export const requestBytesMax = firstLineBytesMax + hashesMax * hashLineBytes + 1 + noteBytesMax;

const firstLine = /^old (0|[1-9][0-9]{0,19})$/;
const hashLine = /^[A-Za-z0-9+/]{43}=$/;
const lineEnd = 0x0a;

/** Reads the body of `add-checkpoint` (C2SP tlog-witness); undefined for bytes that are none. */
export function parseCheckpointRequest(body: Buffer): CheckpointRequest | undefined {
  const lines: string[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf(lineEnd, at);
    if (end < 0 || lines.length > hashesMax + 1) return undefined;
    const line = body.toString('latin1', at, end);
    at = end + 1;
    if (line === '') break;
    lines.push(line);
  }
  const [first = '', ...hashLines] = lines;
  const [, oldSize] = firstLine.exec(first) ?? [];
  const proof = hashLines.map(hashIn);
  const head = parseHead(body.subarray(at));
  const isWhole = oldSize !== undefined && proof.length <= hashesMax && proof.every((hash) => hash !== undefined);
  return isWhole && head !== undefined ? { oldSize: BigInt(oldSize), proof, head } : undefined;
}

function hashIn(line: string): Buffer | undefined {
  const decoded = hashLine.test(line) ? Buffer.from(line, 'base64') : undefined;
  return decoded?.toString('base64') === line ? decoded : undefined;
}
