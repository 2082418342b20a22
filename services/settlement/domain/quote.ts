import { AbiCoder, hexlify, keccak256, toUtf8Bytes, TypedDataEncoder, type TypedDataField, toUtf8String } from 'ethers';

/** Where a quote can be paid: it is void on any other chain and at any other contract. */
export interface ContractPlace {
  /** Decimal. */
  readonly chainId: string;
  /** 0x and 40 lower-case hex. */
  readonly contract: string;
}

/** Which of the contracts takes the payment. A quote goes to `settlement`, an offer to `escrow`. */
export type PayModule = 'settlement' | 'escrow';

/** What a payment is for, as the contract counts it. Only these have a number; an escrowed purchase is an offer and has none. */
export const quoteKinds = { invoice: '1', 'top-up': '2', title: '3', deposit: '4', credit: '5' } as const;

/** No address: the native coin as a token, and as a payer anybody. */
export const zeroAddress = `0x${'0'.repeat(40)}`;

/** `Quote` of ProviderSettlement as an event holds it: numbers as decimal text, addresses and words as lower-case hex. */
export type Quote = {
  readonly providerId: string;
  readonly seq: string;
  readonly invoiceRef: string;
  /** One of `quoteKinds`. */
  readonly kind: string;
  /** `zeroAddress`: anybody may pay. */
  readonly payer: string;
  /** `zeroAddress`: the native coin. */
  readonly token: string;
  /** In units of the token. */
  readonly amount: string;
  /** Three letters of ISO 4217 in ASCII, 0x and 6 hex. */
  readonly currency: string;
  /** In payable units of the currency. */
  readonly fiatMinor: string;
  /** Seconds since 1970, both exclusive: a quote is good while `validAfter < now < deadline`. */
  readonly validAfter: string;
  readonly deadline: string;
};

/** `Offer` of PpvEscrow, written like a quote. It is good from the moment it is signed until its deadline. */
export type Offer = {
  readonly providerId: string;
  readonly eventId: string;
  readonly seq: string;
  readonly payer: string;
  readonly token: string;
  readonly amount: string;
  readonly ref: string;
  /** The provider may take the money in [captureAfter, reclaimAfter); afterwards anybody may send it back. */
  readonly captureAfter: string;
  readonly reclaimAfter: string;
  readonly deadline: string;
};

/** What the provider signs, by the contract that takes it. */
export type SignedTerms = { readonly module: 'settlement'; readonly quote: Quote } | { readonly module: 'escrow'; readonly offer: Offer };

type Types = Record<string, TypedDataField[]>;

/** The fields of both structures in the order of the contracts: the order is part of the hash. */
export const quoteTypes: Types = {
  Quote: [
    { name: 'providerId', type: 'uint64' },
    { name: 'seq', type: 'uint64' },
    { name: 'invoiceRef', type: 'bytes32' },
    { name: 'kind', type: 'uint8' },
    { name: 'payer', type: 'address' },
    { name: 'token', type: 'address' },
    { name: 'amount', type: 'uint256' },
    { name: 'currency', type: 'bytes3' },
    { name: 'fiatMinor', type: 'uint128' },
    { name: 'validAfter', type: 'uint48' },
    { name: 'deadline', type: 'uint48' },
  ],
};

export const offerTypes: Types = {
  Offer: [
    { name: 'providerId', type: 'uint64' },
    { name: 'eventId', type: 'uint64' },
    { name: 'seq', type: 'uint64' },
    { name: 'payer', type: 'address' },
    { name: 'token', type: 'address' },
    { name: 'amount', type: 'uint96' },
    { name: 'ref', type: 'bytes32' },
    { name: 'captureAfter', type: 'uint48' },
    { name: 'reclaimAfter', type: 'uint48' },
    { name: 'deadline', type: 'uint48' },
  ],
};

const names: Readonly<Record<PayModule, string>> = { settlement: 'Tallyroot Settlement', escrow: 'Tallyroot Escrow' };

/** The EIP-712 domain of a contract. */
export function signingDomain(module: PayModule, { chainId, contract }: ContractPlace) {
  return { name: names[module], version: '1', chainId: BigInt(chainId), verifyingContract: contract };
}

/** The fields as they are signed, with the structure that they are of. */
export function typedTerms(terms: SignedTerms): { readonly types: Types; readonly primaryType: string; readonly value: Quote | Offer } {
  return terms.module === 'settlement'
    ? { types: quoteTypes, primaryType: 'Quote', value: terms.quote }
    : { types: offerTypes, primaryType: 'Offer', value: terms.offer };
}

/** The hash of the structure alone: nonce of EIP-3009 and witness of Permit2, the same at every contract. */
export function structHashOf(terms: SignedTerms): string {
  const { types, primaryType, value } = typedTerms(terms);
  return TypedDataEncoder.hashStruct(primaryType, types, value);
}

/** What the provider's key signs: `hashQuote` and `hashOffer` of the contracts. */
export function digestOf(terms: SignedTerms, place: ContractPlace): string {
  const { types, value } = typedTerms(terms);
  return TypedDataEncoder.hash(signingDomain(terms.module, place), types, value);
}

export interface InvoiceReference {
  /** 0x and 64 hex, random: without it nobody can try out which invoice is behind a payment on chain. */
  readonly salt: string;
  /** What is paid: an invoice, or an order. */
  readonly invoiceId: string;
  /** The terms that the payer agrees to, 0x and 64 hex. */
  readonly termsHash: string;
}

/** `invoiceRef` of a quote and `ref` of an offer: keccak256(abi.encode(bytes32 salt, string invoiceId, bytes32 termsHash)). */
export function invoiceRefOf({ salt, invoiceId, termsHash }: InvoiceReference): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'string', 'bytes32'], [salt, invoiceId, termsHash]));
}

/** A currency as the contracts write it; undefined for one that is no three letters. */
export function currencyWord(currency: string): string | undefined {
  if (!/^[A-Z]{3}$/.test(currency)) return undefined;
  return hexlify(toUtf8Bytes(currency));
}

/** The code behind the contracts' bytes. */
export function currencyOfWord(word: string): string {
  return toUtf8String(word);
}
