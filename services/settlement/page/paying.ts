/// <reference lib="dom" />
import {
  type CheckoutApi,
  type PayWay,
  type Prepared,
  Problem,
  type Refusal,
  type Signed,
  type TypedData,
  type WalletTransaction,
} from './checkout-api.ts';
import { codeOf, type Provider } from './wallet.ts';
import { cannotSign, sendTransaction, signaturePrompt, signTypedData, transactionPrompt } from './prompts.ts';
import { sendCalls, takesCalls, transactionOfCalls } from './wallet-calls.ts';

/** Whose wallet pays what, and where. */
export interface Payer {
  readonly wallet: Provider;
  readonly account: string;
  readonly token: string;
  /** 0x-hex, as wallets take it. */
  readonly chainId: string;
}

type Step = () => Promise<void>;
/** One that something is signed for first. */
type SignedWay = PayWay & { readonly sign: TypedData };

/** What of the page the payer's steps need. */
export interface Counter {
  /** The next step: each request to the wallet comes from a tap of its own, or phones do not open the wallet. */
  offer(label: string, step: Step, other?: { readonly label: string; readonly step: Step }): void;
  /** What goes on now. */
  say(text: string): void;
  complain(refusal: Refusal): void;
  /** What the wallet is going to show; undefined: nothing. */
  announce(text: string | undefined): void;
  /** Says who pays the network's fee. */
  tellFee(isOurs: boolean): void;
  sent(tx: string): void;
  /** `instead`: what the payer may do when it takes too long. */
  relayed(instead: Step): void;
  /** Finds out anew what has to be done. */
  restart(): Promise<void>;
}

/** Carries one payment through the wallet, step by step. The service has made all that is signed or sent, and tried it out. */
export class Paying {
  readonly #api: CheckoutApi;
  readonly #counter: Counter;
  readonly #payer: Payer;
  /** Transactions that pay without a signature; none where there is no such way. */
  readonly #plain: readonly WalletTransaction[];

  constructor(api: CheckoutApi, counter: Counter, payer: Payer, { ways }: Prepared) {
    this.#api = api;
    this.#counter = counter;
    this.#payer = payer;
    this.#plain = ways.find(({ sign }) => sign === undefined)?.transactions ?? [];
  }

  /** Offers the best way first; whoever cannot or will not sign may send transactions. */
  async begin([way]: readonly PayWay[]): Promise<void> {
    if (way === undefined) return;
    if (way.sign === undefined) return this.#offerTransactions(way.transactions);
    this.#counter.tellFee(way.isRelayed === true);
    this.#counter.announce(signaturePrompt(way.sign.domain));
    const other =
      this.#plain.length === 0 ? undefined : { label: 'Pay by transactions instead', step: () => this.#offerTransactions(this.#plain) };
    const signed = { ...way, sign: way.sign };
    if (way.isRelayed === true) this.#counter.offer('Sign, and we send the payment', () => this.#orPlainly(this.#relay(signed)), other);
    else this.#counter.offer('1 of 2: Sign in the wallet', () => this.#orPlainly(this.#signAndSend(signed)), other);
  }

  async #orPlainly(signing: Promise<void>): Promise<void> {
    try {
      await signing;
    } catch (error) {
      if (this.#plain.length === 0 || !cannotSign.includes(codeOf(error))) throw error;
      await this.#offerTransactions(this.#plain);
    }
  }

  async #relay(way: SignedWay): Promise<void> {
    const signed = await this.#sign(way);
    this.#counter.say('Signed. Handing it over …');
    try {
      await this.#api.relay({ ...signed, nonce: signed.nonce ?? '0' });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return this.#refused({ code: error.params['refusal'] ?? error.code, text: error.params['text'] ?? error.message });
    }
    this.#counter.relayed(() => this.#offerTransactions(this.#plain));
  }

  async #signAndSend(way: SignedWay): Promise<void> {
    const signed = await this.#sign(way);
    this.#counter.say('Signed. Trying it out …');
    const { transaction, refusal } = await this.#api.signed(signed);
    if (refusal !== undefined) return this.#refused(refusal);
    this.#announceTransaction(transaction);
    this.#counter.say('Signed. One step is left.');
    this.#counter.offer('2 of 2: Pay', () => this.#pay(transaction));
  }

  async #sign({ method, sign }: SignedWay): Promise<Signed> {
    const { wallet, account, token } = this.#payer;
    this.#counter.say('Confirm in your wallet.');
    const signature = await signTypedData(wallet, account, sign);
    const nonce = method === 'permit2' ? { nonce: sign.message.nonce ?? '' } : {};
    return { token, payer: account, method, signature, ...nonce };
  }

  /** What was signed does not do: transactions need no signature beside their own. */
  async #refused(refusal: Refusal): Promise<void> {
    this.#counter.complain(refusal);
    if (this.#plain.length > 0) await this.#offerTransactions(this.#plain);
    else this.#counter.offer('Start again', () => this.#counter.restart());
  }

  async #offerTransactions(transactions: readonly WalletTransaction[]): Promise<void> {
    const { wallet, account, chainId } = this.#payer;
    this.#counter.tellFee(false);
    if (transactions.length === 1 || !(await takesCalls(wallet, account, chainId))) return this.#offerSteps(transactions, 1);
    this.#announceTransaction(transactions.at(-1));
    const label = 'Allow exactly this amount and pay, in one step';
    this.#counter.offer(label, () => this.#payInOne(transactions), {
      label: 'In single steps',
      step: () => this.#offerSteps(transactions, 1),
    });
  }

  async #payInOne(transactions: readonly WalletTransaction[]): Promise<void> {
    const { wallet, chainId } = this.#payer;
    this.#counter.say('Confirm in your wallet.');
    const id = await sendCalls(wallet, transactions, chainId);
    if (id === undefined) return this.#offerSteps(transactions, 1);
    this.#counter.say('Sent. It is not paid yet: waiting for the network.');
    const tx = await transactionOfCalls(wallet, id);
    if (tx !== undefined) return this.#counter.sent(tx);
    this.#counter.complain({ code: 'calls_failed', text: 'The wallet did not get it through. Nothing was paid.' });
    await this.#counter.restart();
  }

  async #offerSteps(transactions: readonly WalletTransaction[], step: number): Promise<void> {
    const [first, ...rest] = transactions;
    if (first === undefined) return;
    const count = step + rest.length;
    this.#announceTransaction(first);
    if (rest.length === 0) return this.#counter.offer(count === 1 ? 'Pay' : `${step} of ${count}: Pay`, () => this.#pay(first));
    const label = rest.length === 1 ? 'Allow exactly this amount' : 'Take the old allowance back';
    this.#counter.offer(`${step} of ${count}: ${label}`, async () => {
      const tx = await this.#send(first);
      this.#counter.say('Sent. Waiting for the network to take it.');
      if (await this.#api.isIncluded(tx)) await this.#offerSteps(rest, step + 1);
      else await this.#counter.restart();
    });
  }

  async #pay(transaction: WalletTransaction): Promise<void> {
    this.#counter.sent(await this.#send(transaction));
  }

  async #send(transaction: WalletTransaction): Promise<string> {
    this.#counter.say('Confirm in your wallet.');
    return sendTransaction(this.#payer.wallet, transaction);
  }

  #announceTransaction(transaction: WalletTransaction | undefined): void {
    if (transaction === undefined) return;
    this.#counter.announce(transactionPrompt(transaction));
  }
}
