/// <reference lib="dom" />
import { type CheckoutApi, type PreparedRedemption, Problem } from './checkout-api.ts';
import type { Counter, Payer } from './paying.ts';
import { cannotSign, sendTransaction, signaturePrompt, signTypedData, transactionPrompt } from './prompts.ts';
import { codeOf } from './wallet.ts';

/** Carries a payment with prepaid credit through the wallet: by a signature that we bring to the token, or by a transaction of the holder. */
export class Spending {
  readonly #api: CheckoutApi;
  readonly #counter: Counter;
  readonly #holder: Pick<Payer, 'wallet' | 'account'>;
  readonly #prepared: PreparedRedemption;

  constructor(api: CheckoutApi, counter: Counter, holder: Pick<Payer, 'wallet' | 'account'>, prepared: PreparedRedemption) {
    this.#api = api;
    this.#counter = counter;
    this.#holder = holder;
    this.#prepared = prepared;
  }

  begin(): void {
    this.#counter.announce(signaturePrompt(this.#prepared.sign.domain));
    this.#counter.offer('Sign, and we send the payment', () => this.#relay(), {
      label: 'Pay by a transaction instead',
      step: async () => this.#offerTransaction(),
    });
  }

  async #relay(): Promise<void> {
    const { wallet, account } = this.#holder;
    const { sign, deadline } = this.#prepared;
    this.#counter.say('Confirm in your wallet.');
    try {
      const signature = await signTypedData(wallet, account, sign);
      this.#counter.say('Signed. Handing it over …');
      await this.#api.relayRedemption({ holder: account, deadline, signature });
    } catch (error) {
      if (error instanceof Problem) this.#counter.complain({ code: error.code, text: error.params['text'] ?? error.message });
      else if (!cannotSign.includes(codeOf(error))) throw error;
      return this.#offerTransaction();
    }
    this.#counter.relayed(async () => this.#offerTransaction());
  }

  #offerTransaction(): void {
    const { transaction } = this.#prepared;
    this.#counter.announce(transactionPrompt(transaction));
    this.#counter.offer('Pay with credit', async () => {
      this.#counter.say('Confirm in your wallet.');
      this.#counter.sent(await sendTransaction(this.#holder.wallet, transaction));
    });
  }
}
