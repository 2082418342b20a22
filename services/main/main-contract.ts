import type { DataFolder } from './embedded/data-folder.ts';
import { deployedContract } from './embedded/deployed-contract.ts';
import type { ChainAccess } from './integrity.ts';
import type { Settings } from './settings.ts';

/** The contract of the last start is known to the last detail, so nothing has to be asked of a chain that may be away. */
export function mainContract(folder: DataFolder, given: Settings['anchorContract']): Pick<ChainAccess, 'contract'> {
  const known = deployedContract(folder);
  if (known === undefined || (given !== undefined && given.address !== known.contract))
    return given === undefined ? {} : { contract: given };
  const { contract: address, chainId, codeHash } = known;
  return { contract: { address, chainId, codeHash, fromBlock: given?.fromBlock ?? known.fromBlock } };
}
