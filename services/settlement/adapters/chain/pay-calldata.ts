import { Signature } from 'ethers';
import type { PayMethod, WalletTransaction } from '../../application/checkout/payer-desk.ts';
import { type SignedTerms, zeroAddress } from '../../domain/quote.ts';
import { type IssuedQuote, tokenOf } from '../../domain/slot.ts';
import { escrowContract, settlementContract, tokenContract } from './contract-interfaces.ts';

/** The call that pays a quote without any further signature: with the native coin, or from an allowance. */
export function plainPayment(quote: IssuedQuote, payer: string): WalletTransaction {
  const { terms, signer, signature, contract } = quote;
  const isNative = tokenOf(terms) === zeroAddress;
  const data =
    terms.module === 'settlement'
      ? settlementContract.encodeFunctionData(isNative ? 'payNative' : 'payToken', [terms.quote, signer, signature])
      : escrowContract.encodeFunctionData('purchase', [terms.offer, signer, signature]);
  return { from: payer, to: contract, value: isNative ? hex(unitsOf(terms)) : '0x0', data };
}

/** What the payer allows the contract: exactly the amount. A token that holds an older allowance may want it at zero first. */
export function approvals(quote: IssuedQuote, payer: string, held: bigint): WalletTransaction[] {
  const to = tokenOf(quote.terms);
  const approve = (amount: bigint) => ({
    ...{ from: payer, to, value: '0x0' },
    data: tokenContract.encodeFunctionData('approve', [quote.contract, amount]),
  });
  return held === 0n ? [approve(unitsOf(quote.terms))] : [approve(0n), approve(unitsOf(quote.terms))];
}

export interface SignedPayment {
  readonly payer: string;
  readonly method: Exclude<PayMethod, 'native' | 'allowance'>;
  readonly signature: string;
  readonly nonce: string;
}

/** The call that pays a quote by what the payer signed; undefined where a key had to sign, and did not. */
export function signedPayment(quote: IssuedQuote, { payer, method, signature, nonce }: SignedPayment): WalletTransaction | undefined {
  const { terms, signer, signature: providers, contract } = quote;
  const data = () => {
    const first = [terms.module === 'settlement' ? terms.quote : terms.offer, signer, providers];
    if (terms.module === 'escrow') {
      const name = method === 'permit2' ? 'purchaseWithPermit2' : 'purchaseWithAuthorization';
      return escrowContract.encodeFunctionData(name, [...first, payer, ...(method === 'permit2' ? [nonce] : []), signature]);
    }
    if (method === 'permit2') return settlementContract.encodeFunctionData('payWithPermit2', [...first, payer, nonce, signature]);
    if (method === 'authorization') return settlementContract.encodeFunctionData('payWithAuthorization', [...first, payer, signature]);
    const parts = keySignature(signature);
    if (parts === undefined) return undefined;
    const { v, r, s } = parts;
    return settlementContract.encodeFunctionData('payWithPermit', [...first, terms.quote.deadline, v, r, s]);
  };
  const encoded = data();
  return encoded === undefined ? undefined : { from: payer, to: contract, value: '0x0', data: encoded };
}

function keySignature(text: string): { readonly v: number; readonly r: string; readonly s: string } | undefined {
  try {
    const { v, r, s } = Signature.from(text); // `s` is looked at when it is read.
    return { v, r, s };
  } catch {
    return undefined; // Of another length, with another `v`, or with an `s` that no contract takes.
  }
}

export function unitsOf(terms: SignedTerms): bigint {
  return BigInt(terms.module === 'settlement' ? terms.quote.amount : terms.offer.amount);
}

function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}
