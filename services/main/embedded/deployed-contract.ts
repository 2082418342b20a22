import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChainRpc } from './chain-rpc.ts';
import type { DataFolder } from './data-folder.ts';
import { EngineFault } from './engine-fault.ts';
import { writePrivateFile } from './private-file.ts';

/** The anchor contract that this installation deployed on its chain. Kept beside the chain's folder, so that it is missed with it. */
export interface DeployedContract {
  /** 0x and 40 hex digits. */
  readonly address: string;
  readonly chainId: number;
}

export function recordDeployedContract(folder: DataFolder, contract: DeployedContract): void {
  writePrivateFile(recordIn(folder), JSON.stringify(contract));
}

/** Undefined before the first deployment. */
export function deployedContract(folder: DataFolder): DeployedContract | undefined {
  const record = recordIn(folder);
  return existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as DeployedContract) : undefined;
}

/** Throws EngineFault when the chain does not know the contract that was deployed on it: it lost its state, or it is another chain. */
export async function assertContractIsOnChain(folder: DataFolder, rpcUrl: string): Promise<void> {
  const contract = deployedContract(folder);
  if (contract === undefined) return;
  const rpc = new ChainRpc(rpcUrl);
  if ((await rpc.chainId()) === contract.chainId && (await rpc.hasCode(contract.address))) return;
  throw new EngineFault(
    `The chain at ${rpcUrl} lost its state: the contract ${contract.address}, which holds the anchors so far, is not on it; ` +
      `restore ${folder.chain} from a backup, or delete ${recordIn(folder)} to deploy a new contract and to anchor again from there.`,
  );
}

function recordIn(folder: DataFolder): string {
  return join(folder.path, 'contract.json');
}
