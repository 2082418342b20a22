import { createHmac } from 'node:crypto';
import { hashMessage, verifyMessage } from 'ethers';
import type { PendingSignIn, SignInNonces } from '../../../access/application/sign-in-nonces.ts';
import type { WalletSession, WalletSessions } from '../../../access/application/wallet-sessions.ts';
import type { Clock } from '../../../commands/application/clock.ts';
import { isSignedBy } from '../../domain/payer-signature.ts';
import type { ContractPlace } from '../../domain/quote.ts';
import { signInMessage } from '../../domain/sign-in-message.ts';
import type { MandateDesk } from './mandate-desk.ts';

/** For finding the wallet and reading what it shows. */
const signSecondsMax = 300;
/** For reading caps and coming back from the wallet. */
const sessionSeconds = 1_800;

export interface WalletSignInsOptions {
  readonly nonces: SignInNonces;
  readonly sessions: WalletSessions;
  readonly desk: Pick<MandateDesk, 'isSignedByContract'>;
  readonly clock: Clock;
  /** 32 bytes of the installation that nonces are derived from. */
  readonly secret: Uint8Array;
}

/** What is asked for: `link` the id of the checkout, `domain` and `uri` of its page as the operator has said them, `key` the caller's own. */
export interface SignInAsked {
  readonly link: string;
  readonly address: string;
  readonly domain: string;
  readonly uri: string;
  readonly chainId: string;
  readonly key: string;
}

/** Wallets that sign in (EIP-4361) in front of a checkout, to see and end what they agreed to. Nobody has to, to pay. */
export class WalletSignIns {
  readonly #options: WalletSignInsOptions;

  constructor(options: WalletSignInsOptions) {
    this.#options = options;
  }

  async begin({ key, ...asked }: SignInAsked): Promise<PendingSignIn & { readonly message: string }> {
    const { nonces, clock } = this.#options;
    const issuedAt = clock.now();
    const expiresAt = new Date(Date.parse(issuedAt) + signSecondsMax * 1000).toISOString();
    const pending = await nonces.keep({ ...asked, nonce: this.#nonceOf(asked, key), issuedAt, expiresAt });
    return { ...pending, message: signInMessage(pending) };
  }

  /**
   * The session of the wallet that signed; `refused` where it did not, or where the nonce is over, used, or of another link; `elsewhere` where
   * what was to be signed names another site than payers reach us at. A nonce is gone by the first try, also by one that fails.
   */
  async finish(
    of: { readonly link: string; readonly nonce: string; readonly domain: string; readonly signature: string },
    place: ContractPlace,
  ): Promise<(WalletSession & { readonly token: string }) | 'refused' | 'elsewhere'> {
    const { nonces, sessions, clock } = this.#options;
    const now = clock.now();
    const pending = await nonces.take(of.link, of.nonce);
    if (pending === undefined || pending.expiresAt <= now) return 'refused';
    if (pending.domain !== of.domain) return 'elsewhere';
    if (pending.chainId !== place.chainId || !(await this.#isSigned(pending, of.signature, place))) return 'refused';
    const session = {
      link: of.link,
      domain: of.domain,
      address: pending.address,
      until: Math.floor(Date.parse(now) / 1000) + sessionSeconds,
    };
    return { ...session, token: sessions.tokenOf(session) };
  }

  /** A key first; only then the code at the address is asked, as for any other signature (docs/decisions/0121). */
  async #isSigned(pending: PendingSignIn, signature: string, place: ContractPlace): Promise<boolean> {
    const message = signInMessage(pending);
    if (isSignedBy(pending.address, signature, () => verifyMessage(message, signature))) return true;
    return this.#options.desk.isSignedByContract(place, { payer: pending.address, digest: hashMessage(message), signature });
  }

  /** 128 bits, of this site alone. The same key asks for the same sign-in again, while that waits. */
  #nonceOf({ link, domain, address }: Omit<SignInAsked, 'key'>, key: string): string {
    const text = `tallyroot-sign-in/2\n${domain}\n${link}\n${address}\n${key}`;
    return createHmac('sha256', this.#options.secret).update(text).digest('hex').slice(0, 32);
  }
}
