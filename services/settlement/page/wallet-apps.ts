/// <reference lib="dom" />
import { element, show } from './view.ts';

/**
 * Wallet apps with a browser of their own, and how each opens a page in it. The schemes are the apps' own and are opened by the phone: unlike their links
 * by https they tell this page's link, which is all the permission that it has, to no server of anybody.
 */
const apps: readonly { readonly name: string; readonly link: (page: URL) => string }[] = [
  { name: 'MetaMask', link: ({ host, pathname }) => `metamask://dapp/${host}${pathname}` },
  { name: 'Coinbase Wallet', link: ({ href }) => `cbwallet://dapp?url=${encodeURIComponent(href)}` },
  { name: 'Trust Wallet', link: ({ href }) => `trust://open_url?coin_id=60&url=${encodeURIComponent(href)}` },
  { name: 'OKX Wallet', link: ({ href }) => `okx://wallet/dapp/url?dappUrl=${encodeURIComponent(href)}` },
];

/** Offers, on a phone whose browser has no wallet, to open this page in the browser of a wallet app; any other app gets it by the phone's own share sheet. */
export function offerWalletApps(page: URL): void {
  const isPhone = matchMedia('(pointer: coarse)').matches;
  show('wallet-apps', isPhone);
  if (!isPhone) return;
  element('wallet-app-list').replaceChildren(
    ...apps.map(({ name, link }) => Object.assign(document.createElement('a'), { href: link(page), textContent: `Open in ${name}` })),
  );
  const canShare = typeof navigator.share === 'function';
  show('share', canShare);
  // Whoever closes the sheet has changed nothing.
  element('share').onclick = () => void navigator.share({ url: page.href }).catch(() => undefined);
}
