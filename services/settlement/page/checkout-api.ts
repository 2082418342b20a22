/// <reference lib="dom" />

export interface Quote {
  readonly token: string;
  readonly tokenCurrency: string;
  readonly tokenAmount: string;
  readonly rate: string;
  readonly rateSource: string;
  readonly rateAt: string;
  readonly spreadBps: string;
  readonly deadline: string;
}

export interface Refusal {
  readonly code: string;
  readonly text: string;
}

export interface Checkout {
  readonly state: string;
  readonly legalName: string;
  readonly kind: string;
  readonly invoice?: string;
  readonly title?: string;
  readonly amount: string;
  readonly currency: string;
  readonly chainId: string;
  readonly contract: string;
  readonly module: string;
  readonly terms?: string;
  readonly tokens: readonly { readonly address: string; readonly currency: string }[];
  readonly quotes: readonly Quote[];
  readonly payment?: { readonly tx: string; readonly block: string; readonly confirmations?: string };
  readonly transaction?: { readonly state: string; readonly block?: string; readonly refusal?: Refusal };
}

export interface WalletTransaction {
  readonly from: string;
  readonly to: string;
  readonly value: string;
  readonly data: string;
}

export interface PayWay {
  readonly method: 'native' | 'allowance' | 'permit' | 'permit2' | 'authorization';
  readonly transactions: readonly WalletTransaction[];
  readonly sign?: { readonly message: { readonly nonce?: string } };
}

export interface Prepared {
  readonly ways: readonly PayWay[];
  readonly refusal?: Refusal;
}

/** What the service said no with. */
export class Problem extends Error {
  readonly code: string;
  readonly params: Readonly<Record<string, string>>;

  constructor({
    code,
    title,
    params,
  }: {
    readonly code: string;
    readonly title: string;
    readonly params?: Readonly<Record<string, string>>;
  }) {
    super(title);
    this.code = code;
    this.params = params ?? {};
  }
}

/** The service, as the payer's browser speaks to it: by the link alone. */
export class CheckoutApi {
  readonly #path: string;

  constructor(id: string) {
    this.#path = `/v1/checkouts/${encodeURIComponent(id)}`;
  }

  show(tx: string | undefined): Promise<Checkout> {
    return ask(`${this.#path}${query(tx === undefined ? {} : { tx })}`);
  }

  quote(token: string): Promise<Checkout> {
    return ask(`${this.#path}/quotes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify({ token }),
    });
  }

  prepare(token: string, payer: string): Promise<Prepared> {
    return ask(`${this.#path}/payment${query({ token, payer })}`);
  }

  signed(of: Readonly<Record<string, string>>): Promise<{ readonly transaction: WalletTransaction; readonly refusal?: Refusal }> {
    return ask(`${this.#path}/signed-payment${query(of)}`);
  }

  /** Tells every change until `stop` is called. The browser connects again by itself. */
  follow(tx: string | undefined, told: (checkout: Checkout) => void): { stop(): void } {
    const events = new EventSource(`${this.#path}/events${query(tx === undefined ? {} : { tx })}`);
    events.addEventListener('checkout', ({ data }) => told(JSON.parse(data as string) as Checkout));
    return { stop: () => events.close() };
  }
}

async function ask<Answer>(path: string, options: RequestInit = {}): Promise<Answer> {
  const response = await fetch(path, { ...options, referrerPolicy: 'no-referrer', credentials: 'omit', cache: 'no-store' });
  const body = (await response.json()) as unknown;
  if (!response.ok) throw new Problem(body as ConstructorParameters<typeof Problem>[0]);
  return body as Answer;
}

function query(values: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(values).toString();
  return text === '' ? '' : `?${text}`;
}
