import { TypedDataEncoder, type TypedDataField, verifyTypedData } from 'ethers';
import { isSignedBy } from './payer-signature.ts';
import { type ContractPlace, signingDomain } from './quote.ts';

/** `Mandate` of ProviderSettlement as an event holds it: numbers as decimal text, addresses and words as lower-case hex. */
export type MandateTerms = {
  readonly providerId: string;
  readonly payer: string;
  readonly token: string;
  /** In units of the token, as is the total. */
  readonly maxPerPeriod: string;
  readonly totalCap: string;
  /** Seconds. */
  readonly period: string;
  /** Seconds since 1970; the first is in, the second is out. */
  readonly start: string;
  readonly end: string;
  readonly accountRef: string;
  /** uint256; tells two mandates of the same terms apart. */
  readonly salt: string;
};

/** The fields in the order of the contract: the order is part of the hash. */
export const mandateTypes: Record<string, TypedDataField[]> = {
  Mandate: [
    { name: 'providerId', type: 'uint64' },
    { name: 'payer', type: 'address' },
    { name: 'token', type: 'address' },
    { name: 'maxPerPeriod', type: 'uint128' },
    { name: 'totalCap', type: 'uint128' },
    { name: 'period', type: 'uint48' },
    { name: 'start', type: 'uint48' },
    { name: 'end', type: 'uint48' },
    { name: 'accountRef', type: 'bytes32' },
    { name: 'salt', type: 'uint256' },
  ],
};

export const revocationTypes: Record<string, TypedDataField[]> = { Revoke: [{ name: 'mandate', type: 'bytes32' }] };

/** What the payer signs, and the mandate's id everywhere: `hashMandate` of the contract. */
export function mandateDigest(terms: MandateTerms, place: ContractPlace): string {
  return TypedDataEncoder.hash(signingDomain('settlement', place), mandateTypes, terms);
}

/** What the payer signs to end it: the digest of `revokeBySig`. */
export function revocationDigest(mandate: string, place: ContractPlace): string {
  return TypedDataEncoder.hash(signingDomain('settlement', place), revocationTypes, { mandate });
}

/** Whether an ordinary key signed the mandate. A contract that signs (ERC-1271) has to be asked on its chain. */
export function isSignedByPayer(terms: MandateTerms, place: ContractPlace, signature: string): boolean {
  return isSignedBy(terms.payer, signature, () => verifyTypedData(signingDomain('settlement', place), mandateTypes, terms, signature));
}

/** The same of the end of a mandate. */
export function isRevokedByPayer(payer: string, mandate: string, place: ContractPlace, signature: string): boolean {
  return isSignedBy(payer, signature, () => verifyTypedData(signingDomain('settlement', place), revocationTypes, { mandate }, signature));
}

/** The period that a time lies in, counted from 0; undefined outside of the mandate. */
export function periodAt({ start, end, period }: MandateTerms, seconds: bigint): bigint | undefined {
  if (seconds < BigInt(start) || seconds >= BigInt(end)) return undefined;
  return (seconds - BigInt(start)) / BigInt(period);
}
