import { type BaseWallet, Signature, TypedDataEncoder, type TypedDataDomain, type TypedDataField } from 'ethers';

type Types = Record<string, TypedDataField[]>;

/** Fields of a type, from the words of its declaration. */
const fields = (declaration: string): TypedDataField[] =>
  declaration.split(',').map((field) => {
    const [type, name] = field.trim().split(' ') as [string, string];
    return { type, name };
  });

export const quoteTypes: Types = {
  Quote:
    fields(`uint64 providerId, uint64 seq, bytes32 invoiceRef, uint8 kind, address payer, address token, uint256 amount, bytes3 currency,
    uint128 fiatMinor, uint48 validAfter, uint48 deadline`),
};

export const mandateTypes: Types = {
  Mandate:
    fields(`uint64 providerId, address payer, address token, uint128 maxPerPeriod, uint128 totalCap, uint48 period, uint48 start, uint48 end,
    bytes32 accountRef, uint256 salt`),
};

export const revokeTypes: Types = { Revoke: fields('bytes32 mandate') };

export const authorizationTypes: Types = {
  ReceiveWithAuthorization: fields('address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce'),
};

export const permitTypes: Types = { Permit: fields('address owner, address spender, uint256 value, uint256 nonce, uint256 deadline') };

/** A Permit2 transfer whose witness is of the one type given. */
export const permit2Types = (witness: Types): Types => ({
  PermitWitnessTransferFrom: fields(
    `TokenPermissions permitted, address spender, uint256 nonce, uint256 deadline, ${Object.keys(witness)[0]} witness`,
  ),
  TokenPermissions: fields('address token, uint256 amount'),
  ...witness,
});

export interface Quote {
  readonly providerId: bigint;
  readonly seq: bigint;
  readonly invoiceRef: string;
  readonly kind: number;
  readonly payer: string;
  readonly token: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly fiatMinor: bigint;
  readonly validAfter: number;
  readonly deadline: number;
}

export interface Mandate {
  readonly providerId: bigint;
  readonly payer: string;
  readonly token: string;
  readonly maxPerPeriod: bigint;
  readonly totalCap: bigint;
  readonly period: number;
  readonly start: number;
  readonly end: number;
  readonly accountRef: string;
  readonly salt: bigint;
}

/** Nonce of EIP-3009 and witness of Permit2. */
export const quoteStructHash = (quote: Quote): string => TypedDataEncoder.hashStruct('Quote', quoteTypes, quote);

export const mandateId = (domain: TypedDataDomain, mandate: Mandate): string => TypedDataEncoder.hash(domain, mandateTypes, mandate);

/** r, s and v, as a token's `permit` takes it. */
export async function signedPermit(
  payer: BaseWallet,
  domain: TypedDataDomain,
  permit: { spender: string; value: bigint; nonce: bigint; deadline: number },
): Promise<[deadline: number, v: number, r: string, s: string]> {
  const { v, r, s } = Signature.from(await payer.signTypedData(domain, permitTypes, { owner: payer.address, ...permit }));
  return [permit.deadline, v, r, s];
}

/** The payer's word to a token of EIP-3009 that `to` may take the amount of a quote. */
export const signedAuthorization = (payer: BaseWallet, domain: TypedDataDomain, to: string, quote: Quote): Promise<string> =>
  payer.signTypedData(domain, authorizationTypes, {
    ...{ from: payer.address, to, value: quote.amount, validAfter: quote.validAfter, validBefore: quote.deadline },
    nonce: quoteStructHash(quote),
  });

/** The payer's word to Permit2 that `spender` may take the amount of a quote, for that quote. */
export const signedPermit2 = (
  payer: BaseWallet,
  domain: TypedDataDomain,
  { spender, nonce, quote }: { spender: string; nonce: bigint; quote: Quote },
): Promise<string> =>
  payer.signTypedData(domain, permit2Types(quoteTypes), {
    ...{ permitted: { token: quote.token, amount: quote.amount }, spender, nonce, deadline: quote.deadline, witness: quote },
  });
