import { getCreateAddress, Interface, keccak256 } from 'ethers';
import { ledgerAnchorAbi, ledgerAnchorBytecode } from '../../../../contracts/generated/ledger-anchor.ts';
import type { ListedChain } from '../../domain/log-policy.ts';
import type { ChainKeyFiles } from './chain-key-files.ts';
import type { JsonRpc } from './json-rpc.ts';
import { fund } from './local-funds.ts';
import { transact } from './transactions.ts';

/** Where the anchor contract stands: what a log's genesis lists, and what the data folder remembers. */
export type DeployedContract = ListedChain;

/** Seconds that a change of the contract's admin waits. */
const adminDelaySeconds = 86_400n;

/**
 * Deploys the anchor contract on a chain that has none, and answers the one that stands otherwise. The deployer's first transaction fixes
 * the address, so a crash before the answer was kept costs nothing: the next call finds it there.
 */
export async function deployLedgerAnchor(rpc: JsonRpc, keys: ChainKeyFiles): Promise<DeployedContract> {
  const chainId = BigInt(await rpc.call<string>('eth_chainId')).toString();
  const deployer = await keys.walletOf('deployer');
  const address = getCreateAddress({ from: deployer.address, nonce: 0 }).toLowerCase();
  const codeHash = await codeHashOf(rpc, address);
  if (codeHash !== undefined) return { chainId, contract: address, fromBlock: '0', codeHash };
  await fund(rpc, chainId, deployer.address);
  const admin = await keys.walletOf('admin');
  const guardian = await keys.walletOf('guardian');
  const args = new Interface(ledgerAnchorAbi).encodeDeploy([adminDelaySeconds, admin.address, guardian.address]);
  const receipt = await transact(rpc, deployer, { data: ledgerAnchorBytecode + args.slice(2) });
  const contract = (receipt.contractAddress as string).toLowerCase();
  const fromBlock = BigInt(receipt.blockNumber).toString();
  return { chainId, contract, fromBlock, codeHash: (await codeHashOf(rpc, contract)) as string };
}

/** EXTCODEHASH of a contract, 0x-hex; undefined where there is none. */
export async function codeHashOf(rpc: JsonRpc, address: string): Promise<string | undefined> {
  const code = await rpc.call<string>('eth_getCode', address, 'latest');
  return code === '0x' ? undefined : keccak256(code);
}
