import { type LogPair, LogsDifferFault, passCommonPart } from '../../event-store/application/compare-logs.ts';
import type { StoredEvent } from '../../event-store/domain/event-store.ts';
import { LogRoots } from '../../integrity/application/log-roots.ts';
import type { TreeHead } from '../../integrity/domain/tree-head.ts';

export interface VerifiedCopy {
  readonly events: number;
  /** By provider: size and root of the tree, the same from both stores. */
  readonly heads: ReadonlyMap<string, TreeHead>;
}

/**
 * Walks both stores from their first event to their last, holds every event against its copy, and computes the trees of all logs from each side
 * on its own. Throws `LogsDifferFault` when anything is missing or different.
 */
export async function verifyCopy({ source, target }: LogPair, passed: (event: StoredEvent) => void): Promise<VerifiedCopy> {
  const [ofSource, ofTarget] = [new LogRoots(), new LogRoots()];
  const { rest, events } = await passCommonPart({ source, target }, (here, there) => {
    ofSource.add(here);
    ofTarget.add(there);
    passed(here);
  });
  if ((await rest.next()).done !== true) {
    throw new LogsDifferFault(`The target holds the first ${events} events of the source, and the source has more: run the copy again.`);
  }
  const heads = ofSource.heads();
  const copies = ofTarget.heads();
  for (const [slug, { size, root }] of heads) {
    const copy = copies.get(slug);
    if (copy?.size !== size || !copy.root.equals(root)) throw new LogsDifferFault(`The log of ${slug} has another root in the target.`);
  }
  return { events, heads };
}
