import { parseAnchors, type ClaimedAnchor } from '../log/anchors-file.ts';
import { chainKeyOf, type LogPolicy } from '../log/policy.ts';
import { noteBytesMax } from '../note/signed-note.ts';
import { parseHead, type SignedHead } from '../note/tree-head.ts';
import { isAbsence, readPart } from '../source/bundles.ts';
import type { LogSource } from '../source/log-source.ts';
import type { Unopened } from '../verdict.ts';
import type { ChainSet } from './chain-set.ts';
import type { Check } from './check.ts';
import type { StatedRoot } from './tree.check.ts';

/** What a log says of itself beside its leaves. */
export interface LogFiles {
  readonly head: SignedHead;
  readonly headRoot: StatedRoot;
  /** Lines of `log.vkey`. */
  readonly vkeys: readonly string[];
  /** Lines of `anchors.jsonl`; undefined for one that cannot be read. */
  readonly claims: readonly (ClaimedAnchor | undefined)[];
  readonly claimedRoots: readonly StatedRoot[];
  /** The largest size that the log itself says is anchored. */
  readonly claimedSize: bigint;
}

const anchorsBytesMax = 256 * 1024 * 1024;

/** Reads anchors before the head: what a log says is anchored it must show. */
export async function readLogFiles(source: LogSource): Promise<LogFiles | Unopened> {
  const anchors = await readPart(source, 'anchors.jsonl', anchorsBytesMax);
  const vkey = await readPart(source, 'log.vkey', noteBytesMax);
  const checkpoint = await readPart(source, 'checkpoint', noteBytesMax);
  for (const part of [anchors, vkey])
    if (isAbsence(part) && (part.why === 'failed' || part.why === 'large')) return { verdict: 'UNVERIFIABLE', reason: part.message };
  if (isAbsence(checkpoint)) return { verdict: 'UNVERIFIABLE', reason: checkpoint.message };
  const head = parseHead(checkpoint);
  if (head === undefined) return { verdict: 'INVALID', reason: 'the checkpoint is no signed tree head' };
  if (head.size > BigInt(Number.MAX_SAFE_INTEGER))
    return { verdict: 'UNVERIFIABLE', reason: `the head states ${head.size} leaves, more than can be read` };
  const claims = isAbsence(anchors) ? [] : parseAnchors(anchors);
  return {
    ...{ head, claims },
    headRoot: { size: Number(head.size), root: head.root, by: 'the signed head', evidence: { head: head.note.text } },
    vkeys: isAbsence(vkey)
      ? []
      : vkey
          .toString('utf8')
          .split('\n')
          .filter((line) => line !== ''),
    claimedRoots: claims.flatMap((claim, line) => (claim === undefined ? [] : [claimedRootOf(claim, line + 1)])),
    claimedSize: claims.reduce((size, claim) => (claim !== undefined && claim.size > size ? claim.size : size), 0n),
  };
}

export interface Claims {
  readonly claims: readonly (ClaimedAnchor | undefined)[];
  readonly chains: ChainSet;
  readonly policies: readonly LogPolicy[];
  /** Some of the log's policies could not be opened. */
  readonly isUncertain: boolean;
  /** 0x-hex. */
  readonly logId: string;
}

/** Part of V1: `anchors.jsonl` may state nothing that the chain does not. */
export function compareClaims(check: Check, { claims, chains, policies, isUncertain, logId }: Claims): void {
  const listed = new Set(policies.flatMap((policy) => policy.chains.map(chainKeyOf)));
  claims.forEach((claim, index) => {
    const line = `line ${index + 1} of anchors.jsonl`;
    if (claim === undefined) {
      check.findings.add({ name: 'unreadable-line', message: `${line} cannot be read` });
      return;
    }
    const { chainId, contract, size } = claim;
    const evidence = { chainId, contract, logId: claim.logId };
    if (claim.logId !== logId) check.invalid.add({ message: `${line} is an anchor of another log`, evidence });
    else if (!listed.has(`${chainId} ${contract}`))
      (isUncertain ? check.unverifiable : check.invalid).add({ message: `${line} names a contract that no policy lists`, evidence });
    else if (chains.isAnchored(`${chainId} ${contract}`, size) === false)
      check.findings.add({
        name: 'anchor-not-on-chain',
        message: `${line} states an anchor of ${size} leaves that the chain does not have as final`,
      });
  });
}

function claimedRootOf({ size, root, chainId, contract }: ClaimedAnchor, line: number): StatedRoot {
  return { size: Number(size), root, by: `line ${line} of anchors.jsonl (chain ${chainId})`, anchor: { chainId, contract } };
}
