import type { Pool } from 'pg';
import type { CosignatureStore, CosignedHeads, CosignedSize } from '../../application/cosignature-store.ts';
import type { Cosignature } from '../../domain/cosignature.ts';
import type { PublishedHead, TreeHead } from '../../domain/tree-head.ts';

/** Heads that are kept of each log: some minutes under load, days of a quiet log. */
const headsKept = 256;
/** A head that has cosignatures is shown for so long beside newer ones that have fewer. Shorter than a verifier waits for a head of a live log. */
const waitMsMax = 2_000;

/** Rows of `integrity_witnessed_head` and `integrity_cosignature`. */
export class PostgresCosignatureStore implements CosignatureStore, CosignedHeads {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async offer(log: string, { size, root, note }: PublishedHead): Promise<void> {
    const { rowCount } = await this.#pool.query(
      `insert into integrity_witnessed_head (log, size, root, note, offered_at) values ($1, $2, $3, $4, clock_timestamp())
       on conflict (log, size) do nothing`,
      [log, size, root, note],
    );
    if (rowCount === 0) return;
    await this.#pool.query(
      `delete from integrity_witnessed_head where log = $1
       and size < (select size from integrity_witnessed_head where log = $1 order by size desc offset $2 limit 1)`,
      [log, headsKept - 1],
    );
  }

  async keep(log: string, size: bigint, vkey: string, { line, at }: Cosignature): Promise<void> {
    await this.#pool.query(
      `insert into integrity_cosignature (log, size, witness, line, cosigned_at)
       select log, size, $3, $4, $5 from integrity_witnessed_head where log = $1 and size = $2 for key share
       on conflict (log, size, witness) do update set line = excluded.line, cosigned_at = excluded.cosigned_at`,
      [log, size, vkey, line, at],
    );
  }

  async last(log: string): Promise<ReadonlyMap<string, CosignedSize>> {
    const { rows } = await this.#pool.query<CosignedSize & { readonly witness: string }>(
      `select distinct on (witness) witness, size, cosigned_at as at from integrity_cosignature where log = $1
       order by witness, size desc`,
      [log],
    );
    return new Map(rows.map(({ witness, size, at }) => [witness, { size, at }]));
  }

  async shown(log: string, published: PublishedHead): Promise<PublishedHead> {
    const { rows } = await this.#pool.query<TreeHead & { readonly note: string; readonly lines: string }>({
      name: 'integrity-cosigned-head',
      text: `with recent as (
          -- The head that was newest when the wait began, and all that came later.
          select * from integrity_witnessed_head h where log = $1 and size <= $2 and size >= coalesce((
            select max(size) from integrity_witnessed_head where log = $1 and size <= $2
            and offered_at < clock_timestamp() - $3 * interval '1 millisecond'), 0)
        )
        select size, root, note, string_agg(line, '' order by cosigned_at, witness) as lines
        from recent join integrity_cosignature using (log, size)
        -- Where nobody shows new heads to witnesses any more, old ones are not shown instead.
        where (select max(size) = $2 or max(offered_at) > clock_timestamp() - $3 * interval '1 millisecond' from recent)
        group by size, root, note order by count(*) desc, size desc limit 1`,
      values: [log, published.size, waitMsMax],
    });
    const [best] = rows;
    return best === undefined ? published : { size: best.size, root: best.root, note: best.note + best.lines };
  }
}
