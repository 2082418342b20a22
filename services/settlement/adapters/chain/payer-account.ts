import { Interface, TypedDataEncoder } from 'ethers';
import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { PayerAccount, WalletTypedData } from '../../application/checkout/payer-desk.ts';

/** What EIP-7702 puts in front of the address that an account is delegated to. */
const delegation = /^0xef0100([0-9a-f]{40})$/;
const validator = new Interface(['function isValidSignature(bytes32 hash, bytes signature) view returns (bytes4)']);
const valid = validator.getFunction('isValidSignature')?.selector;

/** What stands at an address. `sweepers`: contracts that the operator knows to empty accounts. */
export async function payerAccount(node: ChainNode, payer: string, sweepers: readonly string[]): Promise<PayerAccount> {
  const code = (await node.call<string>('eth_getCode', payer, 'latest')).toLowerCase();
  if (code === '0x') return { kind: 'key' };
  const [, target] = delegation.exec(code) ?? [];
  if (target === undefined) return { kind: 'contract' };
  const delegate = `0x${target}`;
  return { kind: 'delegated', delegate, isSweeper: sweepers.includes(delegate) };
}

/** Does the code at the payer's address stand by its signature (ERC-1271)? Tokens and Permit2 ask the same before they ask the key. */
export async function takesSignature(node: ChainNode, payer: string, data: WalletTypedData, signature: string): Promise<boolean> {
  const { EIP712Domain: _, ...types } = data.types;
  const fields = Object.fromEntries(Object.entries(types).map(([name, list]) => [name, [...list]]));
  const digest = TypedDataEncoder.hash(data.domain, fields, data.message);
  const call = { to: payer, data: validator.encodeFunctionData('isValidSignature', [digest, signature]) };
  try {
    return (await node.call<string>('eth_call', call, 'latest')).startsWith(valid ?? ' ');
  } catch (error) {
    if (error instanceof ChainRefusedFault) return false;
    throw error;
  }
}
