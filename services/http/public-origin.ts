/**
 * Where people reach the service: for links, and for what wallets sign. It is said by the operator and never taken from a request, since the
 * Host header says whatever the caller wants: a page that stands between a payer and us would have its own name signed.
 */
export class PublicOrigin {
  #origin: string | undefined;

  constructor(configured?: string) {
    this.#origin = configured;
  }

  /** Where nothing is configured, the service is reached on this machine alone, at the port that it listens on. */
  listensAt(port: number): void {
    this.#origin ??= `http://127.0.0.1:${port}`;
  }

  /** Scheme, host and port where that is not the scheme's own: `https://pay.example`. */
  get origin(): string {
    if (this.#origin === undefined) throw new RangeError('The service does not listen yet.');
    return this.#origin;
  }

  /** Host, and port where that is not the scheme's own: what EIP-4361 calls the domain. */
  get domain(): string {
    return new URL(this.origin).host;
  }
}
