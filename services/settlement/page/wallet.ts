/// <reference lib="dom" />

/** A wallet as EIP-1193 has it. */
export interface Provider {
  request(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>;
  on?(event: string, listener: (value: unknown) => void): void;
}

/** A wallet that announced itself (EIP-6963), or the one that a browser injects. */
export interface Wallet {
  readonly name: string;
  /** A data URI, shown in an image and nowhere else; absent when it is none. */
  readonly icon?: string;
  readonly provider: Provider;
}

interface Announcement {
  readonly info?: { readonly name?: unknown; readonly icon?: unknown; readonly rdns?: unknown };
  readonly provider?: Provider;
}

/** How long wallets have to announce themselves before the injected one is offered. */
const announceMsMax = 300;

/** Tells every wallet of the browser as it shows up, once each. The page never picks one. */
export function discoverWallets(found: (wallet: Wallet) => void): void {
  const known = new Set<string>();
  addEventListener('eip6963:announceProvider', (event) => {
    const { info, provider } = (event as CustomEvent<Announcement | undefined>).detail ?? {};
    if (provider === undefined || typeof info?.rdns !== 'string' || typeof info.name !== 'string' || known.has(info.rdns)) return;
    known.add(info.rdns);
    const icon = typeof info.icon === 'string' && info.icon.startsWith('data:image/') ? { icon: info.icon } : {};
    found({ name: info.name.slice(0, 60), provider, ...icon });
  });
  dispatchEvent(new Event('eip6963:requestProvider'));
  setTimeout(() => {
    const { ethereum } = globalThis as { ethereum?: Provider };
    if (known.size === 0 && ethereum !== undefined) found({ name: 'Wallet of this browser', provider: ethereum });
  }, announceMsMax);
}

/** What the wallet said no with, in a sentence for the payer. */
export function walletSentence(error: unknown): string {
  switch (codeOf(error)) {
    case 4001:
      return 'You declined in the wallet. Nothing was paid.';
    case -32002:
      return 'Your wallet has a request open already. Open the wallet and answer it there.';
    case 4100:
      return 'Your wallet does not let this page use the account. Connect again.';
    case 4900:
    case 4901:
      return 'Your wallet is not connected to the network. Nothing was paid.';
    case 4902:
      return 'Your wallet does not know this network. Add it in the wallet, then try again.';
    default:
      return 'The wallet could not do this. Nothing was paid; look into the wallet, then try again.';
  }
}

/** Wallets put their code into the error, or one level deeper. */
export function codeOf(error: unknown): number | undefined {
  const { code, data } = (error ?? {}) as { code?: unknown; data?: { originalError?: { code?: unknown } } };
  const inner = data?.originalError?.code;
  return typeof inner === 'number' ? inner : typeof code === 'number' ? code : undefined;
}
