import { type BillCheckId, type BillCheckOutcome, billOutcomesOf, billVerdictOf } from '../bill/bill-checks.ts';
import { BundleHead } from '../bill/bundle-head.ts';
import { ChainSet, type PlacedAnchor } from '../checks/chain-set.ts';
import type { Entry } from '../log/entry.ts';
import { openGenesis } from '../log/genesis.ts';
import { parseHead, type SignedHead } from '../note/tree-head.ts';
import type { Unopened, Verdict } from '../verdict.ts';
import { parseEntries } from './entries-file.ts';

export interface VerifyEntriesOptions {
  /** The text of the file. */
  readonly file: string;
  /** Leaf hash of the genesis, 64 lower-case hex, from somebody else than the operator's server. */
  readonly genesisHash: string;
  /** Nodes of the chains; none: no chain is asked, and the outcome says so. */
  readonly rpcUrls: readonly string[];
}

export interface ProvenEntry {
  readonly index: number;
  readonly entry: Entry;
  /** 64 hex. */
  readonly hash: string;
  readonly payload: 'opened' | 'withheld' | 'not opened';
}

export interface EntriesOutcome {
  readonly verdict: Verdict;
  /** The log lists a chain, and it was not asked. */
  readonly isOffline: boolean;
  readonly origin: string;
  readonly head: SignedHead;
  /** Leaves that an anchor on the chain covers; of the head where no chain is asked. */
  readonly provenSize: number;
  readonly lastAnchor: PlacedAnchor | undefined;
  /** Those that are in the tree. */
  readonly entries: readonly ProvenEntry[];
  readonly checks: readonly BillCheckOutcome[];
}

const asked: readonly BillCheckId[] = ['V1', 'V2', 'V3', 'V4', 'V7'];

/**
 * Checks entries that somebody took home from a log: that they are in it, and that their payloads are the ones that the log committed to.
 * Whether the rest of the log is right, only the whole log tells. Throws only for defects of its own.
 */
export async function verifyEntries({ file: text, genesisHash, rpcUrls }: VerifyEntriesOptions): Promise<EntriesOutcome | Unopened> {
  const file = parseEntries(text);
  if (typeof file === 'string') return { verdict: 'UNVERIFIABLE', reason: file };
  const genesis = openGenesis(file.genesis, genesisHash);
  if (typeof genesis === 'string') return { verdict: 'INVALID', reason: genesis };
  const head = parseHead(file.checkpoint);
  if (head === undefined) return { verdict: 'INVALID', reason: 'the checkpoint is no signed tree head' };
  const chains = await ChainSet.open(rpcUrls, genesis.policy);
  const proven = new BundleHead({ file, genesis, head, chains });
  const { policies, provenSize } = await proven.check(rpcUrls.length > 0);
  const withheld = new Set(file.entries.filter(({ isWithheld }) => isWithheld === true).map(({ index }) => Number(index)));
  const entries = proven.open(file.entries).map(({ index, entry, hash, fin }): ProvenEntry => {
    return { index, entry, hash, payload: fin !== undefined ? 'opened' : withheld.has(index) ? 'withheld' : 'not opened' };
  });
  const last = file.entries.reduce((largest, { index }) => Math.max(largest, Number(index)), 0);
  proven.checkCover(last, provenSize);
  const { V7 } = proven.checks;
  if (entries.length > 0 && entries.every(({ payload }) => payload === 'withheld')) V7.leave('not checked', 'every payload is withheld');
  const checks = billOutcomesOf(proven.checks, asked);
  return {
    verdict: billVerdictOf(checks),
    isOffline: rpcUrls.length === 0 && policies.all.some((policy) => policy.chains.length > 0),
    ...{ origin: genesis.policy.origin, head, provenSize, lastAnchor: proven.lastAnchor, entries, checks },
  };
}
