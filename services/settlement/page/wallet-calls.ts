/// <reference lib="dom" />
import type { WalletTransaction } from './checkout-api.ts';
import { codeOf, type Provider } from './wallet.ts';

/* Several calls as one (EIP-5792), for wallets that can: the payer confirms once, and either all of it happens or nothing. */

const lookEveryMs = 1_000;
/** Not known, not allowed, or not in one piece: what the payer is asked for is the same in single transactions. */
const cannotBatch: readonly unknown[] = [-32601, -32602, 4200, 5700, 5710, 5740, 5750, 5760];

/** Can the wallet do several calls in one piece on this chain, now or after the payer lets it? */
export async function takesCalls(wallet: Provider, payer: string, chainId: string): Promise<boolean> {
  try {
    const answer = await wallet.request({ method: 'wallet_getCapabilities', params: [payer, [chainId]] });
    const known = (answer ?? {}) as Readonly<Record<string, { readonly atomic?: { readonly status?: unknown } } | undefined>>;
    const { status } = { ...known['0x0']?.atomic, ...known[chainId]?.atomic };
    return status === 'supported' || status === 'ready';
  } catch {
    return false; // Most wallets do not know the question.
  }
}

/** Hands over the calls. Undefined when the wallet cannot do them in one piece after all; throws what the payer or the wallet said no with. */
export async function sendCalls(wallet: Provider, calls: readonly WalletTransaction[], chainId: string): Promise<string | undefined> {
  const [{ from } = { from: '' }] = calls;
  const bundle = {
    version: '2.0.0',
    chainId,
    from,
    atomicRequired: true,
    calls: calls.map(({ to, value, data }) => ({ to, value, data })),
  };
  try {
    const answer = await wallet.request({ method: 'wallet_sendCalls', params: [bundle] });
    return typeof answer === 'string' ? answer : (answer as { readonly id: string }).id;
  } catch (error) {
    if (cannotBatch.includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** The transaction that the calls went in, once the wallet knows it; undefined when nothing came of them. */
export async function transactionOfCalls(wallet: Provider, id: string): Promise<string | undefined> {
  for (;;) {
    const answer = await wallet.request({ method: 'wallet_getCallsStatus', params: [id] });
    const { status, receipts } = answer as {
      readonly status?: unknown;
      readonly receipts?: readonly { readonly transactionHash?: string }[];
    };
    const tx = receipts?.at(-1)?.transactionHash;
    if (tx !== undefined) return tx;
    if (typeof status === 'number' && status >= 300) return undefined;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}
