import { keccak256 } from 'ethers';
import type { Attempt, Call, Fees, TransactionSigner } from './transaction.ts';

export interface Signing {
  /** Decimal. */
  readonly chainId: string;
  readonly nonce: bigint;
  readonly call: Call;
  /** As estimated. */
  readonly gas: bigint;
  readonly fees: Fees;
  readonly at: string;
  readonly isCancel: boolean;
}

const gasMarginPercent = 125n;

/** A transaction of type 2, with room above the estimate for what changes until a block takes it. */
export async function signAttempt(signer: TransactionSigner, { chainId, nonce, call, gas, fees, at, isCancel }: Signing): Promise<Attempt> {
  const raw = await signer.signTransaction({
    ...{ type: 2, chainId: BigInt(chainId), nonce: Number(nonce), gasLimit: (gas * gasMarginPercent) / 100n },
    ...{ maxPriorityFeePerGas: fees.tipPerGas, maxFeePerGas: fees.feePerGasMax },
    ...{ to: call.to ?? null, data: call.data, value: call.value ?? 0n },
  });
  return { tx: keccak256(raw), raw, call, isCancel, signedAt: new Date(at), ...fees };
}
