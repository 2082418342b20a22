/// <reference lib="dom" />
import type { Checkout } from './checkout-api.ts';

/** The transaction that pays, or may have, and what it was when it was seen waiting. */
export type NamedTransaction = Readonly<Record<'tx', string> & Partial<Record<'from' | 'nonce' | 'call' | 'height', string>>>;

/** Keeps the transaction of a checkout for a reload, in this browser alone. Nothing of it is secret: it is on the chain. */
export class PaymentMemory {
  readonly #key: string;

  constructor(checkout: string) {
    this.#key = `tallyroot:${checkout}`;
  }

  get(): NamedTransaction | undefined {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key) ?? 'null') as NamedTransaction | null;
      return typeof kept?.tx === 'string' ? kept : undefined;
    } catch {
      return undefined; // Written by something else, or the browser keeps nothing: the ledger finds the payment all the same.
    }
  }

  sent(tx: string): void {
    this.#put({ tx });
  }

  /** Once it was seen waiting, what took its place can be found later. */
  told({ transaction }: Checkout): void {
    const { tx } = this.get() ?? {};
    if (tx === undefined || transaction === undefined) return;
    const { state, from, nonce, call, height } = transaction;
    if (state !== 'pending' || from === undefined || nonce === undefined || call === undefined || height === undefined) return;
    this.#put({ tx, from, nonce, call, height });
  }

  #put(named: NamedTransaction): void {
    try {
      localStorage.setItem(this.#key, JSON.stringify(named));
    } catch {
      // A browser that keeps nothing follows the payment for as long as the page is open.
    }
  }
}
