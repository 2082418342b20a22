import { type Contract, hexlify } from 'ethers';
import { leafHash } from '../../../bench/support/reference-tree.ts';
import { compile, compiled } from '../../support/compiled.ts';
import { type AnchorFixture, anchorFixture, hex } from './ledger-anchor.fixture.ts';

/** A leaf, its place and what should prove it. */
export interface Inclusion {
  readonly size: bigint;
  readonly root: Buffer;
  readonly leaf: Buffer;
  readonly index: bigint;
  readonly proof: readonly Buffer[];
}

/** Two trees and what should prove that one extends the other. */
export interface Consistency {
  readonly m: bigint;
  readonly r1: Buffer;
  readonly n: bigint;
  readonly r2: Buffer;
  readonly proof: readonly Buffer[];
}

/** The verdict of the deployed code and that of the plain oracle. */
export interface Verdicts {
  readonly deployed: boolean;
  readonly plain: boolean;
}

export interface MerkleTreeFixture extends AnchorFixture {
  included(claim: Inclusion): Promise<Verdicts>;
  consistent(claim: Consistency): Promise<Verdicts>;
}

/** The anchor contract and the oracle on one chain. Compiles what is newer than its artifact. */
export async function merkleTreeFixture(): Promise<MerkleTreeFixture> {
  await compile();
  const fixture = await anchorFixture();
  const { abi, bytecode } = await compiled('test/solidity/PlainMerkleTree.sol', 'PlainMerkleTree');
  const oracle = await fixture.deploy(abi, bytecode);
  const both = async (deployed: [Contract, string], plain: string, ...args: unknown[]): Promise<Verdicts> => {
    const [first, second] = await Promise.all([deployed[0].getFunction(deployed[1])(...args), oracle.getFunction(plain)(...args)]);
    return { deployed: first as boolean, plain: second as boolean };
  };
  return {
    ...fixture,
    included: ({ size, root, leaf, index, proof }) =>
      both([oracle, 'libraryInclusion'], 'plainInclusion', size, hexlify(root), hexlify(leaf), index, hex(proof)),
    consistent: ({ m, r1, n, r2, proof }) =>
      both([fixture.anchor, 'verifyConsistency'], 'plainConsistency', m, hexlify(r1), n, hexlify(r2), hex(proof)),
  };
}

export const leavesOf = (count: number): Buffer[] => Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));

/** The hash with one of its 256 bits changed. */
export function flipped(hash: Buffer, bit: number): Buffer {
  const copy = Buffer.from(hash);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}
