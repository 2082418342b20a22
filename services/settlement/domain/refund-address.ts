import { type TypedDataField, verifyTypedData } from 'ethers';
import { isSignedBy } from './payer-signature.ts';
import { type ContractPlace, signingDomain, zeroAddress } from './quote.ts';

/** Where a payer wants its money back, other than where it came from. For one payment alone: slots of a provider are paid once. */
export type RefundAddress = { readonly providerId: string; readonly seq: string; readonly to: string };

export const refundAddressTypes: Record<string, TypedDataField[]> = {
  RefundAddress: [
    { name: 'providerId', type: 'uint64' },
    { name: 'seq', type: 'uint64' },
    { name: 'to', type: 'address' },
  ],
};

export interface AddressClaim {
  /** Of the payment. */
  readonly place: ContractPlace;
  readonly module: 'settlement' | 'escrow';
  readonly payer: string;
  readonly address: RefundAddress;
  readonly signature: string | undefined;
}

/**
 * Whether money of a payer may go to an address: to its own always, to another one by its signature. So a stolen API key sends no refund
 * elsewhere, and nor does somebody who writes to the support. Of an ordinary key only: a contract gets back what it paid itself.
 */
export function mayReceive({ place, module, payer, address, signature }: AddressClaim): boolean {
  if (address.to === payer) return true;
  if (signature === undefined || address.to === zeroAddress) return false;
  return isSignedBy(payer, signature, () => verifyTypedData(signingDomain(module, place), refundAddressTypes, address, signature));
}
