import { TypedDataEncoder } from 'ethers';
import { ChainRefusedFault } from '../../../chain/application/chain-faults.ts';
import type { ChainNode } from '../../../chain/application/chain-node.ts';
import type { PayWay, WalletTypedData } from '../../application/checkout/payer-desk.ts';
import { offerTypes, quoteTypes } from '../../domain/quote.ts';
import { deadlineOf, type IssuedQuote, tokenOf } from '../../domain/slot.ts';
import { unitsOf } from './pay-calldata.ts';
import { escrowContract, permit2Contract, settlementContract, tokenContract } from './contract-interfaces.ts';

type Fields = readonly { readonly name: string; readonly type: string }[];

/** `uint64 providerId, bytes32 ref` as fields. */
const fields = (text: string): Fields =>
  text.split(', ').map((field) => {
    const [type, name] = field.split(' ') as [string, string];
    return { type, name };
  });

const permitTypes = { Permit: fields('address owner, address spender, uint256 value, uint256 nonce, uint256 deadline') };
const authorizationTypes = {
  ReceiveWithAuthorization: fields('address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce'),
};
const tokenPermissions = { TokenPermissions: fields('address token, uint256 amount') };
const domainFields = {
  name: { name: 'name', type: 'string' },
  version: { name: 'version', type: 'string' },
  chainId: { name: 'chainId', type: 'uint256' },
  verifyingContract: { name: 'verifyingContract', type: 'address' },
} as const;

/** Words of free nonces that are looked at before Permit2 is not offered. */
const nonceWordsMax = 4n;

/** The ways of paying a token by a signature, as the token and this chain have them; the payer sends what it signed itself. */
export async function signedWays(node: ChainNode, quote: IssuedQuote, payer: string): Promise<PayWay[]> {
  const [own, viaPermit2] = await Promise.all([ownWays(node, quote, payer), permit2Way(node, quote, payer)]);
  return [...own, ...viaPermit2];
}

/** EIP-2612 and EIP-3009. The domain is taken only when the token itself hashes to the same. */
async function ownWays(node: ChainNode, quote: IssuedQuote, payer: string): Promise<PayWay[]> {
  const token = tokenOf(quote.terms);
  const domain = await tokenDomain(node, token, quote.chainId);
  if (domain === undefined) return [];
  const ways: PayWay[] = [];
  const nonce = await asked<bigint>(node, token, 'nonces', [payer]);
  const value = unitsOf(quote.terms).toString();
  const deadline = deadlineOf(quote.terms).toString();
  // Only the settlement contract takes a permit: an escrowed purchase has no such call.
  if (nonce !== undefined && quote.terms.module === 'settlement') {
    const message = { owner: payer, spender: quote.contract, value, nonce: nonce.toString(), deadline };
    ways.push({ method: 'permit', transactions: [], sign: typedData(domain, permitTypes, 'Permit', message) });
  }
  if ((await asked<boolean>(node, token, 'authorizationState', [payer, quote.structHash])) === false) {
    const validAfter = quote.terms.module === 'settlement' ? quote.terms.quote.validAfter : '0';
    const message = { from: payer, to: quote.contract, value, validAfter, validBefore: deadline, nonce: quote.structHash };
    const sign = typedData(domain, authorizationTypes, 'ReceiveWithAuthorization', message);
    ways.push({ method: 'authorization', transactions: [], sign });
  }
  return ways;
}

