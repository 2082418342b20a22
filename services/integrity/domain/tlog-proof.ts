/** What a C2SP tlog-proof states. */
export interface TlogProof {
  readonly index: bigint;
  /** From the leaf's sibling up, 32 bytes each. */
  readonly path: readonly Buffer[];
  /** The signed checkpoint that the path leads to. */
  readonly note: string;
}

/** The text form of c2sp.org/tlog-proof@v1: checked offline with the leaf and the log's key alone. */
export function tlogProofText({ index, path, note }: TlogProof): string {
  const hashes = path.map((hash) => `${hash.toString('base64')}\n`).join('');
  return `c2sp.org/tlog-proof@v1\nindex ${index}\n${hashes}\n${note}`;
}
