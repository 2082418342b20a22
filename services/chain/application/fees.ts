import { FeesTooHighFault } from './chain-faults.ts';
import type { ChainNode } from './chain-node.ts';
import type { Fees } from './transaction.ts';

/** Nodes take the place of a waiting transaction only by one whose two fees are higher by an eighth, or by a tenth. */
const replacementPermille = 1_125n;

/**
 * What gets into one of the next blocks. Twice the base fee survives six full blocks in a row; less is offered where `ceiling`, in wei per
 * unit of gas, allows no more. Throws `FeesTooHighFault` where it does not even allow what the chain asks for now.
 */
export async function currentFees(node: ChainNode, ceiling?: bigint): Promise<Fees> {
  const [block, tip] = await Promise.all([
    node.call<{ baseFeePerGas?: string }>('eth_getBlockByNumber', 'latest', false),
    node.call<string>('eth_maxPriorityFeePerGas'),
  ]);
  const [tipPerGas, base] = [BigInt(tip), BigInt(block.baseFeePerGas ?? '0x0')];
  assertBelow(ceiling, base + tipPerGas);
  const feePerGasMax = 2n * base + tipPerGas;
  return { tipPerGas, feePerGasMax: ceiling !== undefined && feePerGasMax > ceiling ? ceiling : feePerGasMax };
}

/** Throws `FeesTooHighFault` for a fee above the ceiling, both in wei per unit of gas. */
export function assertBelow(ceiling: bigint | undefined, feePerGas: bigint): void {
  if (ceiling === undefined || feePerGas <= ceiling) return;
  throw new FeesTooHighFault(`A transaction takes ${feePerGas} wei for a unit of gas by now, and no more than ${ceiling} may be paid.`);
}

/** At least what replaces a transaction with the fees `replaced`, and no less than `current`. */
export function raisedFees(current: Fees, replaced: Fees): Fees {
  return atLeast(current, replaced, replacementPermille);
}

/** For when what has to be replaced, and what it pays, is not known. */
export function doubledFees(current: Fees, replaced: Fees): Fees {
  return atLeast(current, replaced, 2_000n);
}

function atLeast(current: Fees, replaced: Fees, permille: bigint): Fees {
  const raised = (fee: bigint): bigint => (fee * permille) / 1_000n + 1n;
  const tipPerGas = maxOf(current.tipPerGas, raised(replaced.tipPerGas));
  const feePerGasMax = maxOf(current.feePerGasMax, raised(replaced.feePerGasMax));
  return { tipPerGas, feePerGasMax: maxOf(feePerGasMax, tipPerGas) };
}

function maxOf(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
