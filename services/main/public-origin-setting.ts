import type { SettlementChain } from '../settlement/application/settlement-chain.ts';
import { SettingsFault } from './settings-fault.ts';

interface ReachedAt {
  readonly settlementChains: readonly SettlementChain[];
  readonly publicOrigin: string | undefined;
}

/** What links of checkouts begin with, and the site that wallets sign in at. Plain http stays on this machine, where nobody reads along. */
export function readPublicOrigin(text: string): string {
  const { origin, protocol, hostname } = URL.canParse(text) ? new URL(text) : new URL('data:');
  const isHere = protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if ((protocol === 'https:' || isHere) && [origin, `${origin}/`].includes(text.toLowerCase())) return origin;
  throw new SettingsFault(
    `PUBLIC_ORIGIN takes https:// and the name that payers reach the service by, without a path, or http:// for this machine alone, not ${JSON.stringify(text)}.`,
  );
}

/** Where real money is paid, nothing is assumed about where: called before anything is started. Throws SettingsFault. */
export function demandPublicOrigin({ settlementChains, publicOrigin }: ReachedAt): void {
  const real = settlementChains.find(({ profile }) => profile.realMoney);
  if (real === undefined || publicOrigin?.startsWith('https://') === true) return;
  const where = publicOrigin === undefined ? 'it is not set' : `it is ${publicOrigin}`;
  throw new SettingsFault(
    `PUBLIC_ORIGIN has to say where payers reach this service by https, such as https://pay.example, since real money is paid on chain ${real.chainId}; ${where}.`,
  );
}
