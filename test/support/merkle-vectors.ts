import { readFileSync } from 'node:fs';
import type { ConsistencyClaim, InclusionClaim } from '../../verifier/merkle.ts';

interface Vectors {
  readonly inclusion: readonly Readonly<Record<'index' | 'size' | 'leafHash' | 'root', string> & { proof: readonly string[] }>[];
  readonly consistency: readonly Readonly<Record<'size1' | 'size2' | 'root1' | 'root2', string> & { proof: readonly string[] }>[];
}

const vectors = JSON.parse(readFileSync(new URL('../vectors/merkle-proofs.json', import.meta.url), 'utf8')) as Vectors;

/** Proofs in trees of up to 2^64 - 1 leaves, which every implementation accepts: services, verifier, contracts, and Go's tlog. */
export const inclusionVectors: readonly InclusionClaim[] = vectors.inclusion.map(({ index, size, leafHash, root, proof }) => ({
  ...{ index: BigInt(index), size: BigInt(size), leafHash: bytesOf(leafHash), root: bytesOf(root), proof: proof.map(bytesOf) },
}));
export const consistencyVectors: readonly ConsistencyClaim[] = vectors.consistency.map(({ size1, size2, root1, root2, proof }) => ({
  ...{ size1: BigInt(size1), size2: BigInt(size2), root1: bytesOf(root1), root2: bytesOf(root2), proof: proof.map(bytesOf) },
}));

function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.slice(2), 'hex');
}
