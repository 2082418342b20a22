import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChainRpc } from './chain-rpc.ts';
import type { ListedChain } from '../../integrity/domain/log-policy.ts';
import type { DataFolder } from './data-folder.ts';
import { EngineFault } from './engine-fault.ts';
import { writePrivateFile } from './private-file.ts';

/**
 * Remembers the anchor contract that this installation deployed on its chain: beside the chain's folder, so that it is missed when that
 * one is lost. On disk when this returns.
 */
export function recordDeployedContract(folder: DataFolder, contract: ListedChain): void {
  writePrivateFile(recordIn(folder), JSON.stringify(contract));
}

/** Undefined before the first deployment. */
export function deployedContract(folder: DataFolder): ListedChain | undefined {
  const record = recordIn(folder);
  return existsSync(record) ? (JSON.parse(readFileSync(record, 'utf8')) as ListedChain) : undefined;
}

/** Throws EngineFault when the chain does not know the contract that was deployed on it: it lost its state, or it is another chain. */
export async function assertContractIsOnChain(folder: DataFolder, rpcUrl: string): Promise<void> {
  const deployed = deployedContract(folder);
  if (deployed === undefined) return;
  const rpc = new ChainRpc(rpcUrl);
  if (String(await rpc.chainId()) === deployed.chainId && (await rpc.hasCode(deployed.contract))) return;
  throw new EngineFault(
    `The chain at ${rpcUrl} lost its state: the contract ${deployed.contract}, which holds the anchors so far, is not on it; ` +
      `restore ${folder.chain} from a backup, or delete ${recordIn(folder)} to deploy a new contract and to anchor again from there.`,
  );
}

function recordIn(folder: DataFolder): string {
  return join(folder.path, 'contract.json');
}
