import { readFile, rename, writeFile } from 'node:fs/promises';

/** Where the contracts of one chain stand, as the service and the web read it. */
export interface SettlementAddresses {
  readonly registry: string;
  readonly settlement: string;
  readonly escrow: string;
  readonly creditFactory: string;
  /** No log of the contracts is in an earlier block. */
  readonly deploymentBlock: number;
}

/** Notes a chain in the one file of all chains, by its decimal chain id; the others stay as they are. Written whole or not at all. */
export async function noteAddresses(file: string, chainId: string, addresses: SettlementAddresses): Promise<void> {
  const chains = { ...(await readChains(file)), [chainId]: addresses };
  await writeFile(`${file}.unfinished`, `${JSON.stringify(chains, undefined, 2)}\n`);
  await rename(`${file}.unfinished`, file);
}

async function readChains(file: string): Promise<Record<string, SettlementAddresses>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, SettlementAddresses>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
