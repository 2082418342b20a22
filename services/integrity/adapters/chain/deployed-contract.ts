import { getCreateAddress, Interface, keccak256 } from 'ethers';
import { ledgerAnchorAbi, ledgerAnchorBytecode } from '../../../../contracts/generated/ledger-anchor.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { TransactionSigner } from '../../../chain/application/transaction.ts';
import { ChainAccess, unkeptTransactions } from '../../../chain/chain-access.ts';
import type { ListedChain } from '../../domain/log-policy.ts';

/** Where the anchor contract stands: what a log's genesis lists, and what the data folder remembers. */
export type DeployedContract = ListedChain;

export interface DeploymentKeys {
  walletOf(role: 'deployer' | 'admin' | 'guardian'): Promise<TransactionSigner>;
}

/** Seconds that a change of the contract's admin waits. */
const adminDelaySeconds = 86_400n;

/**
 * Deploys the anchor contract on a chain that has none, and answers the one that stands otherwise; `isNew` tells which. The deployer's
 * first transaction fixes the address, so a crash before the answer was kept costs nothing: the next call finds it there.
 */
export async function deployLedgerAnchor(
  node: ChainNode,
  keys: DeploymentKeys,
): Promise<{ readonly contract: DeployedContract; readonly isNew: boolean }> {
  const chainId = BigInt(await node.call<string>('eth_chainId')).toString();
  const deployer = await keys.walletOf('deployer');
  const address = getCreateAddress({ from: deployer.address, nonce: 0 }).toLowerCase();
  const codeHash = await codeHashOf(node, address);
  if (codeHash !== undefined) return { contract: { chainId, contract: address, fromBlock: '0', codeHash }, isNew: false };
  const admin = await keys.walletOf('admin');
  const guardian = await keys.walletOf('guardian');
  const args = new Interface(ledgerAnchorAbi).encodeDeploy([adminDelaySeconds, admin.address, guardian.address]);
  const queue = new ChainAccess({ node, chainId, transactions: unkeptTransactions() }).queueOf(deployer);
  const { place } = await queue.run('deploy', { data: ledgerAnchorBytecode + args.slice(2) });
  const contract = place?.contract as string;
  const fromBlock = (place?.block as bigint).toString();
  return { contract: { chainId, contract, fromBlock, codeHash: (await codeHashOf(node, contract)) as string }, isNew: true };
}

/** EXTCODEHASH of a contract, 0x-hex; undefined where there is none. */
export async function codeHashOf(node: ChainNode, address: string): Promise<string | undefined> {
  const code = await node.call<string>('eth_getCode', address, 'latest');
  return code === '0x' ? undefined : keccak256(code);
}
