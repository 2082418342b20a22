import { setTimeout as sleep } from 'node:timers/promises';
import { keccak256, type Wallet } from 'ethers';
import type { ReplacedTransaction, SignedTransaction } from '../../application/anchor-chain.ts';
import { ChainRefusedFault, ChainUnavailableFault } from '../../application/chain-faults.ts';
import type { JsonRpc } from './json-rpc.ts';

export interface Call {
  /** Absent for a deployment. */
  readonly to?: string;
  readonly data: string;
}

export interface Receipt {
  readonly transactionHash: string;
  readonly blockNumber: string;
  readonly blockHash: string;
  readonly contractAddress: string | null;
  /** `0x1` when it took effect. */
  readonly status: string;
}

/** Nodes refuse to replace a transaction unless both fees rise by a tenth. */
const replacementPercent = 125n;
const gasMarginPercent = 125n;
const includedPollMs = 100;
const includedMsMax = 120_000;

/** Signs without sending. Gas is estimated, so a call that reverts throws `ChainRefusedFault` here. */
export async function signCall(rpc: JsonRpc, wallet: Wallet, call: Call, replaced?: ReplacedTransaction): Promise<SignedTransaction> {
  const [chainId, gas, fees, nonce] = await Promise.all([
    rpc.call<string>('eth_chainId'),
    // On the chain as it is: on what is pending, a transaction that is replaced would stand in its own way.
    rpc.call<string>('eth_estimateGas', { ...call, from: wallet.address }, 'latest'),
    currentFees(rpc),
    replaced?.nonce ?? nonceOf(rpc, wallet.address),
  ]);
  const tipPerGas = atLeastRaised(fees.tipPerGas, replaced?.tipPerGas);
  const feePerGasMax = atLeastRaised(fees.feePerGasMax, replaced?.feePerGasMax);
  const raw = await wallet.signTransaction({
    ...{ type: 2, chainId: BigInt(chainId), nonce: Number(nonce), gasLimit: (BigInt(gas) * gasMarginPercent) / 100n },
    ...{ maxPriorityFeePerGas: tipPerGas, maxFeePerGas: feePerGasMax > tipPerGas ? feePerGasMax : tipPerGas },
    ...{ to: call.to ?? null, data: call.data, value: 0n },
  });
  return { tx: keccak256(raw), raw, nonce, feePerGasMax, tipPerGas };
}

/** Sends what may have been sent before: a node that knows it, or a chain that holds it, is content. */
export async function sendRaw(rpc: JsonRpc, raw: string): Promise<void> {
  try {
    await rpc.call('eth_sendRawTransaction', raw);
  } catch (error) {
    if (!(error instanceof ChainRefusedFault) || !(await isKnown(rpc, keccak256(raw)))) throw error;
  }
}

/** Signs, sends and waits until a block holds it. For rare administration; a crash in between leaves a call that the next start repeats. */
export async function transact(rpc: JsonRpc, wallet: Wallet, call: Call): Promise<Receipt> {
  const { raw, tx } = await signCall(rpc, wallet, call);
  await sendRaw(rpc, raw);
  for (const deadline = Date.now() + includedMsMax; Date.now() < deadline; await sleep(includedPollMs)) {
    const receipt = await rpc.call<Receipt | null>('eth_getTransactionReceipt', tx);
    if (receipt?.status === '0x1') return receipt;
    if (receipt !== null) throw new ChainRefusedFault('eth_sendRawTransaction', `transaction ${tx} reverted`, undefined);
  }
  throw new ChainUnavailableFault(`Transaction ${tx} is in no block after ${includedMsMax / 1000} s.`);
}

/** The next nonce by what blocks hold, whatever waits in the node's pool. */
export async function nonceOf(rpc: JsonRpc, address: string): Promise<bigint> {
  return BigInt(await rpc.call<string>('eth_getTransactionCount', address, 'latest'));
}

async function isKnown(rpc: JsonRpc, tx: string): Promise<boolean> {
  return (await rpc.call<object | null>('eth_getTransactionByHash', tx)) !== null;
}

/** Twice the base fee survives six full blocks in a row. */
async function currentFees(rpc: JsonRpc): Promise<Pick<SignedTransaction, 'feePerGasMax' | 'tipPerGas'>> {
  const [block, tip] = await Promise.all([
    rpc.call<{ baseFeePerGas?: string }>('eth_getBlockByNumber', 'latest', false),
    rpc.call<string>('eth_maxPriorityFeePerGas'),
  ]);
  const tipPerGas = BigInt(tip);
  return { tipPerGas, feePerGasMax: 2n * BigInt(block.baseFeePerGas ?? '0x0') + tipPerGas };
}

function atLeastRaised(fee: bigint, replaced: bigint | undefined): bigint {
  if (replaced === undefined) return fee;
  const raised = (replaced * replacementPercent) / 100n + 1n;
  return fee > raised ? fee : raised;
}
