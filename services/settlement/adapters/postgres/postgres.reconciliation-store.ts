import type { Pool } from 'pg';
import type { Currency } from '../../../money/currency.ts';
import type {
  ComparisonStanding,
  KeptReconciliation,
  OpeningBalance,
  ReconciliationStore,
} from '../../application/reconciling/reconciliation-store.ts';
import type { ReconciledBlock, ReconciledSubject, Reconciliation } from '../../domain/reconciliation.ts';

interface Row {
  readonly id: bigint;
  readonly provider: string;
  readonly subject: ReconciledSubject;
  readonly chain_id: string | null;
  readonly currency: Currency;
  readonly blocks: readonly ReconciledBlock[];
  readonly on_chain: string;
  readonly opening: string;
  readonly in_ledger: string;
  readonly in_flight: string;
  readonly at: Date;
}

interface StandingRow {
  readonly what: string;
  readonly compared_at: Date | null;
  readonly tried_at: Date;
  readonly due_by: Date;
  readonly failure: string | null;
}

const columns = 'id, provider, subject, chain_id, currency, blocks, on_chain::text, opening::text, in_ledger::text, in_flight::text, at';

/** Rows of `settlement_reconciliation`, `settlement_comparison` and `settlement_opening_balance`. */
export class PostgresReconciliationStore implements ReconciliationStore {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async keep({ provider, subject, chainId, currency, blocks, ...sides }: Reconciliation, at: Date): Promise<void> {
    const { onChain, opening, inLedger, inFlight } = sides;
    await this.#pool.query(
      `insert into settlement_reconciliation (provider, subject, chain_id, currency, blocks, on_chain, opening, in_ledger, in_flight, at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        ...[provider, subject, chainId, currency, JSON.stringify(blocks)],
        ...[onChain, opening, inLedger, inFlight].map(({ amount }) => amount.toString()),
        at,
      ],
    );
  }

  async latest(chainIds: readonly string[]): Promise<KeptReconciliation[]> {
    const { rows } = await this.#pool.query<Row>(
      `select distinct on (provider, subject, coalesce(chain_id, ''), currency) ${columns} from settlement_reconciliation
       where chain_id is null or chain_id = any($1) order by provider, subject, coalesce(chain_id, ''), currency, id desc`,
      [chainIds],
    );
    return rows.map(keptOf);
  }

  async made(what: string, at: Date, dueBy: Date): Promise<void> {
    await this.#pool.query(
      `insert into settlement_comparison (what, compared_at, tried_at, due_by) values ($1, $2, $2, $3)
       on conflict (what) do update
         set compared_at = excluded.compared_at, tried_at = excluded.tried_at, due_by = excluded.due_by, failure = null`,
      [what, at, dueBy],
    );
  }

  async failed(what: string, at: Date, { failure, dueBy }: Parameters<ReconciliationStore['failed']>[2]): Promise<ComparisonStanding> {
    const { rows } = await this.#pool.query<StandingRow>(
      `insert into settlement_comparison (what, tried_at, due_by, failure) values ($1, $2, $3, $4)
       on conflict (what) do update set tried_at = excluded.tried_at, failure = excluded.failure
       returning what, compared_at, tried_at, due_by, failure`,
      [what, at, dueBy, failure],
    );
    return standingOf(rows[0] as StandingRow);
  }

  async standings(): Promise<ComparisonStanding[]> {
    const { rows } = await this.#pool.query<StandingRow>(
      'select what, compared_at, tried_at, due_by, failure from settlement_comparison order by length(what), what',
    );
    return rows.map(standingOf);
  }

  async page(provider: string, { before, limit }: Parameters<ReconciliationStore['page']>[1]): Promise<KeptReconciliation[]> {
    const { rows } = await this.#pool.query<Row>(
      `select ${columns} from settlement_reconciliation where provider = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`,
      [provider, before, limit],
    );
    return rows.map(keptOf);
  }

  async openings(chainId: string): Promise<OpeningBalance[]> {
    const { rows } = await this.#pool.query<{ token: string; holder: string; units: string }>(
      'select token, holder, units::text from settlement_opening_balance where chain_id = $1',
      [chainId],
    );
    return rows.map(({ token, holder, units }) => ({ chainId, token, holder, units: BigInt(units) }));
  }

  async open({ chainId, token, holder, units }: OpeningBalance): Promise<void> {
    await this.#pool.query(
      'insert into settlement_opening_balance (chain_id, token, holder, units) values ($1, $2, $3, $4) on conflict do nothing',
      [chainId, token, holder, units],
    );
  }
}

function standingOf({ what, compared_at, tried_at, due_by, failure }: StandingRow): ComparisonStanding {
  return { what, comparedAt: compared_at ?? undefined, triedAt: tried_at, dueBy: due_by, failure: failure ?? undefined };
}

function keptOf({ id, provider, subject, chain_id, currency, blocks, at, ...sides }: Row): KeptReconciliation {
  const money = (amount: string) => ({ amount: BigInt(amount), currency });
  return {
    ...{ id, provider, subject, currency, blocks, at, ...(chain_id !== null && { chainId: chain_id }) },
    ...{ onChain: money(sides.on_chain), opening: money(sides.opening) },
    ...{ inLedger: money(sides.in_ledger), inFlight: money(sides.in_flight) },
  };
}
