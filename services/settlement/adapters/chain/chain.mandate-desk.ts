import { Interface } from 'ethers';
import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import { type ChainNode, hexOf } from '../../../chain/application/chain-node.ts';
import type { MandateDesk } from '../../application/mandate-desk.ts';
import type { SettlementChains } from '../../application/settlement-chains.ts';
import type { MandateTerms } from '../../domain/mandate-terms.ts';
import type { ContractPlace } from '../../domain/quote.ts';
import { AnyNode } from './any-node.ts';
import { settlementContract } from './contract-interfaces.ts';

const walletContract = new Interface(['function isValidSignature(bytes32 digest, bytes signature) view returns (bytes32)']);
/** The selector of the function itself, and nothing behind it. */
const isValid = '0x1626ba7e'.padEnd(66, '0');
/** A collection asks the same, so what takes more here would not fit into the ceiling of its gas either. */
const signatureGasMax = 250_000n;

export class ChainMandateDesk implements MandateDesk {
  readonly #nodes = new Map<string, ChainNode>();

  constructor(chains: SettlementChains, nodeAt: (url: string) => ChainNode) {
    for (const { chainId, rpcUrls } of chains.all()) this.#nodes.set(chainId, new AnyNode(rpcUrls.map(nodeAt)));
  }

  async isSignedByContract(
    { chainId, contract }: ContractPlace,
    { payer, digest, signature }: { readonly payer: string; readonly digest: string; readonly signature: string },
  ): Promise<boolean> {
    const data = walletContract.encodeFunctionData('isValidSignature', [digest, signature]);
    try {
      // From the contract that will ask, since a wallet may answer each caller otherwise.
      const call = { from: contract, to: payer, data, gas: hexOf(signatureGasMax) };
      return (await this.#nodeOf(chainId).call<string>('eth_call', call, 'latest')) === isValid;
    } catch (error) {
      if (error instanceof ChainRefusedFault) return false;
      throw error;
    }
  }

  async stateOf({ chainId, contract }: ContractPlace, mandate: string) {
    const data = settlementContract.encodeFunctionData('stateOf', [mandate]);
    const answer = await this.#nodeOf(chainId).call<string>('eth_call', { to: contract, data }, 'latest');
    const [{ approved, revoked }] = settlementContract.decodeFunctionResult('stateOf', answer) as unknown as [
      { readonly approved: boolean; readonly revoked: boolean },
    ];
    return { isApproved: approved, isRevoked: revoked };
  }

  callsOf({ contract: to }: ContractPlace, terms: MandateTerms) {
    const call = (name: 'approveMandate' | 'revoke') => ({ to, data: settlementContract.encodeFunctionData(name, [terms]) });
    return { approve: call('approveMandate'), revoke: call('revoke') };
  }

  #nodeOf(chainId: string): ChainNode {
    const node = this.#nodes.get(chainId);
    if (node === undefined) throw new RangeError(`Chain ${chainId} is not configured.`);
    return node;
  }
}
