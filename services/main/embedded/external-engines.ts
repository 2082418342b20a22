import pg from 'pg';
import { ChainRpc } from './chain-rpc.ts';
import { EngineFault } from './engine-fault.ts';

const connectMsMax = 10_000;

/** Throws EngineFault when a database that the user named does not let us in. The message leaves out the URL: it may hold a password. */
export async function assertDatabaseAnswers(name: 'DATABASE_URL' | 'DATABASE_OWNER_URL', url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: connectMsMax });
  client.on('error', () => undefined); // Reported by the query below.
  try {
    await client.connect();
    await client.query('select 1');
  } catch (error) {
    const reason = error instanceof Error && error.message !== '' ? error.message : String((error as { code?: unknown }).code);
    throw new EngineFault(
      `The database of ${name} does not let us in (${reason}); start it and check the URL, or leave it empty for the embedded Postgres.`,
    );
  } finally {
    await client.end().catch(() => undefined); // A connection that was refused has nothing to end.
  }
}

export async function chainAnswers(url: string): Promise<boolean> {
  try {
    await new ChainRpc(url).chainId();
    return true;
  } catch {
    return false;
  }
}

/** For a ledger that has never been on the chain: nobody can say yet what its genesis should list. */
export function chainIsAway(): EngineFault {
  return new EngineFault(
    `The chain node of CHAIN_RPC_URL does not answer; start it and check the URL, or set it to "none" to go without anchoring.`,
  );
}
