import type { ChainSet } from '../checks/chain-set.ts';
import type { PassState } from '../checks/pass-state.ts';
import type { StatedRoot } from '../checks/tree.check.ts';
import type { Ordinals } from '../ids/ordinals.ts';
import type { KeptIdsState, KeptIdStore } from './kept.id-store.ts';

/** A pass that ended, or was cut off, and what it was held against. */
export interface ResumePoint {
  readonly genesisHash: string;
  readonly isDeep: boolean;
  /** By chain and contract, in order; undefined where no chain was asked. */
  readonly anchors: ReadonlyMap<string, readonly AnchorKept[]> | undefined;
  /** Roots stated for the leaves that were read: all of them were those of the tree. */
  readonly roots: ReadonlyMap<number, string>;
  readonly pass: PassState;
  /** Event ids of the leaves that were read. */
  readonly ids: KeptIdsState;
}

export interface AnchorKept {
  readonly size: bigint;
  readonly root: string;
  readonly time: number;
}

/**
 * Keeps where a verification is, so that a later one goes on from there. A point in the middle of a log was made of tiles that nobody signed;
 * it is bound once the log's signed head was reached from it, and only then it may accuse the log.
 */
export interface ResumeStore {
  /** The last point; undefined where there is nothing to go on from. */
  load(): { readonly point: ResumePoint; readonly isBound: boolean } | undefined;
  /** A store for event ids that a point can have; it goes on from the ids of a point, or has none. */
  openIds(known: Ordinals, from?: KeptIdsState): KeptIdStore;
  /** Is it time to save again? It costs as much as the log has streams and accounts. */
  isDue(): boolean;
  /** Durable when it returns, and not bound. What was saved before stays whole until then. */
  save(point: ResumePoint): void;
  /** The last point led to a signed head. */
  bind(): void;
  /** Forgets what is not bound. */
  discard(): void;
}

export interface Present {
  readonly genesisHash: string;
  readonly isDeep: boolean;
  /** What opens payloads is at hand. */
  readonly hasToken: boolean;
  readonly chains: ChainSet;
}

/** Why a verification must begin anew, or undefined: going on from there comes to the same verdict. */
export function whyNotResumed(point: ResumePoint, { genesisHash, isDeep, hasToken, chains }: Present): string | undefined {
  const { pass } = point;
  if (point.genesisHash !== genesisHash) return 'it is of another log';
  if (isDeep && !point.isDeep) return 'the canonical form was not checked then';
  if (hasToken && (pass.counts.withheld > 0 || pass.payloadsAbsence !== undefined)) return 'payloads were not at hand then';
  const present = chains.isAsked ? chains.anchorsByChain() : undefined;
  if ((present === undefined) !== (point.anchors === undefined)) return 'chains were asked then and not now, or now and not then';
  for (const [key, anchors] of present ?? []) {
    const kept = point.anchors?.get(key);
    if (kept === undefined) return `chain and contract ${key} were not asked then`;
    const areSame = kept.every(({ size, root, time }, place) => {
      const anchor = anchors[place];
      return anchor?.size === size && anchor.root === root && anchor.time === time;
    });
    if (!areSame) return `the anchors in ${key} are others than then`;
    if (anchors.slice(kept.length).some(({ size }) => size <= BigInt(pass.size)))
      return `${key} has new anchors of leaves that were read then`;
  }
  return undefined;
}

/** Roots that are stated now for leaves that were read then, and were not held against the tree. */
export function rootsNotCompared({ roots, pass }: ResumePoint, stated: readonly StatedRoot[]): StatedRoot[] {
  return stated.filter(({ size, root }) => size <= pass.size && roots.get(size) !== root);
}
