import type { PublishedHead } from '../domain/tree-head.ts';
import type { AnchorsQuery } from './anchors-query.ts';
import type { LogQuery } from './log-query.ts';
import type { BundledAnchor } from './proof-bundle.ts';

export interface LastAnchorsOptions {
  readonly query: LogQuery;
  readonly anchors: AnchorsQuery;
}

/** Of each contract the last final anchor that a head covers, with the proof that the head extends it. */
export async function lastAnchors(log: string, head: PublishedHead, { query, anchors }: LastAnchorsOptions): Promise<BundledAnchor[]> {
  const covered = (await anchors.anchors(log)).filter(({ size }) => BigInt(size) <= head.size);
  const last = new Map(covered.map((anchor) => [`${anchor.chainId} ${anchor.contract}`, anchor]));
  return Promise.all(
    [...last.values()].map(async (anchor) => {
      const proof = await query.consistency(log, BigInt(anchor.size), head.size);
      return { ...anchor, consistency: proof.map((hash) => hash.toString('hex')) };
    }),
  );
}
