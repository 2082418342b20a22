import { createHmac, timingSafeEqual } from 'node:crypto';

/** A wallet that has signed in, in front of one link. */
export interface WalletSession {
  readonly link: string;
  /** 0x and 40 lower-case hex. */
  readonly address: string;
  /** Seconds since 1970: the first that is out. */
  readonly until: number;
}

const pattern = /^wls_([0-9]{10,12})_(0x[0-9a-f]{40})_([A-Za-z0-9_-]{43})$/;

/** Tokens of wallets that have signed in. They are kept nowhere, are good for one link, and end by themselves. */
export class WalletSessions {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  tokenOf(session: WalletSession): string {
    return `wls_${session.until}_${session.address}_${this.#macOf(session).toString('base64url')}`;
  }

  /** Undefined for a token that is over, of another link, or none of ours. */
  open(token: string, { link, now }: { readonly link: string; readonly now: string }): WalletSession | undefined {
    const [, until, address, mac] = pattern.exec(token) ?? [];
    if (until === undefined || address === undefined || mac === undefined) return undefined;
    const session = { link, address, until: Number(until) };
    const isOurs = timingSafeEqual(Buffer.from(mac, 'base64url'), this.#macOf(session));
    return isOurs && Date.parse(now) / 1000 < session.until ? session : undefined;
  }

  #macOf({ link, address, until }: WalletSession): Buffer {
    return createHmac('sha256', this.#secret).update(`tallyroot-wallet-session/1\n${link}\n${address}\n${until}`).digest();
  }
}
