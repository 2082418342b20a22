/// <reference lib="dom" />
import { type Checkout, type CheckoutApi, type Mandate, type MandateWish, Problem } from './checkout-api.ts';
import { MandateForm } from './mandate-form.ts';
import { type MandateStep, mandateItem } from './mandate-item.ts';
import { problemSentence } from './problem-sentences.ts';
import { busyStates } from './state-sentences.ts';
import { element, setText, show } from './view.ts';
import { codeOf, type Provider, walletSentence } from './wallet.ts';
import { networkOf, switchNetwork } from './wallet-network.ts';
import { cannotSign, sendTransaction, signTypedData } from './prompts.ts';

const endLooksMax = 24;
const endLookMs = 5_000;

interface Connected {
  readonly wallet: Provider;
  readonly account: string;
}

export interface AutomaticPaymentsOptions {
  readonly api: CheckoutApi;
  readonly connected: () => Connected | undefined;
  readonly checkout: () => Checkout | undefined;
  /** The payer wants to see them: a wallet can be connected now, also where nothing is left to be paid. */
  opened(): void;
  /** The payment of this page is under way by a mandate. */
  collected(): void;
}

/** The mandates of the connected wallet. It signs in for them, since they are shown to nobody else; the session ends with the page. */
export class AutomaticPayments {
  readonly #options: AutomaticPaymentsOptions;
  readonly #form: MandateForm;
  #isOpen = false;
  #session: { readonly account: string; readonly token: string } | undefined;

