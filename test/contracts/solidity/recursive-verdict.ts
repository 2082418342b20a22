import { nodeHash } from '../../../bench/support/reference-tree.ts';

/*
 * Proofs checked by the recursive definition of the tree (RFC 9162, section 2.1) instead of by the loops of its verification sections:
 * the verdict that every other implementation has to give, on wrong proofs too. A check ends with undefined where the definition asks for
 * a hash that the proof does not hold, or leaves one over.
 */

export function inclusionVerdict(size: bigint, root: Buffer, leaf: Buffer, index: bigint, proof: readonly Buffer[]): boolean {
  return index < size && rootByInclusion(size, leaf, index, proof)?.equals(root) === true;
}

export function consistencyVerdict(m: bigint, oldRoot: Buffer, n: bigint, newRoot: Buffer, proof: readonly Buffer[]): boolean {
  if (m === 0n || m > n) return false;
  const roots = rootsByConsistency(m, n, proof, oldRoot);
  return roots !== undefined && roots[0].equals(oldRoot) && roots[1].equals(newRoot);
}

function rootByInclusion(size: bigint, leaf: Buffer, index: bigint, proof: readonly Buffer[]): Buffer | undefined {
  if (size === 1n) return proof.length === 0 ? leaf : undefined;
  const sibling = proof.at(-1);
  if (sibling === undefined) return undefined;
  const k = largestPowerBelow(size);
  const isLeft = index < k;
  const child = rootByInclusion(isLeft ? k : size - k, leaf, isLeft ? index : index - k, proof.slice(0, -1));
  return child && (isLeft ? nodeHash(child, sibling) : nodeHash(sibling, child));
}

/** Both roots; `complete` is the old root while the subtree begins at leaf 0, where a whole subtree needs no hash. */
function rootsByConsistency(m: bigint, n: bigint, proof: readonly Buffer[], complete?: Buffer): [Buffer, Buffer] | undefined {
  const last = proof.at(-1);
  if (m === n) {
    const whole = proof.length === (complete === undefined ? 1 : 0) ? (complete ?? last) : undefined;
    return whole && [whole, whole];
  }
  if (last === undefined) return undefined;
  const k = largestPowerBelow(n);
  const rest = proof.slice(0, -1);
  const roots = m <= k ? rootsByConsistency(m, k, rest, complete) : rootsByConsistency(m - k, n - k, rest);
  if (roots === undefined) return undefined;
  return m <= k ? [roots[0], nodeHash(roots[1], last)] : [nodeHash(last, roots[0]), nodeHash(last, roots[1])];
}

/** The largest power of two below n, for n > 1. */
function largestPowerBelow(n: bigint): bigint {
  return 1n << BigInt((n - 1n).toString(2).length - 1);
}
