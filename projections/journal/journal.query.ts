import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import type { Currency } from '../../services/money/currency.ts';
import type { PostingDirection } from '../../services/money/posting.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { amountOfNumeric } from '../sql/numeric-amount.ts';
import { inSnapshot } from '../sql/snapshot.ts';
import { journal } from './journal.projection.ts';
import type { JournalKey } from './journal-key.ts';

export interface JournalLine {
  readonly key: JournalKey;
  readonly eventId: string;
  readonly type: string;
  readonly ledgerAccount: string;
  readonly direction: PostingDirection;
  readonly amount: string;
  readonly currency: Currency;
  readonly effectiveAt: string;
  readonly recordedAt: string;
}

export interface JournalPage {
  readonly lines: readonly JournalLine[];
  /** Key of the next page's first line. */
  readonly next: JournalKey | undefined;
  readonly asOfPosition: bigint;
}

export interface JournalAsked {
  readonly from: JournalKey;
  /** Only lines of this customer's account. */
  readonly account?: string | undefined;
  /** Only lines of this ledger account. */
  readonly ledgerAccount?: string | undefined;
  readonly limit: number;
}

interface LineRow {
  readonly position: bigint;
  readonly line: number;
  readonly event_id: string;
  readonly type: string;
  readonly ledger_account: string;
  readonly direction: PostingDirection;
  readonly amount: string;
  readonly currency: Currency;
  readonly effective_at: Date;
  readonly recorded_at: Date;
}

const columns = 'position, line, event_id, type, ledger_account, direction, amount, currency, effective_at, recorded_at';

@Injectable()
export class JournalQuery {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  /** Lines in log order from a key on: of everything, of one ledger account, or of one customer. */
  page(provider: string, asked: JournalAsked): Promise<JournalPage> {
    return inSnapshot(this.#pool, async (client) => {
      const { from, limit } = asked;
      const filter = filterOf(asked);
      const { rows } = await client.query<LineRow>({
        text: `
          select ${columns}
            from journal
           where provider = $1 and (position, line) >= ($2, $3) ${filter.text}
           order by position, line
           limit $4`,
        values: [provider, from.position, from.line, limit + 1, ...filter.values],
      });
      const lines = rows.map(lineOf);
      return { lines: lines.slice(0, limit), next: lines[limit]?.key, asOfPosition: await positionOf(client, journal) };
    });
  }
}

function filterOf({ account, ledgerAccount }: JournalAsked): { readonly text: string; readonly values: readonly string[] } {
  if (ledgerAccount !== undefined) return { text: 'and ledger_account = $5', values: [ledgerAccount] };
  if (account === undefined) return { text: '', values: [] };
  // A wallet has any number of buckets below its name; ';' is the character after ':'.
  const wallet = `liability:wallet:${account}`;
  return {
    text: 'and (ledger_account in ($5, $6) or (ledger_account >= $7 and ledger_account < $8))',
    values: [`asset:unbilled:${account}`, `asset:receivable:${account}`, `${wallet}:`, `${wallet};`],
  };
}

function lineOf(row: LineRow): JournalLine {
  const { position, line, event_id, type, ledger_account, direction, amount, currency, effective_at, recorded_at } = row;
  return {
    key: { position, line },
    eventId: event_id,
    type,
    ledgerAccount: ledger_account,
    direction,
    amount: amountOfNumeric(amount, currency),
    currency,
    effectiveAt: effective_at.toISOString(),
    recordedAt: recorded_at.toISOString(),
  };
}
