import { secondsAt } from '../../domain/chain-time.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { CreditDesk, PreparedRedemption, SignedRedemption } from '../../application/credit/credit-desk.ts';
import type { Need, Refusal, WalletTransaction, WalletTypedData } from '../../application/checkout/payer-desk.ts';
import type { SettlementChain } from '../../application/settlement-chain.ts';
import type { SettlementChains } from '../../application/settlement-chains.ts';
import type { RedemptionOffered } from '../../domain/slot.events.ts';
import { creditContract } from './contract-interfaces.ts';
import { simulate } from './simulation.ts';

/** Of a signature for an offer that has no end of its own. */
const signatureSeconds = 1_800n;

const domainFields = [
  { name: 'name', type: 'string' },
  { name: 'version', type: 'string' },
  { name: 'chainId', type: 'uint256' },
  { name: 'verifyingContract', type: 'address' },
];
const redeemFields = [
  { name: 'holder', type: 'address' },
  { name: 'amount', type: 'uint256' },
  { name: 'invoiceRef', type: 'bytes32' },
  { name: 'seq', type: 'uint64' },
  { name: 'deadline', type: 'uint48' },
];

export class ChainCreditDesk implements CreditDesk {
  readonly #nodes = new Map<string, ChainNode>();

  /** `nodeOf`: the node of a chain that payers may make us ask. */
  constructor(chains: SettlementChains, nodeOf: (chain: SettlementChain) => ChainNode) {
    for (const chain of chains.all()) this.#nodes.set(chain.chainId, nodeOf(chain));
  }

  held({ chainId, contract, holder }: Pick<RedemptionOffered, 'chainId' | 'contract' | 'holder'>): Promise<bigint> {
    return asked<bigint>(this.#nodeOf({ chainId }), contract, 'balanceOf', [holder]);
  }

  async prepare(offer: RedemptionOffered, now: string): Promise<PreparedRedemption> {
    const node = this.#nodeOf(offer);
    const { contract, holder, units, invoiceRef, seq } = offer;
    const data = creditContract.encodeFunctionData('redeem', [units, invoiceRef, seq]);
    const transaction = { from: holder, to: contract, value: '0x0', data };
    const deadline = offer.deadline ?? (secondsAt(now) + signatureSeconds).toString();
    const [name, held] = await Promise.all([asked<string>(node, contract, 'name', []), this.held(offer)]);
    const balance: Need = { of: 'balance', needed: units, held: held.toString(), isEnough: held >= BigInt(units) };
    const refusal = await simulate(node, transaction);
    const sign = typedData(offer, { name, deadline });
    return { transaction, sign, deadline, needs: [balance], ...(refusal !== undefined && { refusal }) };
  }

  refusalOf(offer: RedemptionOffered, { deadline, signature }: SignedRedemption): Promise<Refusal | undefined> {
    const { contract, holder, units, invoiceRef, seq } = offer;
    const data = creditContract.encodeFunctionData('redeemWithSig', [holder, units, invoiceRef, seq, deadline, signature]);
    const transaction: WalletTransaction = { from: holder, to: contract, value: '0x0', data };
    return simulate(this.#nodeOf(offer), transaction);
  }

  #nodeOf({ chainId }: Pick<RedemptionOffered, 'chainId'>): ChainNode {
    const node = this.#nodes.get(chainId);
    if (node === undefined) throw new RangeError(`Chain ${chainId} is not configured.`);
    return node;
  }
}

/** The contract's domain has the name of the token, and its first version for ever. */
function typedData(
  { chainId, contract, holder, units, invoiceRef, seq }: RedemptionOffered,
  { name, deadline }: { readonly name: string; readonly deadline: string },
): WalletTypedData {
  return {
    domain: { name, version: '1', chainId: Number(chainId), verifyingContract: contract },
    types: { EIP712Domain: domainFields, Redeem: redeemFields },
    primaryType: 'Redeem',
    message: { holder, amount: units, invoiceRef, seq, deadline },
  };
}

async function asked<Value>(node: ChainNode, to: string, name: string, values: readonly unknown[]): Promise<Value> {
  const answer = await node.call<string>('eth_call', { to, data: creditContract.encodeFunctionData(name, values) }, 'latest');
  return creditContract.decodeFunctionResult(name, answer)[0] as Value;
}
