/** An anchor as `anchors.jsonl` has it (integrity reference, section 9): all text, numbers decimal, hashes and addresses 0x-hex. */
export interface AnchorRecord {
  readonly chainId: string;
  readonly contract: string;
  readonly logId: string;
  readonly size: string;
  readonly root: string;
  readonly seq: string;
  readonly block: string;
  readonly blockHash: string;
  readonly tx: string;
}

/** The anchors of a log that are in a block, oldest first. `log` is the provider's slug. */
export interface AnchorsQuery {
  anchors(log: string): Promise<readonly AnchorRecord[]>;
}

/** Lines of `anchors.jsonl`, with the names in the order that the reference has them. */
export function anchorLines(anchors: readonly AnchorRecord[]): string {
  return anchors
    .map(({ chainId, contract, logId, size, root, seq, block, blockHash, tx }) =>
      JSON.stringify({ chainId, contract, logId, size, root, seq, block, blockHash, tx }),
    )
    .map((line) => `${line}\n`)
    .join('');
}
