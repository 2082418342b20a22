import { createHmac, timingSafeEqual } from 'node:crypto';

/** A wallet that has signed in, in front of one link. */
export interface WalletSession {
  readonly link: string;
  /** The site that it has signed in at. */
  readonly domain: string;
  /** 0x and 40 lower-case hex. */
  readonly address: string;
  /** Seconds since 1970: the first that is out. */
  readonly until: number;
}

const pattern = /^wls_([0-9]{10,12})_(0x[0-9a-f]{40})_([A-Za-z0-9_-]{43})$/;

/** Tokens of wallets that have signed in. They are kept nowhere, are good for one link at one site, and end by themselves. */
export class WalletSessions {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  tokenOf(session: WalletSession): string {
    return `wls_${session.until}_${session.address}_${this.#macOf(session).toString('base64url')}`;
  }

  /** Undefined for a token that is over, of another link or site, or none of ours. */
  open(token: string, { now, ...at }: Pick<WalletSession, 'link' | 'domain'> & { readonly now: string }): WalletSession | undefined {
    const [, until, address, mac] = pattern.exec(token) ?? [];
    if (until === undefined || address === undefined || mac === undefined) return undefined;
    const session = { ...at, address, until: Number(until) };
    const isOurs = timingSafeEqual(Buffer.from(mac, 'base64url'), this.#macOf(session));
    return isOurs && Date.parse(now) / 1000 < session.until ? session : undefined;
  }

  #macOf({ link, domain, address, until }: WalletSession): Buffer {
    const text = `tallyroot-wallet-session/2\n${domain}\n${link}\n${address}\n${until}`;
    return createHmac('sha256', this.#secret).update(text).digest();
  }
}
