import { getAddress } from 'ethers';
import type { SignIn } from '../../access/domain/sign-in.ts';

const statement = 'Sign in to see, set up and end automatic payments. This pays nothing.';

/** The text of EIP-4361. It is made from what we kept and never read from an answer, so that nothing in it can be another than it was. */
export function signInMessage({ domain, address, uri, chainId, nonce, issuedAt, expiresAt }: SignIn): string {
  return [
    `${domain} wants you to sign in with your Ethereum account:`,
    getAddress(address),
    '',
    statement,
    '',
    `URI: ${uri}`,
    'Version: 1',
    `Chain ID: ${chainId}`,
    `Nonce: ${nonce}`,
    `Issued At: ${issuedAt}`,
    `Expiration Time: ${expiresAt}`,
  ].join('\n');
}
