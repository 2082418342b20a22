import { Interface } from 'ethers';
import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import { type ChainNode, hexOf } from '../../../chain/application/chain-node.ts';
import { currentFees } from '../../../chain/application/fees.ts';
import type { MandateDesk } from '../../application/mandates/mandate-desk.ts';
import type { SettlementChain } from '../../application/settlement-chain.ts';
import type { SettlementChains } from '../../application/settlement-chains.ts';
import type { MandateTerms } from '../../domain/mandate-terms.ts';
import type { ContractPlace } from '../../domain/quote.ts';
import { settlementContract, tokenContract } from './contract-interfaces.ts';

const walletContract = new Interface(['function isValidSignature(bytes32 digest, bytes signature) view returns (bytes32)']);
/** The selector of the function itself, and nothing behind it. */
const isValid = '0x1626ba7e'.padEnd(66, '0');
/** A collection asks the same, so what takes more here would not fit into the ceiling of its gas either. */
const signatureGasMax = 250_000n;

interface MandateState {
  readonly approved: boolean;
  readonly revoked: boolean;
  readonly total: bigint;
}

export class ChainMandateDesk implements MandateDesk {
  readonly #nodes = new Map<string, ChainNode>();

  /** `nodeOf`: the node of a chain that payers may make us ask. */
  constructor(chains: SettlementChains, nodeOf: (chain: SettlementChain) => ChainNode) {
    for (const chain of chains.all()) this.#nodes.set(chain.chainId, nodeOf(chain));
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

  async feePerGasOn(chainId: string): Promise<bigint> {
    return (await currentFees(this.#nodeOf(chainId))).feePerGasMax;
  }

  async stateOf(place: ContractPlace, mandate: string) {
    const { approved, revoked } = await this.#state(place, mandate);
    return { isApproved: approved, isRevoked: revoked };
  }

  async usageOf(place: ContractPlace, { mandate, terms }: { readonly mandate: string; readonly terms: MandateTerms }) {
    const data = tokenContract.encodeFunctionData('allowance', [terms.payer, place.contract]);
    const [{ total }, answer] = await Promise.all([
      this.#state(place, mandate),
      this.#nodeOf(place.chainId).call<string>('eth_call', { to: terms.token, data }, 'latest'),
    ]);
    return { collected: total, allowed: tokenContract.decodeFunctionResult('allowance', answer)[0] as bigint };
  }

  allowanceOf({ contract }: ContractPlace, token: string, { allowed, toAllow }: { readonly allowed: bigint; readonly toAllow: bigint }) {
    if (allowed >= toAllow) return [];
    const approve = (units: bigint) => ({ to: token, data: tokenContract.encodeFunctionData('approve', [contract, units]) });
    return allowed === 0n ? [approve(toAllow)] : [approve(0n), approve(toAllow)];
  }

  callsOf({ contract: to }: ContractPlace, terms: MandateTerms) {
    const call = (name: 'approveMandate' | 'revoke') => ({ to, data: settlementContract.encodeFunctionData(name, [terms]) });
    return { approve: call('approveMandate'), revoke: call('revoke') };
  }

  async #state({ chainId, contract }: ContractPlace, mandate: string): Promise<MandateState> {
    const data = settlementContract.encodeFunctionData('stateOf', [mandate]);
    const answer = await this.#nodeOf(chainId).call<string>('eth_call', { to: contract, data }, 'latest');
    return settlementContract.decodeFunctionResult('stateOf', answer)[0] as MandateState;
  }

  #nodeOf(chainId: string): ChainNode {
    const node = this.#nodes.get(chainId);
    if (node === undefined) throw new RangeError(`Chain ${chainId} is not configured.`);
    return node;
  }
}
