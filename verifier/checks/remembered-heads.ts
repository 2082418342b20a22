import { verifyConsistency } from '../merkle.ts';
import { parseHead, type SignedHead } from '../note/tree-head.ts';
import type { LogSource } from '../source/log-source.ts';
import { MissingTileError, TileNodes } from '../tree/tile-nodes.ts';
import type { Check } from './check.ts';
import type { Policies } from './policies.ts';
import type { StatedRoot } from './tree.check.ts';

/** A head as it was stored. */
export interface NoteOfHead {
  readonly note: Buffer;
  /** Who remembers it, for people. */
  readonly from: string;
}

/** A head that was seen before, or that somebody else was shown. */
export interface RememberedHead extends SignedHead {
  /** Who remembers it, for people. */
  readonly from: string;
}

/** Reads a note; undefined for one that is no head of this log, for what it says is of another one. */
export function rememberedHead({ note, from }: NoteOfHead, origin: string): RememberedHead | undefined {
  const head = parseHead(note);
  return head?.origin !== origin || head.size === 0n ? undefined : { ...head, from };
}

export function rootStatedBy({ size, root, from, note }: RememberedHead): StatedRoot {
  const evidence = { head: note.text };
  return { size: Number(size), root, by: `the signed head of ${size} leaves (${from})`, evidence, note };
}

/** What the log states of itself now. */
export interface PresentTree {
  readonly source: LogSource;
  readonly size: number;
  /** Of the signed head, 64 hex. */
  readonly root: string;
}

/**
 * Holds roots against a tree by proofs from its tiles, where reading its leaves once more would show the same. Answers those that are not of
 * this tree; a tile that is missing, or leads elsewhere, is said.
 */
export async function rootsOfOtherTrees(check: Check, present: PresentTree, stated: readonly StatedRoot[]): Promise<StatedRoot[]> {
  const { source, size, root } = present;
  const nodes = new TileNodes(source, size);
  const others: StatedRoot[] = [];
  for (const claim of stated) {
    try {
      const found = Buffer.from(await nodes.root(claim.size), 'latin1').toString('hex');
      const tree = { size1: BigInt(claim.size), size2: BigInt(size), root1: Buffer.from(found, 'hex'), root2: Buffer.from(root, 'hex') };
      if (!verifyConsistency({ ...tree, proof: await nodes.consistency(claim.size) }))
        check.invalid.add({ message: `the tiles do not lead from ${claim.size} leaves to the signed head of ${size}` });
      else if (found !== claim.root) others.push({ ...claim, recomputed: found });
    } catch (error) {
      if (!(error instanceof MissingTileError)) throw error;
      check.unverifiable.add({ message: `${claim.by} could not be compared: ${error.message}` });
    }
  }
  return others;
}

/** Part of V3: a root that is not of this tree is INVALID, unless it stands in a head that no key of the log signed. */
export function reportOtherRoots(check: Check, stated: readonly StatedRoot[], policies: Policies): void {
  for (const { size, root, by, evidence, note, anchor, recomputed } of stated) {
    if (note !== undefined && policies.signerOf(note).signer === 'nobody')
      check.findings.add({ name: 'foreign-head', message: `${by} is signed by no key of the log, and proves nothing` });
    else {
      const shown = { size: String(size), stated: root, recomputed: recomputed ?? '', ...evidence };
      const proof = { kind: 'root', size, root, head: note?.bytes, anchor } as const;
      check.invalid.add({ message: `the tree of ${size} leaves has another root than ${by} states`, evidence: shown, proof });
    }
  }
}
