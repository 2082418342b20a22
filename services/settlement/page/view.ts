/// <reference lib="dom" />
import type { Checkout, Payment, Prepared, Quote } from './checkout-api.ts';
import { paidStates, stateSentence } from './state-sentences.ts';
import { networkOf } from './wallet-network.ts';

/** The element of an id, of the kind that it has to be. */
export function element<Kind extends HTMLElement = HTMLElement>(id: string, kind?: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found === null || (kind !== undefined && !(found instanceof kind))) throw new TypeError(`The page has no ${id}.`);
  return found as Kind;
}

/** What comes from the ledger or a wallet is only ever set as text. */
export function setText(id: string, text: string): void {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
}

export function show(id: string, isShown: boolean): void {
  element(id).hidden = !isShown;
}

/** A row of a list that is there only when there is something to say. */
function showRow(id: string, text: string | undefined): void {
  show(`${id}-label`, text !== undefined);
  show(id, text !== undefined);
  setText(id, text ?? '');
}

function showLink(id: string, url: string | undefined): void {
  show(id, url !== undefined);
  if (url !== undefined) element(id, HTMLAnchorElement).href = url;
}

/** What is paid for, in words: the number of an invoice, the name of a title. */
function subjectOf({ invoice, title, kind }: Checkout): string {
  return invoice ?? title ?? { 'top-up': 'Top-up', deposit: 'Deposit', credit: 'Prepaid credit' }[kind] ?? kind;
}

export function showOrder(checkout: Checkout): void {
  const { legalName, invoice, amount, currency, contract, module, terms, explorerUrl } = checkout;
  document.title = `Pay ${legalName}`;
  setText('host', location.host);
  setText('title', `Pay ${legalName}`);
  setText('payee', module === 'escrow' ? `${legalName}, held by the escrow contract until the event` : legalName);
  setText('subject-label', invoice === undefined ? 'For' : 'Invoice');
  setText('subject', subjectOf(checkout));
  setText('amount', `${amount} ${currency}`);
  setText('network', networkOf(checkout).chainName);
  setText('contract', contract);
  showLink('contract-link', explorerUrl === undefined ? undefined : `${explorerUrl}/address/${contract}`);
  show('terms-label', terms !== undefined);
  show('terms-row', terms !== undefined);
  if (terms !== undefined) element('terms', HTMLAnchorElement).href = `/v1/logs/${providerIn(location.pathname)}/terms/${terms}`;
  show('order', true);
}

/** Slug of the provider in a path of ours: `/pay/chk_<slug>_<seq>_<mac>`. */
function providerIn(path: string): string {
  return /chk_([a-z0-9]+)_/.exec(path)?.[1] ?? '';
}

export function showQuote(quote: Quote | undefined, currency: string): void {
  show('quote', quote !== undefined);
  show('coins', quote?.eip681 !== undefined);
  if (quote === undefined) return;
  setText('token-amount', `${quote.tokenAmount} ${quote.tokenCurrency}`);
  setText('rate', rateSentence(quote, currency));
  setText('coin-name', quote.tokenCurrency);
  if (quote.eip681 !== undefined) element('coin-link', HTMLAnchorElement).href = quote.eip681;
}

/** What paying with credit takes; `held`: what the wallet has, in units, once that is known. */
export function showSpending({ amount, currency, credit }: Checkout, held?: string): void {
  show('spend', true);
  setText('spent', `${amount} ${currency}`);
  showRow('held', held === undefined || credit === undefined ? undefined : `${decimalText(held, credit.decimals)} ${currency}`);
}

/** Units with their point: `1210` of two decimals is `12.10`. */
export function decimalText(units: string, decimals: number): string {
  const digits = units.padStart(decimals + 1, '0');
  return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

type Rate = Pick<Quote, 'tokenCurrency' | 'rate' | 'rateSource' | 'rateAt' | 'spreadBps'>;

function rateSentence({ tokenCurrency, rate, rateSource, rateAt, spreadBps }: Rate, currency: string): string {
  const spread = Number(spreadBps) === 0 ? '' : `, ${Number(spreadBps) / 100} % for holding it`;
  return `1 ${tokenCurrency} = ${rate} ${currency}${spread} (${rateSource}, ${new Date(rateAt).toLocaleTimeString()})`;
}

export function showState(checkout: Checkout): void {
  const { text, tone } = stateSentence(checkout);
  const status = element('status');
  status.dataset['state'] = checkout.state;
  status.dataset['tone'] = tone;
  setText('status', text);
  if (checkout.payment !== undefined) showReceipt(checkout, checkout.payment);
}

/** `payment`: what is known of it; no more than its transaction while the ledger has not seen it. */
export function showReceipt(checkout: Checkout, payment: Pick<Payment, 'tx'> & Partial<Record<keyof Payment, string | undefined>>): void {
  const { tx, block, blockTime, tokenAmount, tokenCurrency, rate, rateSource, rateAt, spreadBps } = payment;
  const { explorerUrl, currency } = checkout;
  const isReceipt = paidStates.includes(checkout.state);
  setText('receipt-heading', isReceipt ? 'Receipt' : 'Your transaction');
  setText('tx', tx);
  showLink('tx-link', explorerUrl === undefined ? undefined : `${explorerUrl}/tx/${tx}`);
  showRow('block', block === undefined || blockTime === undefined ? block : `${block}, ${new Date(blockTime).toLocaleString()}`);
  showRow(
    'paid',
    tokenAmount === undefined || !isReceipt ? undefined : `${tokenAmount} ${tokenCurrency} for ${checkout.amount} ${currency}`,
  );
  const isRated = isReceipt && tokenCurrency !== undefined && rate !== undefined && rateSource !== undefined && rateAt !== undefined;
  showRow(
    'paid-rate',
    isRated ? rateSentence({ tokenCurrency, rate, rateSource, rateAt, spreadBps: spreadBps ?? '0' }, currency) : undefined,
  );
  showRow('paid-for', `${checkout.legalName}, ${subjectOf(checkout)}`);
  show('receipt', true);
}

/** Warns whoever is about to pay from an account that somebody else can empty. */
export function showAccount({ kind, delegate, isSweeper }: Prepared['account']): void {
  const isWarned = kind === 'delegated' && isSweeper === true;
  show('warning', isWarned);
  setText(
    'warning',
    isWarned
      ? `This account runs the code of ${delegate}, which is known to empty accounts. Move what is left to another wallet, and pay from that one.`
      : '',
  );
}

/** One button of a list of choices. */
export function choice(
  list: string,
  label: string,
  { icon, chosen }: { readonly icon?: string | undefined; readonly chosen: () => void },
): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.setAttribute('aria-pressed', 'false');
  if (icon !== undefined) {
    const image = document.createElement('img');
    image.alt = '';
    image.src = icon;
    button.append(image);
  }
  button.append(label);
  button.addEventListener('click', () => {
    for (const other of element(list).querySelectorAll('button')) other.setAttribute('aria-pressed', String(other === button));
    chosen();
  });
  element(list).append(button);
  return button;
}
