import { WrongChainFault } from '../../application/chain-faults.ts';
import { ChainKeyFiles, localChainId } from './chain-key-files.ts';
import { codeHashOf, deployLedgerAnchor, type DeployedContract } from './deployed-contract.ts';
import { JsonRpc } from './json-rpc.ts';
import { LedgerAnchorChain } from './ledger-anchor.chain.ts';

export interface AnchorChainSettings {
  readonly rpcUrl: string;
  /** Where chain keys lie: `<data>/keys/chain`. */
  readonly keysFolder: string;
  /** Of a chain that is not the local one: where somebody deployed the contract. */
  readonly contract?: { readonly address: string; readonly fromBlock?: string };
  /** Key of the publisher, if it lies elsewhere; `{slug}` stands for the provider. */
  readonly publisherFile?: string;
}

export interface OpenedAnchorChain {
  readonly chain: LedgerAnchorChain;
  /** What a new log's genesis lists, and what the data folder remembers. */
  readonly contract: DeployedContract;
  /** Only on the local chain the admin's key is ours. */
  readonly mayRegister: boolean;
}

/** Speaks to a node and finds the contract there; on the local chain deploys it the first time. Safe to repeat at every start. */
export async function openAnchorChain({ rpcUrl, keysFolder, ...settings }: AnchorChainSettings): Promise<OpenedAnchorChain> {
  const rpc = new JsonRpc(rpcUrl);
  const chainId = BigInt(await rpc.call<string>('eth_chainId')).toString();
  const { publisherFile } = settings;
  const keys = new ChainKeyFiles({ folder: keysFolder, chainId, ...(publisherFile !== undefined && { publisherFile }) });
  const contract = await contractOf(rpc, chainId, keys, settings.contract);
  return { chain: await LedgerAnchorChain.open(rpc, contract, keys), contract, mayRegister: chainId === localChainId };
}

async function contractOf(
  rpc: JsonRpc,
  chainId: string,
  keys: ChainKeyFiles,
  given: AnchorChainSettings['contract'],
): Promise<DeployedContract> {
  if (given === undefined && chainId === localChainId) return deployLedgerAnchor(rpc, keys);
  if (given === undefined)
    throw new WrongChainFault(`Chain ${chainId} needs the address of an anchor contract: only the local chain gets one.`);
  const codeHash = await codeHashOf(rpc, given.address);
  if (codeHash === undefined) throw new WrongChainFault(`There is no contract at ${given.address} on chain ${chainId}.`);
  return { chainId, contract: given.address.toLowerCase(), fromBlock: given.fromBlock ?? '0', codeHash };
}
