import { readFile, rename, writeFile } from 'node:fs/promises';

/** Where the contracts of one chain stand, and what stands there. */
export interface DeployedSettlement {
  /** Decimal. */
  readonly chainId: string;
  readonly contracts: SettlementPlaces;
  /** EXTCODEHASH of each. */
  readonly codeHashes: SettlementPlaces;
  /** No log of the contracts is in an earlier block. Decimal. */
  readonly deploymentBlock: string;
}

type SettlementPlaces = Readonly<Record<'registry' | 'settlement' | 'escrow' | 'creditFactory', string>>;

type Entry = Readonly<Record<string, unknown>>;

/**
 * What a chain needs beside its contracts, and a deployment cannot know: the service says at its start what is still missing, since money is
 * at stake until somebody says that it is not.
 */
const unfinished = { rpcUrls: [], tokens: [], profile: { finality: 'tag', realMoney: true, confirmations: [] } };

/**
 * Notes a deployment in the file that SETTLEMENT_CHAINS names (docs/reference/settlement-watcher.md). Another deployment on the chain takes
 * the place of the one before; everything else in the file stays as it is. Written whole or not at all.
 */
export async function noteDeployment(file: string, deployed: DeployedSettlement): Promise<void> {
  const chains = await readChains(file);
  const known = chains.find(({ chainId }) => chainId === deployed.chainId);
  const entry = { ...(known ?? unfinished), ...deployed };
  const noted = known === undefined ? [...chains, entry] : chains.map((chain) => (chain === known ? entry : chain));
  await writeFile(`${file}.unfinished`, `${JSON.stringify(noted, undefined, 2)}\n`, { mode: 0o600 });
  await rename(`${file}.unfinished`, file);
}

async function readChains(file: string): Promise<Entry[]> {
  let chains: unknown;
  try {
    chains = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  if (!Array.isArray(chains)) throw new Error(`${file} holds no list of chains.`);
  return chains as Entry[];
}
