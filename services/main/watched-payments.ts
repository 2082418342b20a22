import type { Pool } from 'pg';
import type { SettlementChain } from '../settlement/application/settlement-chain.ts';

type NamedChains = readonly Pick<SettlementChain, 'chainId'>[];

/** On which chains payments are taken, as the start shows it. */
export function paymentsText(chains: NamedChains): string {
  return chains.length === 0 ? 'none: SETTLEMENT_CHAINS is not set' : chains.map(({ chainId }) => `chain ${chainId}`).join(', ');
}

/** Why a start should not go unnoticed: a chain that payments were watched on is named no more. Undefined where all of them are. */
export async function forgottenChains(chains: NamedChains, pool: Pool): Promise<string | undefined> {
  const { rows } = await pool.query<{ chain_id: string }>('select distinct chain_id from settlement_watch_cursor order by chain_id');
  const named = new Set(chains.map(({ chainId }) => chainId));
  const forgotten = rows.map(({ chain_id }) => chain_id).filter((chainId) => !named.has(chainId));
  if (forgotten.length === 0) return undefined;
  return (
    `Payments were watched on chain ${forgotten.join(', ')}, which SETTLEMENT_CHAINS does not name now: ` +
    'what is paid there is not seen, and nothing is paid back or collected.'
  );
}
