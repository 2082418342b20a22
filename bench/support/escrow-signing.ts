import { type BaseWallet, TypedDataEncoder, type TypedDataDomain } from 'ethers';
import { authorizationTypes, permit2Types } from './settlement-signing.ts';

export const offerTypes = {
  Offer: [
    { type: 'uint64', name: 'providerId' },
    { type: 'uint64', name: 'eventId' },
    { type: 'uint64', name: 'seq' },
    { type: 'address', name: 'payer' },
    { type: 'address', name: 'token' },
    { type: 'uint96', name: 'amount' },
    { type: 'bytes32', name: 'ref' },
    { type: 'uint48', name: 'captureAfter' },
    { type: 'uint48', name: 'reclaimAfter' },
    { type: 'uint48', name: 'deadline' },
  ],
};

export const redeemTypes = {
  Redeem: [
    { type: 'address', name: 'holder' },
    { type: 'uint256', name: 'amount' },
    { type: 'bytes32', name: 'invoiceRef' },
    { type: 'uint64', name: 'seq' },
    { type: 'uint48', name: 'deadline' },
  ],
};

export interface Offer {
  readonly providerId: bigint;
  readonly eventId: bigint;
  readonly seq: bigint;
  readonly payer: string;
  readonly token: string;
  readonly amount: bigint;
  readonly ref: string;
  readonly captureAfter: number;
  readonly reclaimAfter: number;
  readonly deadline: number;
}

export interface Redemption {
  readonly holder: string;
  readonly amount: bigint;
  readonly invoiceRef: string;
  readonly seq: bigint;
  readonly deadline: number;
}

/** The payer's word to a token of EIP-3009 that the escrow may take the amount of an offer. */
export const signedOfferAuthorization = (payer: BaseWallet, domain: TypedDataDomain, escrow: string, offer: Offer): Promise<string> =>
  payer.signTypedData(domain, authorizationTypes, {
    ...{ from: payer.address, to: escrow, value: offer.amount, validAfter: 0, validBefore: offer.deadline },
    nonce: TypedDataEncoder.hashStruct('Offer', offerTypes, offer),
  });

/** The payer's word to Permit2 that the escrow may take the amount of an offer, for that offer. */
export const signedOfferPermit2 = (
  payer: BaseWallet,
  domain: TypedDataDomain,
  { escrow, nonce, offer }: { escrow: string; nonce: bigint; offer: Offer },
): Promise<string> =>
  payer.signTypedData(domain, permit2Types(offerTypes), {
    ...{ permitted: { token: offer.token, amount: offer.amount }, spender: escrow, nonce, deadline: offer.deadline, witness: offer },
  });
