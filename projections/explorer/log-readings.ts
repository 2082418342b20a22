import { Inject, Injectable } from '@nestjs/common';
import type { Principal } from '../../services/access/application/principal.ts';
import { ProblemError } from '../../services/http/problem-error.ts';
import { ENTRY_PUBLICITY, type EntryPublicity } from '../../services/integrity/application/entry-publicity.ts';
import { LogQuery } from '../../services/integrity/application/log-query.ts';
import type { PublishedHead } from '../../services/integrity/domain/tree-head.ts';

const slugPattern = /^[a-z0-9]{2,20}$/;

/** What somebody may see of a log, as of its published head. */
export interface LogReading {
  readonly head: PublishedHead;
  /** Stream, type and id of leaves. */
  readonly entries: boolean;
  /** What leaves commit to. */
  readonly payloads: boolean;
}

/**
 * Without a key a log is read as far as it is public. A key is for the log of its own provider: for any other, another tenant's log is
 * answered like one that does not exist, as everywhere.
 */
@Injectable()
export class LogReadings {
  readonly #query: LogQuery;
  readonly #publicity: EntryPublicity;

  constructor(@Inject(LogQuery) query: LogQuery, @Inject(ENTRY_PUBLICITY) publicity: EntryPublicity) {
    this.#query = query;
    this.#publicity = publicity;
  }

  async of(slug: string, principal: Principal | undefined): Promise<LogReading> {
    const isForeign = principal !== undefined && principal.provider !== slug;
    const head = isForeign || !slugPattern.test(slug) ? undefined : await this.#query.head(slug);
    if (head === undefined) throw new ProblemError('log_not_found');
    const payloads = principal !== undefined;
    return { head, payloads, entries: payloads || (await this.#publicity.arePublic(slug)) };
  }
}