/** Permit2 with the quote as its witness, for a wallet that has allowed the token to Permit2 before. */
async function permit2Way(node: ChainNode, quote: IssuedQuote, payer: string): Promise<PayWay[]> {
  const { terms, contract, chainId } = quote;
  const calls = terms.module === 'settlement' ? settlementContract : escrowContract;
  const permit2 = await call<string>(node, contract, calls.encodeFunctionData('permit2'), (data) =>
    calls.decodeFunctionResult('permit2', data),
  );
  if (permit2 === undefined) return [];
  const token = tokenOf(terms);
  const allowance = (await asked<bigint>(node, token, 'allowance', [payer, permit2])) ?? 0n;
  if (allowance < unitsOf(terms)) return [];
  const nonce = await freeNonce(node, permit2, payer);
  if (nonce === undefined) return [];
  const witness = terms.module === 'settlement' ? quoteTypes : offerTypes;
  const witnessType = terms.module === 'settlement' ? 'Quote' : 'Offer';
  const types = {
    PermitWitnessTransferFrom: [
      ...fields('TokenPermissions permitted, address spender, uint256 nonce, uint256 deadline'),
      { type: witnessType, name: 'witness' },
    ],
    ...tokenPermissions,
    ...witness,
  };
  const message = {
    permitted: { token, amount: unitsOf(terms).toString() },
    ...{ spender: contract, nonce: nonce.toString(), deadline: deadlineOf(terms).toString() },
    witness: terms.module === 'settlement' ? terms.quote : terms.offer,
  };
  const domain = { name: 'Permit2', chainId: Number(chainId), verifyingContract: permit2.toLowerCase() };
  return [{ method: 'permit2', transactions: [], sign: typedData(domain, types, 'PermitWitnessTransferFrom', message) }];
}

/** The lowest nonce that was not used: a word that was begun costs less gas than a new one. */
async function freeNonce(node: ChainNode, permit2: string, payer: string): Promise<bigint | undefined> {
  for (let word = 0n; word < nonceWordsMax; word++) {
    const data = permit2Contract.encodeFunctionData('nonceBitmap', [payer, word]);
    const used = await call<bigint>(node, permit2, data, (answer) => permit2Contract.decodeFunctionResult('nonceBitmap', answer));
    if (used === undefined) return undefined;
    for (let bit = 0n; bit < 256n; bit++) if (((used >> bit) & 1n) === 0n) return word * 256n + bit;
  }
  return undefined;
}

/** Name and version of a token as it signs by them; undefined where they do not hash to the separator that it says it has. */
async function tokenDomain(node: ChainNode, token: string, chainId: string): Promise<WalletTypedData['domain'] | undefined> {
  const [name, version, separator] = await Promise.all([
    asked<string>(node, token, 'name', []),
    asked<string>(node, token, 'version', []),
    asked<string>(node, token, 'DOMAIN_SEPARATOR', []),
  ]);
  if (name === undefined || separator === undefined) return undefined;
  const domain = { name, version: version ?? '1', chainId: Number(chainId), verifyingContract: token };
  return TypedDataEncoder.hashDomain(domain) === separator ? domain : undefined;
}

/** What a token answers; undefined where it has no such function. */
function asked<Value>(node: ChainNode, token: string, name: string, values: readonly unknown[]): Promise<Value | undefined> {
  return call(node, token, tokenContract.encodeFunctionData(name, values), (data) => tokenContract.decodeFunctionResult(name, data));
}

async function call<Value>(
  node: ChainNode,
  to: string,
  data: string,
  decode: (data: string) => ArrayLike<unknown>,
): Promise<Value | undefined> {
  let answer: string;
  try {
    answer = await node.call<string>('eth_call', { to, data }, 'latest');
  } catch (error) {
    if (error instanceof ChainRefusedFault) return undefined;
    throw error;
  }
  try {
    return decode(answer)[0] as Value;
  } catch {
    return undefined; // No code, or a function of the same name that answers something else.
  }
}

function typedData(
  domain: WalletTypedData['domain'],
  types: WalletTypedData['types'],
  primaryType: string,
  message: WalletTypedData['message'],
): WalletTypedData {
  const EIP712Domain = (Object.keys(domain) as (keyof typeof domainFields)[]).map((field) => domainFields[field]);
  return { domain, types: { EIP712Domain, ...types }, primaryType, message };
}
