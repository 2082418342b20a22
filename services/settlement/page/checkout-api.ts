/// <reference lib="dom" />
import { Following } from './following.ts';
import type { NamedTransaction } from './payment-memory.ts';

export interface Quote {
  readonly token: string;
  readonly tokenCurrency: string;
  readonly tokenAmount: string;
  readonly rate: string;
  readonly rateSource: string;
  readonly rateAt: string;
  readonly spreadBps: string;
  readonly deadline: string;
  readonly eip681?: string;
}

export interface Refusal {
  readonly code: string;
  readonly text: string;
}

export interface Payment extends Partial<Pick<Quote, 'tokenCurrency' | 'tokenAmount' | 'rate' | 'rateSource' | 'rateAt' | 'spreadBps'>> {
  readonly tx: string;
  readonly block: string;
  readonly blockTime: string;
  readonly confirmations?: string;
}

export interface Token {
  readonly address: string;
  readonly currency: string;
  readonly decimals: number;
}

export interface Checkout {
  readonly state: string;
  readonly over?: string;
  readonly delayed?: boolean;
  readonly legalName: string;
  readonly kind: string;
  readonly invoice?: string;
  readonly title?: string;
  readonly amount: string;
  readonly currency: string;
  readonly chainId: string;
  readonly network?: string;
  readonly explorerUrl?: string;
  readonly walletRpcUrl?: string;
  readonly contract: string;
  readonly module: string;
  readonly terms?: string;
  readonly confirmationsNeeded?: string;
  readonly tokens: readonly Token[];
  /** Prepaid credit that it can be paid with, by whoever holds some. */
  readonly credit?: Token;
  readonly quotes: readonly Quote[];
  readonly payment?: Payment;
  readonly transaction?: Partial<Record<'block' | 'by' | 'from' | 'nonce' | 'call' | 'height', string>> & {
    readonly state: string;
    readonly refusal?: Refusal;
  };
  readonly relay?: { readonly state: string; readonly tx?: string; readonly refusal?: Refusal };
}

export interface WalletTransaction {
  readonly from: string;
  readonly to: string;
  readonly value: string;
  readonly data: string;
}

/** For `eth_signTypedData_v4`. */
export interface TypedData {
  readonly domain: { readonly name?: string; readonly verifyingContract?: string };
  readonly message: { readonly nonce?: string };
}

export interface PayWay {
  readonly method: 'native' | 'allowance' | 'permit' | 'permit2' | 'authorization';
  readonly transactions: readonly WalletTransaction[];
  readonly sign?: TypedData;
  readonly isRelayed?: boolean;
}

export interface Prepared {
  readonly ways: readonly PayWay[];
  readonly account: { readonly kind: string; readonly delegate?: string; readonly isSweeper?: boolean };
  readonly refusal?: Refusal;
}

/** How a holder spends prepaid credit. */
export interface PreparedRedemption {
  /** In units of the credit. */
  readonly units: string;
  readonly transaction: WalletTransaction;
  readonly sign: TypedData;
  readonly deadline: string;
  readonly needs: readonly { readonly of: string; readonly held: string; readonly isEnough: boolean }[];
  readonly refusal?: Refusal;
}

/** What a wallet has agreed to, or may. Amounts are in whole tokens. */
export interface Mandate {
  readonly mandate: string;
  readonly status: string;
  /** Of one that is over: whether the contract was told. */
  readonly revocation?: { readonly state: string; readonly failure?: string };
  readonly currency: string;
  readonly maxPerPeriod: string;
  readonly totalCap: string;
  /** Absent for one that is over. */
  readonly collected?: string;
  /** Seconds. */
  readonly period: string;
  readonly end: string;
  readonly agree: TypedData;
  readonly revoke: TypedData;
  readonly calls: Readonly<Record<'approve' | 'revoke', WalletTransaction>> & { readonly allow: readonly WalletTransaction[] };
}

export interface MandateWish {
  readonly token: string;
  readonly currency: string;
  readonly maxPerPeriod: string;
  readonly periodDays: string;
  readonly periods: string;
}

/** What a wallet signed, and how it is used. */
export interface Signed {
  readonly token: string;
  readonly payer: string;
  readonly method: PayWay['method'];
  readonly signature: string;
  /** Of Permit2. */
  readonly nonce?: string;
}

/** What the service said no with. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly params: Readonly<Record<string, string>>;

  constructor({
    code,
    status,
    title,
    params,
  }: {
    readonly code: string;
    readonly status: number;
    readonly title: string;
    readonly params?: Readonly<Record<string, string>>;
  }) {
    super(title);
    this.code = code;
    this.status = status;
    this.params = params ?? {};
  }
}

const lookEveryMs = 1_000;
/** The same where the service is away, or has answered enough for now. */
const lookAgainMs = 10_000;

