import type { LogSource } from '../source/log-source.ts';
import type { Outcome, Unopened } from '../verdict.ts';
import { verifyLog, type VerifyOptions } from '../verify.ts';
import type { MirrorFolder } from './mirror-folder.ts';
import { MirrorLogSource } from './mirror.log-source.ts';

export interface MirrorOptions extends Omit<VerifyOptions, 'source' | 'heads' | 'onHead' | 'resume'> {
  readonly live: LogSource;
  readonly folder: MirrorFolder;
}

export interface MirrorResult {
  readonly outcome: Outcome | Unopened;
  /** `accepted`: the mirror has all leaves of the head. `refused`: it stays as it was, since what came in is INVALID. `waiting`: not all came in. */
  readonly result: 'accepted' | 'refused' | 'waiting';
  /** Where the refused files are. */
  readonly refusedIn: string | undefined;
  readonly bytesRead: number;
  /** Payloads that the log does not show any more and the mirror has. */
  readonly keptPayloads: number;
}

/**
 * Brings a mirror up to the log's present head. Everything that comes in is verified on the way, behind the leaves that were verified before;
 * it becomes part of the mirror when its leaves lead to the signed head and nothing in it is INVALID. Can be cut off at any point, and repeated.
 */
export async function mirrorLog(options: MirrorOptions): Promise<MirrorResult> {
  return options.folder.alone(() => bringUpToDate(options));
}

async function bringUpToDate(options: MirrorOptions): Promise<MirrorResult> {
  const { live, folder, ...verifyOptions } = options;
  const wasCutOff = folder.hasIncoming;
  const source = new MirrorLogSource(live, { copy: folder.path, incoming: folder.incoming });
  const outcome = await verifyLog({
    ...{ ...verifyOptions, source, heads: folder.heads.heads, resume: folder.resume },
    onHead: (note) => folder.heads.add(note),
  });
  const { bytesRead, keptPayloads } = source;
  const told = { outcome, bytesRead, keptPayloads };
  if (outcome.verdict === 'INVALID') {
    const refusedIn = folder.refuse(new Date());
    // What came in another day may be what is wrong: it is asked for once more before anybody is accused.
    return wasCutOff ? bringUpToDate(options) : { ...told, result: 'refused', refusedIn };
  }
  if (!isWhole(outcome)) return { ...told, result: 'waiting', refusedIn: undefined };
  folder.accept();
  return { ...told, result: 'accepted', refusedIn: undefined };
}

/** Are all leaves and entries here, in the tree that the head names? Chains may still be silent: the copy is right without them. */
function isWhole(outcome: Outcome | Unopened): boolean {
  if ('reason' in outcome || outcome.counts.leaves !== outcome.size) return false;
  return outcome.checks.every(({ id, result, unverifiableInTail }) => {
    const isOfCopy = id === 'V3' || id === 'V4' || id === 'V5';
    return !isOfCopy || (result === 'ok' && unverifiableInTail.length === 0);
  });
}
