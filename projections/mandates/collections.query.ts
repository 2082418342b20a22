import type { Pool } from 'pg';
import type { Currency } from '../../services/money/currency.ts';
import type { DispatchFailure } from '../../services/settlement/domain/dispatch.events.ts';
import type { MandateTerms } from '../../services/settlement/domain/mandate-terms.ts';
import { amountOfNumeric } from '../sql/numeric-amount.ts';

/** An agreement that an account is collected from, or was. */
export interface MandateOnFile {
  readonly mandate: string;
  readonly account: string;
  readonly status: string;
  readonly chainId: string;
  /** Of the token. */
  readonly currency: string;
  readonly terms: MandateTerms;
}

/** A mandate that an invoice may be collected under. */
export interface AgreedMandate {
  readonly mandate: string;
  readonly chainId: string;
}

/** An invoice that is due, and may be collected under a mandate of its account. */
export interface DueCollection {
  readonly invoice: string;
  readonly number: string;
  readonly account: string;
  readonly open: string;
  readonly currency: Currency;
  /** `YYYY-MM-DD`. */
  readonly dueOn: string;
  /** Those that are agreed to and in their time, in the order in which they were offered; at least one. */
  readonly mandates: readonly AgreedMandate[];
}

/** A collection of which nothing came. */
export interface Uncollected {
  readonly id: string;
  readonly chainId: string;
  readonly orderedAt: Date;
  readonly failure: DispatchFailure;
}

/** So many are read at once. */
const pageMax = 500;

/**
 * What collecting under mandates comes to, over all accounts of a provider: for who runs it from outside. It only finds; what may be collected is
 * decided by whoever is asked to.
 */
export class CollectionsQuery {
  readonly #pool: Pool;
  readonly #provider: string;

  constructor(pool: Pool, provider: string) {
    [this.#pool, this.#provider] = [pool, provider];
  }

  /** The oldest first; `status` absent: all. */
  mandates({
    account,
    status,
  }: {
    readonly account?: string | undefined;
    readonly status?: string | undefined;
  }): AsyncIterable<MandateOnFile> {
    return this.#pages<MandateOnFile>(
      `select mandate, account, status, chain_id as "chainId", currency, terms, position
         from mandates
        where provider = $1 and position > $2 and ($4::text is null or account = $4) and ($5::text is null or status = $5)
        order by position
        limit $3`,
      [account ?? null, status ?? null],
    );
  }

  /** Those that are due on that day or before it, and open; the oldest first. `now`: seconds since 1970. */
  async *due({ day, now }: { readonly day: string; readonly now: number }): AsyncGenerator<DueCollection> {
    const found = this.#pages<DueCollection>(
      `select invoice, number, invoices.account, open, invoices.currency, to_char(due_on, 'YYYY-MM-DD') as "dueOn", agreed.mandates,
              closed_position as position
         from invoices
         cross join lateral (
           select jsonb_agg(jsonb_build_object('mandate', mandate, 'chainId', chain_id) order by mandates.position) as mandates
             from mandates
            where mandates.provider = invoices.provider and mandates.account = invoices.account and mandates.status = 'agreed'
              and (terms->>'start')::bigint <= $5 and (terms->>'end')::bigint > $5) agreed
        where invoices.provider = $1 and closed_position > $2 and agreed.mandates is not null
          and invoices.status in ('issued', 'partially_paid') and open > 0 and due_on <= $4::date
        order by closed_position
        limit $3`,
      [day, now],
    );
    for await (const { open, currency, ...row } of found) yield { ...row, open: amountOfNumeric(open, currency), currency };
  }

  /** The oldest order first. */
  uncollected(): AsyncIterable<Uncollected> {
    return this.#pages<Uncollected>(
      `select id, chain_id as "chainId", ordered_at as "orderedAt", failure, ordered_position as position
         from settlement_dispatches
        where provider = $1 and ordered_position > $2 and operation = 'collect' and status = 'failed'
        order by ordered_position
        limit $3`,
      [],
    );
  }

  /** Page by page, each by the position behind which it begins ($2); $1 is the provider, $3 how many a page has. */
  async *#pages<Row>(text: string, values: readonly unknown[]): AsyncGenerator<Row> {
    for (let [after, isMore]: [unknown, boolean] = ['-1', true]; isMore;) {
      const { rows } = await this.#pool.query<Row & { readonly position: unknown }>(text, [this.#provider, after, pageMax, ...values]);
      for (const { position, ...row } of rows) {
        after = position;
        yield row as Row;
      }
      isMore = rows.length === pageMax;
    }
  }
}
