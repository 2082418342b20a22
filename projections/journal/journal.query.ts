import { Inject, Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import type { Currency } from '../../services/money/currency.ts';
import type { PostingDirection } from '../../services/money/posting.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { books } from '../books/books.projection.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { amountOfNumeric } from '../sql/numeric-amount.ts';
import { inSnapshot } from '../sql/snapshot.ts';
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
      const rows = await rowsOf(client, provider, asked);
      const lines = rows.map(lineOf);
      const { limit } = asked;
      return { lines: lines.slice(0, limit), next: lines[limit]?.key, asOfPosition: await positionOf(client, books) };
    });
  }
}

async function rowsOf(
  client: PoolClient,
  provider: string,
  { from, account, ledgerAccount, limit }: JournalAsked,
): Promise<readonly LineRow[]> {
  const page = [provider, from.position, from.line, limit + 1];
  if (account === undefined && ledgerAccount === undefined) {
    const text = `
      select ${columns}
        from journal
       where provider = $1 and (position, line) >= ($2, $3)
       order by position, line
       limit $4`;
    return (await client.query<LineRow>({ name: 'journal_page', text, values: page })).rows;
  }
  const names = ledgerAccount === undefined ? await ledgerAccountsOf(client, provider, account) : [ledgerAccount];
  const text = `
      select ${columns}
        from journal
       where hashtextextended(provider || ' ' || ledger_account, 0) = any ($5::bigint[])
         and provider = $1
         and ledger_account = any ($6::text[])
         and (position, line) >= ($2, $3)
       order by position, line
       limit $4`;
  const hashes = await hashesOf(client, provider, names);
  return (await client.query<LineRow>({ name: 'journal_page_of', text, values: [...page, hashes, names] })).rows;
}

/** A wallet has any number of buckets; the balances know which ledger accounts were ever posted to. */
async function ledgerAccountsOf(client: PoolClient, provider: string, account: string | undefined): Promise<readonly string[]> {
  const { rows } = await client.query<{ readonly ledger_account: string }>({
    name: 'journal_accounts_of',
    text: 'select distinct ledger_account from account_balances where provider = $1 and account = $2',
    values: [provider, account],
  });
  return rows.map((row) => row.ledger_account);
}

/** What the journal's index knows ledger accounts by. */
async function hashesOf(client: PoolClient, provider: string, names: readonly string[]): Promise<readonly bigint[]> {
  const { rows } = await client.query<{ readonly hash: bigint }>({
    name: 'journal_hashes_of',
    text: `select hashtextextended($1::text || ' ' || name, 0) as hash from unnest($2::text[]) as name`,
    values: [provider, names],
  });
  return rows.map(({ hash }) => hash);
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
