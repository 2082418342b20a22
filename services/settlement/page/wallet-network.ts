import type { Checkout } from './checkout-api.ts';
import { codeOf, type Provider } from './wallet.ts';

/** Networks that a wallet is likely to know, by their chain ids; the operator's own name goes first. */
const names: Readonly<Record<string, string>> = {
  '1': 'Ethereum',
  '10': 'OP Mainnet',
  '137': 'Polygon',
  '8453': 'Base',
  '42161': 'Arbitrum One',
  '31337': 'Local test network',
  '84532': 'Base Sepolia (test)',
  '11155111': 'Sepolia (test)',
};
const native = `0x${'0'.repeat(40)}`;

/** A network as wallets take it (EIP-3085). */
export interface Network {
  /** 0x-hex. */
  readonly chainId: string;
  readonly chainName: string;
  /** Absent where the operator named no public node, or the coin is not known here. */
  readonly toAdd?: object;
}

export function networkOf({ chainId: decimal, network, tokens, walletRpcUrl, explorerUrl }: Checkout): Network {
  const chainId = `0x${BigInt(decimal).toString(16)}`;
  const chainName = network ?? names[decimal] ?? `Network ${decimal}`;
  const coin = tokens.find(({ address }) => address === native);
  if (walletRpcUrl === undefined || coin === undefined) return { chainId, chainName };
  const nativeCurrency = { name: coin.currency, symbol: coin.currency, decimals: 18 };
  const explorers = explorerUrl === undefined ? {} : { blockExplorerUrls: [explorerUrl] };
  return { chainId, chainName, toAdd: { chainId, chainName, nativeCurrency, rpcUrls: [walletRpcUrl], ...explorers } };
}

/**
 * Asks the wallet for the network. Where it does not know it (4902) and can be told, `mayAdd` gets the step that tells it, for a tap of its own.
 * Answers whether the network was switched; throws what the wallet said no with.
 */
export async function switchNetwork(
  wallet: Provider,
  { chainId, toAdd }: Network,
  mayAdd: (add: () => Promise<unknown>) => void,
): Promise<boolean> {
  try {
    await wallet.request({ method: 'wallet_switchEthereumChain', params: [{ chainId }] });
    return true;
  } catch (error) {
    if (codeOf(error) !== 4902 || toAdd === undefined) throw error;
    mayAdd(() => wallet.request({ method: 'wallet_addEthereumChain', params: [toAdd] }));
    return false;
  }
}
