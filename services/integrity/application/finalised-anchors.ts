import type { Anchor, AnchorStore } from './anchor-store.ts';
import type { AnchorRecord, AnchorsQuery } from './anchors-query.ts';

/** The anchors that count: those whose block is final. */
export class FinalisedAnchors implements AnchorsQuery {
  readonly #anchors: AnchorStore;

  constructor(anchors: AnchorStore) {
    this.#anchors = anchors;
  }

  async anchors(log: string): Promise<readonly AnchorRecord[]> {
    return (await this.#anchors.finalised(log)).map(recordOf).filter((record) => record !== undefined);
  }
}

function recordOf({ chainId, contract, logId, size, root, place }: Anchor): AnchorRecord | undefined {
  if (place === undefined) return undefined;
  const { seq, block, blockHash, tx } = place;
  return {
    ...{ chainId, contract, logId: `0x${logId}`, size: size.toString(), root: `0x${root.toString('hex')}` },
    ...{ seq: seq.toString(), block: block.toString(), blockHash, tx },
  };
}
