import type { Principal } from '../../services/access/application/principal.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import type { LogQuery } from '../../services/integrity/application/log-query.ts';
import type { PublishedHead } from '../../services/integrity/domain/tree-head.ts';

const slugPattern = /^[a-z0-9]{2,20}$/;

/** What somebody may see of a log, as of its published head. */
export interface LogReading {
  readonly head: PublishedHead;
  readonly payloads: boolean;
}

/**
 * Without a key a log is read as far as it is public. A key is for the log of its own provider: for any other, another tenant's log is
 * answered like one that does not exist, as everywhere.
 */
export async function readingOf(query: LogQuery, slug: string, principal: Principal | undefined): Promise<LogReading> {
  const isForeign = principal !== undefined && principal.provider !== slug;
  const head = isForeign || !slugPattern.test(slug) ? undefined : await query.head(slug);
  if (head === undefined) throw new ProblemError('log_not_found');
  return { head, payloads: principal !== undefined };
}
