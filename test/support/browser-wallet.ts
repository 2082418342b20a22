import { getBytes, type Wallet } from 'ethers';
import type { BrowserContext, Page } from 'playwright-core';

/** What the wallet of a test does; `declines` answers the next request of a method with a code. */
export interface TestWallet {
  chainId: string;
  /** Of EIP-5792; undefined: the wallet does not know the question. */
  atomic: 'supported' | 'ready' | undefined;
  readonly declines: Map<string, number>;
  readonly asked: string[];
  /** By their ids: the transactions that a bundle went in. */
  readonly bundles: Map<string, readonly string[]>;
}

/** Puts a wallet into every page of a browser's context that signs and sends with this key. `announces`: by EIP-6963, or it is just there. */
export async function putWalletInto(
  context: BrowserContext,
  signer: Wallet,
  { announces = true }: { readonly announces?: boolean } = {},
): Promise<TestWallet> {
  const wallet: TestWallet = { chainId: '0x7a69', atomic: undefined, declines: new Map(), asked: [], bundles: new Map() };
  await context.exposeFunction('walletAnswer', (method: string, params: readonly unknown[]) => answer(signer, wallet, method, params));
  await context.addInitScript(announce, announces);
  return wallet;
}

/** What the wallet tells the page by itself. */
export function walletSays(page: Page, event: string, value: unknown): Promise<void> {
  return page.evaluate(
    ([name, told]) => (globalThis as unknown as { walletSays(name: unknown, value: unknown): void }).walletSays(name, told),
    [event, value],
  );
}

/** Runs in the page, before anything of it: a wallet that announces itself by EIP-6963, or is just there, and speaks EIP-1193. */
function announce(isAnnounced: boolean): void {
  interface Answer {
    readonly value?: unknown;
    readonly code?: number;
  }
  const scope = globalThis as unknown as { walletAnswer(method: string, params: readonly unknown[]): Promise<Answer> };
  const request = async ({ method, params = [] }: { method: string; params?: readonly unknown[] }) => {
    const { value, code } = await scope.walletAnswer(method, params);
    if (code !== undefined) throw Object.assign(new Error('The wallet said no.'), { code });
    return value;
  };
  const info = {
    uuid: '1',
    name: 'Test Wallet',
    icon: `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 2"><circle cx="1" cy="1" r="1"/></svg>')}`,
    rdns: 'test.wallet',
  };
  const listeners = new Map<string, ((value: unknown) => void)[]>();
  const on = (event: string, listener: (value: unknown) => void) => void listeners.set(event, [...(listeners.get(event) ?? []), listener]);
  Object.assign(globalThis, { walletSays: (event: string, value: unknown) => listeners.get(event)?.forEach((each) => each(value)) });
  const provider = { request, on };
  const tell = () => dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
  if (isAnnounced) addEventListener('eip6963:requestProvider', tell);
  else Object.assign(globalThis, { ethereum: provider });
}

interface Call {
  readonly to: string;
  readonly value: string;
  readonly data: string;
}

async function sendOut(signer: Wallet, { to, value, data }: Call): Promise<string> {
  // Not estimated first: what would revert is sent all the same, as the user of a wallet may.
  return (await signer.sendTransaction({ to, value, data, gasLimit: 1_000_000n })).hash;
}

async function answer(signer: Wallet, wallet: TestWallet, method: string, params: readonly unknown[]) {
  wallet.asked.push(method);
  const code = wallet.declines.get(method);
  wallet.declines.delete(method);
  if (code !== undefined) return { code };
  switch (method) {
    case 'eth_requestAccounts':
      return { value: [signer.address.toLowerCase()] };
    case 'eth_chainId':
      return { value: wallet.chainId };
    case 'wallet_switchEthereumChain':
      wallet.chainId = (params[0] as { chainId: string }).chainId;
      return { value: null };
    case 'personal_sign':
      return { value: await signer.signMessage(getBytes(params[0] as string)) };
    case 'eth_signTypedData_v4': {
      const { domain, types, message } = JSON.parse(params[1] as string);
      const { EIP712Domain: _, ...own } = types;
      return { value: await signer.signTypedData(domain, own, message) };
    }
    case 'wallet_addEthereumChain':
      return { value: null };
    case 'eth_sendTransaction':
      return { value: await sendOut(signer, params[0] as Call) };
    case 'wallet_getCapabilities':
      return wallet.atomic === undefined ? { code: -32601 } : { value: { [wallet.chainId]: { atomic: { status: wallet.atomic } } } };
    case 'wallet_sendCalls': {
      const { calls } = params[0] as { calls: Call[] };
      const sent: string[] = [];
      for (const call of calls) sent.push(await sendOut(signer, call));
      const id = `bundle-${wallet.bundles.size}`;
      wallet.bundles.set(id, sent);
      return { value: { id } };
    }
    case 'wallet_getCallsStatus': {
      const receipts = wallet.bundles.get(params[0] as string)?.map((transactionHash) => ({ transactionHash }));
      return { value: { status: 200, receipts } };
    }
    default:
      return { code: -32601 };
  }
}
