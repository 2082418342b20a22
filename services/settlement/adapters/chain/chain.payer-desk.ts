import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import { type ChainNode, hexOf } from '../../../chain/application/chain-node.ts';
import type {
  Need,
  PayerDesk,
  PayWay,
  PreparedPayment,
  Refusal,
  SentTransaction,
  WalletTransaction,
} from '../../application/payer-desk.ts';
import type { SettlementChains } from '../../application/settlement-chains.ts';
import { zeroAddress } from '../../domain/quote.ts';
import { type IssuedQuote, tokenOf } from '../../domain/slot.ts';
import { AnyNode } from './any-node.ts';
import { approvals, plainPayment, type SignedPayment, signedPayment, unitsOf } from './pay-calldata.ts';
import { tokenContract } from './contract-interfaces.ts';
import { refusalOf } from './refusals.ts';
import { signedWays } from './token-signing.ts';

/** Gas of a payment that cannot be estimated because something else is short: the dearest way, with a fee. */
const gasDefault = 180_000n;
const insufficientAllowance = 'ERC20InsufficientAllowance';

export class ChainPayerDesk implements PayerDesk {
  readonly #nodes = new Map<string, ChainNode>();

  constructor(chains: SettlementChains, nodeAt: (url: string) => ChainNode) {
    for (const { chainId, rpcUrls } of chains.all()) this.#nodes.set(chainId, new AnyNode(rpcUrls.map(nodeAt)));
  }

  async prepare(quote: IssuedQuote, payer: string): Promise<PreparedPayment> {
    const node = this.#nodeOf(quote.chainId);
    const isNative = tokenOf(quote.terms) === zeroAddress;
    const pay = plainPayment(quote, payer);
    const outcome = await simulate(node, pay);
    const allowance = isNative ? undefined : await tokenAmount(node, quote, 'allowance', [payer, quote.contract]);
    const needs = await needsOf(node, { quote, payer, pay, allowance, isPayable: outcome === undefined });
    const missesAllowance = allowance !== undefined && allowance < unitsOf(quote.terms);
    const refusal = shortage(needs) ?? (missesAllowance && outcome?.code === insufficientAllowance ? undefined : outcome);
    const ways: PayWay[] = isNative
      ? [{ method: 'native', transactions: [pay] }]
      : [
          ...(missesAllowance ? await signedWays(node, quote, payer) : []),
          { method: 'allowance', transactions: missesAllowance ? [...approvals(quote, payer, allowance), pay] : [pay] },
        ];
    return { ways, needs, ...(refusal !== undefined && { refusal }) };
  }

  async signed(quote: IssuedQuote, by: SignedPayment) {
    const transaction = signedPayment(quote, by);
    const refusal = await simulate(this.#nodeOf(quote.chainId), transaction);
    return { transaction, ...(refusal !== undefined && { refusal }) };
  }

  async sent(chainId: string, tx: string, known?: { readonly from: string; readonly nonce: string }): Promise<SentTransaction> {
    const node = this.#nodeOf(chainId);
    const receipt = await node.call<{ readonly status: string; readonly blockNumber: string } | null>('eth_getTransactionReceipt', tx);
    if (receipt === null) return waiting(node, tx, known);
    const block = BigInt(receipt.blockNumber);
    if (BigInt(receipt.status) === 1n) return { state: 'included', block: block.toString() };
    return { state: 'reverted', block: block.toString(), refusal: await whyReverted(node, tx, block) };
  }

  async head(chainId: string): Promise<bigint> {
    return BigInt(await this.#nodeOf(chainId).call<string>('eth_blockNumber'));
  }

  #nodeOf(chainId: string): ChainNode {
    const node = this.#nodes.get(chainId);
    if (node === undefined) throw new RangeError(`Chain ${chainId} is not configured.`);
    return node;
  }
}

/** What would happen now; undefined when it would go through. */
async function simulate(node: ChainNode, transaction: WalletTransaction, block = 'latest'): Promise<Refusal | undefined> {
  try {
    await node.call('eth_call', transaction, block);
    return undefined;
  } catch (error) {
    if (!(error instanceof ChainRefusedFault)) throw error;
    return refusalOf(error.revertData);
  }
}

interface Needing {
  readonly quote: IssuedQuote;
  readonly payer: string;
  readonly pay: WalletTransaction;
  readonly allowance: bigint | undefined;
  readonly isPayable: boolean;
}

/** Balance, allowance and gas are three things, and the payer is told which of them is short. */
async function needsOf(node: ChainNode, { quote, payer, pay, allowance, isPayable }: Needing): Promise<Need[]> {
  const units = unitsOf(quote.terms);
  const isNative = allowance === undefined;
  const coins = BigInt(await node.call<string>('eth_getBalance', payer, 'latest'));
  const gas = isPayable ? BigInt(await node.call<string>('eth_estimateGas', pay)) : gasDefault;
  const gasCost = gas * BigInt(await node.call<string>('eth_gasPrice'));
  const balance = isNative ? coins : await tokenAmount(node, quote, 'balanceOf', [payer]);
  const left = isNative ? (coins > units ? coins - units : 0n) : coins;
  return [need('balance', units, balance), ...(isNative ? [] : [need('allowance', units, allowance)]), need('gas', gasCost, left)];
}

function need(of: Need['of'], needed: bigint, held: bigint): Need {
  return { of, needed: needed.toString(), held: held.toString(), isEnough: held >= needed };
}

/** An allowance is no shortage: it is part of paying. */
function shortage(needs: readonly Need[]): Refusal | undefined {
  const short = needs.find(({ of, isEnough }) => of !== 'allowance' && !isEnough);
  if (short?.of === 'balance') return { code: 'balance_short', text: 'The wallet holds too little to pay the amount.' };
  if (short?.of === 'gas')
    return { code: 'gas_short', text: "The wallet holds the amount, but too little of the chain's own coin for the fee." };
  return undefined;
}

async function tokenAmount(node: ChainNode, { terms }: IssuedQuote, name: 'allowance' | 'balanceOf', values: readonly string[]) {
  const answer = await node.call<string>(
    'eth_call',
    { to: tokenOf(terms), data: tokenContract.encodeFunctionData(name, values) },
    'latest',
  );
  return tokenContract.decodeFunctionResult(name, answer)[0] as bigint;
}

interface RpcTransaction {
  readonly from: string;
  readonly to: string | null;
  readonly nonce: string;
  readonly value: string;
  readonly input: string;
}

async function waiting(node: ChainNode, tx: string, known?: { readonly from: string; readonly nonce: string }): Promise<SentTransaction> {
  const transaction = await node.call<RpcTransaction | null>('eth_getTransactionByHash', tx);
  if (transaction !== null) return { state: 'pending', from: transaction.from.toLowerCase(), nonce: BigInt(transaction.nonce).toString() };
  if (known === undefined) return { state: 'unknown' };
  const mined = BigInt(await node.call<string>('eth_getTransactionCount', known.from, 'latest'));
  return mined > BigInt(known.nonce) ? { state: 'replaced' } : { state: 'unknown' };
}

/** A receipt does not say why: the same call is made again on the state before its block, or where that is gone, on the newest. */
async function whyReverted(node: ChainNode, tx: string, block: bigint): Promise<Refusal> {
  const transaction = await node.call<RpcTransaction | null>('eth_getTransactionByHash', tx);
  if (transaction?.to === undefined || transaction.to === null) return refusalOf(undefined);
  const { from, to, value, input } = transaction;
  const again = { from, to, value, data: input };
  return (await simulate(node, again, hexOf(block - 1n))) ?? (await simulate(node, again)) ?? refusalOf(undefined);
}
