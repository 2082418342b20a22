import type { IssuedQuote } from '../../domain/slot.ts';

/** Why a payment does not go through, for programs and for people. */
export interface Refusal {
  readonly code: string;
  readonly text: string;
}

/** A transaction as a wallet takes it in `eth_sendTransaction`: quantities are 0x-hex. */
export interface WalletTransaction {
  readonly from: string;
  readonly to: string;
  readonly value: string;
  readonly data: string;
}

/** How a payment is made. The number is `method` of the contract's event. */
export const payMethods = { native: 1, allowance: 2, permit: 3, permit2: 4, authorization: 5 } as const;
export type PayMethod = keyof typeof payMethods;

/** What is needed of one thing, and what the wallet has, in its units. */
export interface Need {
  readonly of: 'balance' | 'allowance' | 'gas';
  readonly needed: string;
  readonly held: string;
  readonly isEnough: boolean;
}

/** Typed data as `eth_signTypedData_v4` takes it. */
export interface WalletTypedData {
  readonly domain: Readonly<Record<string, string | number>>;
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, unknown>>;
}

/** One way to pay: transactions to send in order; or something to sign first, after which the transaction is asked for. */
export interface PayWay {
  readonly method: PayMethod;
  readonly transactions: readonly WalletTransaction[];
  readonly sign?: WalletTypedData;
  /** What is signed may be handed to us, and we bring it to the contract: the payer pays no gas. */
  readonly isRelayed?: boolean;
}

/** What stands at the payer's address, since not every account can sign like a key. */
export interface PayerAccount {
  /** `delegated`: a key whose account runs the code of a contract (EIP-7702). */
  readonly kind: 'key' | 'delegated' | 'contract';
  /** Of a delegated account: whose code it runs. */
  readonly delegate?: string;
  /** The operator knows that contract as one that empties accounts. */
  readonly isSweeper?: boolean;
}

export interface PreparedPayment {
  /** The best way first. */
  readonly ways: readonly PayWay[];
  readonly needs: readonly Need[];
  readonly account: PayerAccount;
  /** What would happen if the payer paid now; absent when it would go through, or only an allowance is missing. */
  readonly refusal?: Refusal;
}

/** A transaction as it was last seen waiting: enough to find out later what took its place. */
export interface SeenTransaction {
  readonly from: string;
  readonly nonce: string;
  /** Hash of receiver, value and data: a faster one that does the same has the same. */
  readonly call: string;
  /** Height of the newest block then. */
  readonly height: string;
}

/** Where a transaction stands that the payer says it sent. `by`: the hash of the faster one that the wallet sent in its place. */
export type SentTransaction =
  /** No node knows it, and nobody has seen it here: not sent, or not spread yet. */
  | { readonly state: 'unknown' }
  | ({ readonly state: 'pending'; readonly by?: string } & SeenTransaction)
  /** It was seen waiting, no node knows it any more, and nothing took its nonce. */
  | { readonly state: 'dropped' }
  /** The wallet sent nothing to itself in its place. */
  | { readonly state: 'cancelled'; readonly by: string }
  /** Another transaction of the wallet took its nonce; `by` where it was found. */
  | { readonly state: 'replaced'; readonly by?: string }
  | { readonly state: 'included'; readonly block: string; readonly by?: string }
  | { readonly state: 'reverted'; readonly block: string; readonly refusal: Refusal; readonly by?: string };

/** What is looked up on a chain for somebody who is about to pay. Nothing here is believed by the books. Throws chain faults. */
export interface PayerDesk {
  /** Everything that a wallet needs for a quote, tried out from the payer first. */
  prepare(quote: IssuedQuote, payer: string): Promise<PreparedPayment>;
  /** The transaction of a way whose typed data the payer has signed, tried out first. Undefined for what no key can have signed. */
  signed(
    quote: IssuedQuote,
    by: {
      readonly payer: string;
      readonly method: 'permit' | 'permit2' | 'authorization';
      readonly signature: string;
      readonly nonce: string;
    },
  ): Promise<{ readonly transaction: WalletTransaction; readonly refusal?: Refusal } | undefined>;
  /** A few calls to a node. */
  sent(chainId: string, tx: string): Promise<SentTransaction>;
  /** What became of a transaction that `sent` does not know, and that was seen waiting: a node is asked for block after block. */
  successor(chainId: string, seen: SeenTransaction): Promise<SentTransaction>;
  /** The link of EIP-681 that pays a quote in the native coin; undefined for any other token, whose links wallets misread. */
  coinLink(quote: IssuedQuote): string | undefined;
  /** Height of the newest block, a second ago at most. */
  head(chainId: string): Promise<bigint>;
}

export const PAYER_DESK = Symbol('PayerDesk');
