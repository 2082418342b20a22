import type { Pool } from 'pg';
import { ledgerAnchorCodeHash } from '../../../../contracts/generated/ledger-anchor.ts';
import { WrongChainFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import { localChainId } from '../../../chain/application/local-funds.ts';
import { ChainAccess, chainKeysIn, chainNodeAt, keptTransactions } from '../../../chain/chain-access.ts';
import type { ListedChain } from '../../domain/log-policy.ts';
import { codeHashOf, deployLedgerAnchor } from './deployed-contract.ts';
import { LedgerAnchorChain } from './ledger-anchor.chain.ts';

export interface AnchorChainSettings {
  readonly rpcUrl: string;
  /** Where chain keys lie: `<data>/keys/chain`. */
  readonly keysFolder: string;
  /** Where somebody deployed the contract. With all of it known, a node that is away is asked when it is back. */
  readonly contract?: GivenContract;
  /** Key of the publisher, if it lies elsewhere; `{slug}` stands for the provider, and without it all providers share the key. */
  readonly publisherFile?: string;
  /** The signed transactions of the publishers lie here. */
  readonly pool: Pool;
  readonly replaceAfterMs?: number;
  readonly resendAfterMs?: number;
  /** The most that an anchor may pay for a unit of gas, in wei; as much as it takes when absent. */
  readonly feePerGasMax?: bigint | undefined;
}

export interface GivenContract {
  readonly address: string;
  readonly fromBlock?: string;
  /** Decimal; asked of the node when absent. */
  readonly chainId?: string;
  /** 0x-hex; that of the code that stands there when absent. */
  readonly codeHash?: string;
}

export interface OpenedAnchorChain {
  readonly chain: LedgerAnchorChain;
  /** What a new log's genesis lists, and what the data folder remembers. */
  readonly contract: ListedChain;
  /** Only on the local chain the admin's key is ours. */
  readonly mayRegister: boolean;
}

/** Speaks to a node and finds the contract there; on the local chain deploys it the first time. Safe to repeat at every start. */
export async function openAnchorChain(settings: AnchorChainSettings): Promise<OpenedAnchorChain> {
  const { keysFolder, publisherFile, pool, contract: given, rpcUrl, ...patience } = settings;
  const node = chainNodeAt(rpcUrl);
  const chainId = given?.chainId ?? BigInt(await node.call<string>('eth_chainId')).toString();
  const keys = chainKeysIn({ folder: keysFolder, chainId, ...(publisherFile !== undefined && { publisherFile }) });
  const transactions = keptTransactions(pool);
  let listed: ListedChain;
  if (given !== undefined) listed = await listedOf(node, chainId, given);
  else if (chainId === localChainId) {
    const deployed = await deployLedgerAnchor(node, keys);
    // A chain without the contract has forgotten our transactions too: nonces begin again.
    if (deployed.isNew) await transactions.forget(chainId);
    listed = deployed.contract;
  } else throw new WrongChainFault(`Chain ${chainId} needs the address of an anchor contract: only the local chain gets one.`);
  const access = new ChainAccess({ node, chainId, transactions, ...patience });
  return { chain: new LedgerAnchorChain(access, listed, keys), contract: listed, mayRegister: chainId === localChainId };
}

async function listedOf(node: ChainNode, chainId: string, given: GivenContract): Promise<ListedChain> {
  const { address, fromBlock = '0' } = given;
  const codeHash = given.codeHash ?? (given.chainId === undefined ? await codeHashOf(node, address) : ledgerAnchorCodeHash);
  if (codeHash === undefined) throw new WrongChainFault(`There is no contract at ${address} on chain ${chainId}.`);
  return { chainId, contract: address.toLowerCase(), fromBlock, codeHash };
}