/** The service, as the payer's browser speaks to it: by the link alone. */
export class CheckoutApi {
  readonly #path: string;

  constructor(id: string) {
    this.#path = `/v1/checkouts/${encodeURIComponent(id)}`;
  }

  show(named: NamedTransaction | undefined): Promise<Checkout> {
    return ask(`${this.#path}${query(named ?? {})}`);
  }

  quote(token: string): Promise<Checkout> {
    return post(`${this.#path}/quotes`, { token });
  }

  prepare(token: string, payer: string): Promise<Prepared> {
    return ask(`${this.#path}/payment${query({ token, payer })}`);
  }

  signed(of: Signed): Promise<{ readonly transaction: WalletTransaction; readonly refusal?: Refusal }> {
    return ask(`${this.#path}/signed-payment${query({ ...of })}`);
  }

  /** Hands over what was signed, to be brought to the contract at the provider's cost. */
  async relay(of: Signed): Promise<void> {
    await post(`${this.#path}/relays`, of);
  }

  /** Asks to pay with the credit of this wallet. */
  redemption(holder: string): Promise<PreparedRedemption> {
    return post(`${this.#path}/redemptions`, { holder });
  }

  async relayRedemption(of: { readonly holder: string; readonly deadline: string; readonly signature: string }): Promise<void> {
    await post(`${this.#path}/redemptions/relays`, of);
  }

  /** What the wallet signs to sign in. */
  signIn(address: string): Promise<{ readonly nonce: string; readonly message: string }> {
    return post(`${this.#path}/sign-ins`, { address });
  }

  /** Answers a token for `MandateApi`. */
  async signedIn(nonce: string, signature: string): Promise<string> {
    const { token } = await post<{ readonly token: string }>(`${this.#path}/sign-ins/${nonce}`, { signature });
    return token;
  }

  mandates(token: string): Promise<{ readonly mandates: readonly Mandate[] }> {
    return ask(`${this.#path}/mandates`, { headers: { authorization: `Bearer ${token}` } });
  }

  offerMandate(token: string, wish: MandateWish): Promise<Mandate> {
    return post(`${this.#path}/mandates`, { ...wish }, token);
  }

  /** `signature` where something was signed: it agrees, or ends. `approval`: the wallet sent a transaction instead. */
  onMandate(
    token: string,
    id: string,
    step: 'signature' | 'revocation' | 'approval' | 'collection',
    body: { readonly signature?: string } = {},
  ): Promise<Mandate> {
    return post(`${this.#path}/mandates/${id}/${step}`, body, token);
  }

  /** Asks until a transaction is in a block, or another took its place: then it is not. */
  async isIncluded(tx: string): Promise<boolean> {
    let seen = {};
    for (;;) {
      const now = await this.show({ tx, ...seen }).catch(waitable);
      if (now === undefined) {
        await later(lookAgainMs);
        continue;
      }
      const { state, from, nonce, call, height } = now.transaction ?? { state: 'unknown' };
      if (state === 'included') return true;
      if (state !== 'pending' && state !== 'unknown') return false;
      if (state === 'pending') seen = { from, nonce, call, height };
      await later(lookEveryMs);
    }
  }

  /** Tells every change until `stop` is called. `named` is asked anew each time: by then more may be known of it. */
  follow(named: () => NamedTransaction | undefined, told: (checkout: Checkout) => void): { stop(): void } {
    return new Following<Checkout>({ stream: () => `${this.#path}/events${query(named() ?? {})}`, look: () => this.show(named()), told });
  }
}

function post<Answer>(path: string, body: object, token?: string): Promise<Answer> {
  const signedIn = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID(), ...signedIn };
  return ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function ask<Answer>(path: string, options: RequestInit = {}): Promise<Answer> {
  const response = await fetch(path, { ...options, referrerPolicy: 'no-referrer', credentials: 'omit', cache: 'no-store' });
  const body = (await response.json()) as unknown;
  if (!response.ok) throw new Problem(body as ConstructorParameters<typeof Problem>[0]);
  return body as Answer;
}

/** Undefined for what a later question may answer: the network, a service that is away, a link that asked often. Anything else is thrown on. */
function waitable(error: unknown): undefined {
  if (error instanceof Problem && error.status !== 429 && error.status < 500) throw error;
  return undefined;
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function query(values: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(values).toString();
  return text === '' ? '' : `?${text}`;
}
