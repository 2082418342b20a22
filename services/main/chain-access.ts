import { dataFolderAt } from './embedded/data-folder.ts';
import type { Engines } from './embedded/engines.ts';
import type { ChainAccess } from './integrity.ts';
import { mainContract } from './main-contract.ts';
import type { Settings } from './settings.ts';

/**
 * The node of the main chain, and the contract on it: the one of the settings, else the one that this data folder deployed before. Undefined
 * for a ledger without a chain.
 */
export function chainAccessOf(
  { dataFolder, anchorContract, feePerGasMax }: Pick<Settings, 'dataFolder' | 'anchorContract' | 'feePerGasMax'>,
  { chainRpcUrl }: Pick<Engines, 'chainRpcUrl'>,
): ChainAccess | undefined {
  return chainRpcUrl === undefined
    ? undefined
    : { rpcUrl: chainRpcUrl, feePerGasMax, ...mainContract(dataFolderAt(dataFolder), anchorContract) };
}

/** The same for a command that looks at a ledger: it deploys no contract where there is none. */
export function knownChainOf(
  settings: Parameters<typeof chainAccessOf>[0],
  engines: Pick<Engines, 'chainRpcUrl'>,
): ChainAccess | undefined {
  const access = chainAccessOf(settings, engines);
  return access?.contract === undefined ? undefined : access;
}
