import type { SignIn } from '../domain/sign-in.ts';

/** A sign-in that waits for its signature. `link`: what it opens the wallet's part of. */
export interface PendingSignIn extends SignIn {
  readonly link: string;
}

export interface SignInNonces {
  /** Durable when it returns; what is over is forgotten. The first one of a nonce stays and is answered. */
  keep(pending: PendingSignIn): Promise<PendingSignIn>;
  /** Takes it away: whoever comes second finds none, also at the same time and in another process. */
  take(link: string, nonce: string): Promise<PendingSignIn | undefined>;
}
