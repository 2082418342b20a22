import { createHmac, timingSafeEqual } from 'node:crypto';

/** What a checkout is of. */
export interface CheckoutSlot {
  readonly provider: string;
  readonly seq: string;
}

const pattern = /^chk_([a-z0-9]{2,20})_([1-9][0-9]{0,18})_([A-Za-z0-9_-]{22})$/;

/**
 * Ids of checkouts that nobody can guess: whoever has the link may see what is to be paid, and pay it. An id is derived from a secret of the
 * installation, so that it is kept nowhere, and is the same for the same slot.
 */
export class CheckoutLinks {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  idOf({ provider, seq }: CheckoutSlot): string {
    return `chk_${provider}_${seq}_${this.#macOf({ provider, seq })}`;
  }

  /** The slot behind an id; undefined for an id that we did not make. */
  slotOf(id: string): CheckoutSlot | undefined {
    const [, provider, seq, mac] = pattern.exec(id) ?? [];
    if (provider === undefined || seq === undefined || mac === undefined) return undefined;
    const slot = { provider, seq };
    return timingSafeEqual(Buffer.from(mac), Buffer.from(this.#macOf(slot))) ? slot : undefined;
  }

  /** 128 bits. */
  #macOf({ provider, seq }: CheckoutSlot): string {
    const mac = createHmac('sha256', this.#secret).update(`tallyroot-checkout/1\n${provider}\n${seq}`).digest();
    return mac.subarray(0, 16).toString('base64url');
  }
}