  constructor(options: AutomaticPaymentsOptions) {
    this.#options = options;
    this.#form = new MandateForm((wish) => void this.#offer(wish));
    element('automatic-open').addEventListener('click', () => this.#open());
    element('sign-in').addEventListener('click', () => void this.#signIn());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The checkout is known, or is another now. */
  told({ tokens }: Checkout): void {
    const takesTokens = this.#form.tokens(tokens);
    show('automatic', takesTokens);
  }

  /** Another wallet is connected, or none: what the last one agreed to is not shown to it. */
  used(): void {
    if (!this.#isOpen) return;
    const account = this.#options.connected()?.account;
    if (this.#session?.account !== account) this.#session = undefined;
    const isSignedIn = this.#session !== undefined;
    show('sign-in', account !== undefined && !isSignedIn);
    show('mandates', isSignedIn);
    show('mandate-form', isSignedIn);
    if (account === undefined) this.#say('Connect the wallet that pays, above.');
    else if (!isSignedIn) this.#say('Sign in with your wallet to see what it agreed to. That pays nothing and costs nothing.');
  }

  #open(): void {
    this.#isOpen = true;
    show('automatic-open', false);
    show('automatic-body', true);
    this.#options.opened();
    this.used();
  }

  async #signIn(): Promise<void> {
    const { api, connected } = this.#options;
    const by = connected();
    if (by === undefined) return;
    await this.#guarded(async () => {
      const { nonce, message } = await api.signIn(by.account);
      this.#say(`Confirm in your wallet: it shows ${location.host}. If it shows another site, decline.`);
      const signature = (await by.wallet.request({ method: 'personal_sign', params: [hexOf(message), by.account] })) as string;
      this.#session = { account: by.account, token: await api.signedIn(nonce, signature) };
      this.used();
      await this.#list();
    });
  }

  async #offer(wish: MandateWish): Promise<void> {
    await this.#run(async ({ token }) => {
      this.#show([await this.#options.api.offerMandate(token, wish)]);
      this.#say('Read what it allows, and agree to it. Nothing is collected before.');
    });
  }

  async #list(): Promise<void> {
    if (this.#session === undefined) return;
    const { mandates } = await this.#options.api.mandates(this.#session.token);
    element('mandates').replaceChildren();
    this.#show(mandates.toReversed());
    this.#say(mandates.length === 0 ? 'Your wallet has agreed to nothing here.' : 'This is what your wallet agreed to here.');
  }

  /** Puts each in the place of what was known of it, or on top. */
  #show(mandates: readonly Mandate[]): void {
    const list = element('mandates');
    for (const mandate of mandates) {
      const item = mandateItem(mandate, { pays: this.#pays(), step: (step) => void this.#step(mandate, step) });
      const known = Array.from(list.children).find((each) => (each as HTMLElement).dataset['mandate'] === mandate.mandate);
      if (known === undefined) list.prepend(item);
      else known.replaceWith(item);
    }
  }

  /** Is there an invoice to be paid under a mandate? */
  #pays(): boolean {
    const checkout = this.#options.checkout();
    return checkout?.kind === 'invoice' && !busyStates.includes(checkout.state);
  }

  async #step(mandate: Mandate, step: MandateStep): Promise<void> {
    const { api } = this.#options;
    const { mandate: id, calls } = mandate;
    await this.#run(async ({ token, by }) => {
      if (step === 'pay') {
        this.#show([await api.onMandate(token, id, 'collection')]);
        this.#say('It is being collected. Its state stands at the top of this page.');
        return this.#options.collected();
      }
      if (step === 'allow') {
        for (const call of calls.allow) if (!(await this.#sent(by, call))) return this.#say('The wallet did not get it through.');
        await this.#list();
        return this.#say('Allowed. Bills can be collected now, up to the caps.');
      }
      const isEnd = step === 'end' || step === 'end-by-transaction';
      const signature = step === 'agree' || step === 'end' ? await this.#signed(by, isEnd ? mandate.revoke : mandate.agree) : undefined;
      if (signature !== undefined) this.#show([await api.onMandate(token, id, isEnd ? 'revocation' : 'signature', { signature })]);
      else if (await this.#sent(by, isEnd ? calls.revoke : calls.approve)) this.#show([await api.onMandate(token, id, 'approval')]);
      else return this.#say('The wallet did not get it through.');
      if (step === 'end' && signature !== undefined) void this.#seeThrough(token, id);
      this.#say(isEnd ? 'Ended. Nothing is collected under it any more.' : 'Agreed. One step is left: allow the contract to collect it.');
    });
  }

  /** Whether the contract was told of the end, as far as that shows within two minutes: where it was not, the payer is offered to do it. */
  async #seeThrough(token: string, id: string): Promise<void> {
    for (let look = 0; look < endLooksMax; look++) {
      await new Promise((resolve) => setTimeout(resolve, endLookMs));
      const { mandates } = await this.#options.api.mandates(token).catch(() => ({ mandates: [] }));
      const ended = mandates.find((each) => each.mandate === id);
      if (this.#session?.token !== token) return;
      if (ended !== undefined) this.#show([ended]);
      if (ended?.revocation !== undefined && ended.revocation.state !== 'sending') return;
    }
  }

  /** Undefined for a wallet that cannot sign: it sends a transaction instead. */
  async #signed({ wallet, account }: Connected, data: Mandate['agree']): Promise<string | undefined> {
    this.#say('Confirm in your wallet.');
    try {
      return await signTypedData(wallet, account, data);
    } catch (error) {
      if (cannotSign.includes(codeOf(error))) return undefined;
      throw error;
    }
  }

  async #sent({ wallet }: Connected, transaction: Mandate['calls']['approve']): Promise<boolean> {
    this.#say('Confirm in your wallet.');
    const tx = await sendTransaction(wallet, transaction);
    this.#say('Sent. Waiting for the network to take it.');
    return this.#options.api.isIncluded(tx);
  }

  /** On the network of the contract, by the wallet that signed in. */
  async #run(task: (of: { readonly token: string; readonly by: Connected }) => Promise<void>): Promise<void> {
    const [by, checkout, session] = [this.#options.connected(), this.#options.checkout(), this.#session];
    if (by === undefined || checkout === undefined || session === undefined) return;
    await this.#guarded(async () => {
      const network = networkOf(checkout);
      const isThere = (await by.wallet.request({ method: 'eth_chainId' })) === network.chainId;
      if (!isThere) await switchNetwork(by.wallet, network, (add) => void add());
      await task({ token: session.token, by });
    });
  }

  async #guarded(task: () => Promise<void>): Promise<void> {
    this.#complain(undefined);
    this.#disable(true);
    try {
      await task();
    } catch (error) {
      this.#complain(error instanceof Problem ? problemSentence(error) : walletSentence(error));
      if (error instanceof Problem && error.code === 'wallet_not_signed_in') this.#session = undefined;
      this.used();
    } finally {
      this.#disable(false);
    }
  }

  #disable(isDisabled: boolean): void {
    for (const button of element('automatic-body').querySelectorAll('button')) button.disabled = isDisabled;
  }

  #say(text: string): void {
    setText('automatic-news', text);
  }

  #complain(text: string | undefined): void {
    show('automatic-problem', text !== undefined);
    setText('automatic-problem', text ?? '');
  }
}

/** As wallets take text to be signed. */
function hexOf(text: string): string {
  return `0x${Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
