/// <reference lib="dom" />
import type { TypedData, WalletTransaction } from './checkout-api.ts';
import type { Provider } from './wallet.ts';

/* What the wallet is asked for, and what the payer is told that it will show. */

/** The wallet does not know the method, or does not do it for this account. */
export const cannotSign: readonly unknown[] = [-32601, -32602, 4200];

/** Signs typed data that the service made. */
export async function signTypedData(wallet: Provider, account: string, data: TypedData): Promise<string> {
  return (await wallet.request({ method: 'eth_signTypedData_v4', params: [account, JSON.stringify(data)] })) as string;
}

/** Sends what the service made, and answers its hash. */
export async function sendTransaction(wallet: Provider, { from, to, value, data }: WalletTransaction): Promise<string> {
  return (await wallet.request({ method: 'eth_sendTransaction', params: [{ from, to, value, data }] })) as string;
}

export function signaturePrompt({ name, verifyingContract }: TypedData['domain']): string {
  const by = name === undefined ? '' : ` for “${name}”`;
  const at = verifyingContract === undefined ? '' : `, contract ${verifyingContract}`;
  return `Your wallet will show ${location.host} and a signature${by}${at}. If it shows another site, decline.`;
}

export function transactionPrompt({ to }: WalletTransaction): string {
  return `Your wallet will show ${location.host} and the contract ${to}. If it shows another site, decline.`;
}
