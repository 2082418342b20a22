import type { Pool } from 'pg';
import type { PendingSignIn, SignInNonces } from '../../application/sign-in-nonces.ts';

/** Of one link that wait at the same time: whoever asks for more gets rid of the oldest. */
const pendingMax = 20;

const columns = `
  link, nonce, domain, address, uri, chain_id as "chainId",
  to_char(issued_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "issuedAt",
  to_char(expires_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "expiresAt"`;

export class PostgresSignInNonces implements SignInNonces {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async keep(pending: PendingSignIn): Promise<PendingSignIn> {
    const { link, nonce, domain, address, uri, chainId, issuedAt, expiresAt } = pending;
    await this.#pool.query(
      `delete from access_sign_in
        where expires_at < $1
           or (link = $2 and nonce in (select nonce from access_sign_in where link = $2 order by issued_at desc, nonce offset $3))`,
      [issuedAt, link, pendingMax - 1],
    );
    const { rows } = await this.#pool.query<PendingSignIn>(
      `insert into access_sign_in (link, nonce, domain, address, uri, chain_id, issued_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8)
       on conflict (link, nonce) do update set nonce = excluded.nonce
       returning ${columns}`,
      [link, nonce, domain, address, uri, chainId, issuedAt, expiresAt],
    );
    return rows[0] as PendingSignIn;
  }

  async take(link: string, nonce: string): Promise<PendingSignIn | undefined> {
    const { rows } = await this.#pool.query<PendingSignIn>(
      `delete from access_sign_in where link = $1 and nonce = $2 returning ${columns}`,
      [link, nonce],
    );
    return rows[0];
  }
}
