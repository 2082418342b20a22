/// <reference lib="dom" />
import type { MandateWish, Token } from './checkout-api.ts';
import { element } from './view.ts';

const native = `0x${'0'.repeat(40)}`;

/** What the payer wants a mandate to be. The service says what is wrong with it. */
export class MandateForm {
  #tokens: readonly Token[] = [];

  constructor(wanted: (wish: MandateWish) => void) {
    element('mandate-offer').addEventListener('click', () => {
      const wish = this.#wish();
      if (wish !== undefined) wanted(wish);
    });
  }

  /** Those that can be collected; coins cannot. Answers whether there are any. */
  tokens(all: readonly Token[]): boolean {
    const tokens = all.filter(({ address }) => address !== native);
    if (tokens.length !== this.#tokens.length) {
      const options = tokens.map(({ address, currency }) => new Option(currency, address));
      element('mandate-token', HTMLSelectElement).replaceChildren(...options);
    }
    this.#tokens = tokens;
    return tokens.length > 0;
  }

  /** Undefined while something is missing; the browser says what. */
  #wish(): MandateWish | undefined {
    const [max, periods] = [element('mandate-max', HTMLInputElement), element('mandate-periods', HTMLInputElement)];
    if (!max.reportValidity() || !periods.reportValidity()) return undefined;
    const token = this.#tokens.find(({ address }) => address === element('mandate-token', HTMLSelectElement).value);
    if (token === undefined) return undefined;
    return {
      ...{ token: token.address, currency: token.currency, maxPerPeriod: max.value.trim() },
      ...{ periodDays: element('mandate-days', HTMLSelectElement).value, periods: periods.value.trim() },
    };
  }
}
