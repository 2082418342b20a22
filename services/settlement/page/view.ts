/// <reference lib="dom" />
import type { Checkout, Quote } from './checkout-api.ts';

const networks: Readonly<Record<string, string>> = {
  '1': 'Ethereum',
  '10': 'OP Mainnet',
  '137': 'Polygon',
  '8453': 'Base',
  '42161': 'Arbitrum One',
  '31337': 'Local test network',
  '84532': 'Base Sepolia (test)',
  '11155111': 'Sepolia (test)',
};

interface Said {
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad';
}

/** Each state in a sentence. "Sent" is not "paid". */
export function stateSentence({ state, payment, transaction }: Checkout): Said {
  switch (state) {
    case 'seen':
      return said(
        transaction?.state === 'included'
          ? 'Your payment is in a block. Waiting for confirmations.'
          : 'Sent. It is not paid yet: waiting for the network.',
      );
    case 'confirming':
      return said(`Your payment was found, ${payment?.confirmations ?? '1'} blocks deep. Waiting for it to be final.`);
    case 'confirmed':
      return said(`Confirmed, ${payment?.confirmations ?? '1'} blocks deep. It will be final soon; you can close this page.`, 'good');
    case 'settled':
      return said('Paid. The payment is final.', 'good');
    case 'reverted':
      return said(`The payment did not go through. ${transaction?.refusal?.text ?? 'Nothing was paid.'}`, 'bad');
    case 'unmatched':
      return said('Money arrived that fits no quote of ours. Please contact the provider; nothing is lost.', 'bad');
    case 'expired':
      return said('The quote is over. Nothing was paid; ask for a new one.');
    case 'replaced':
      return said('Your wallet replaced or cancelled the payment. If the new one pays, it will show here.');
    case 'reorged':
      return said(
        'The network took the block of your payment back. It usually comes again; if not, pay again: you are never charged twice.',
        'bad',
      );
    case 'released':
      return said('This payment was given up; it is paid in another way.');
    default:
      return said('Waiting for your payment.');
  }
}

function said(text: string, tone: Said['tone'] = 'plain'): Said {
  return { text, tone };
}

/** The element of an id, of the kind that it has to be. */
export function element<Kind extends HTMLElement = HTMLElement>(id: string, kind?: new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found === null || (kind !== undefined && !(found instanceof kind))) throw new TypeError(`The page has no ${id}.`);
  return found as Kind;
}

/** Sets a text, and shows what holds it. What comes from the ledger or a wallet is only ever set as text. */
export function setText(id: string, text: string): void {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
}

export function show(id: string, isShown: boolean): void {
  element(id).hidden = !isShown;
}

export function showOrder(checkout: Checkout): void {
  const { legalName, invoice, title, kind, amount, currency, chainId, contract, module, terms } = checkout;
  document.title = `Pay ${legalName}`;
  setText('host', location.host);
  setText('title', `Pay ${legalName}`);
  setText('payee', module === 'escrow' ? `${legalName}, held by the escrow contract until the event` : legalName);
  setText('subject-label', invoice === undefined ? 'For' : 'Invoice');
  setText('subject', invoice ?? title ?? { 'top-up': 'Top-up', deposit: 'Deposit', credit: 'Prepaid credit' }[kind] ?? kind);
  setText('amount', `${amount} ${currency}`);
  setText('network', networks[chainId] ?? `Network ${chainId}`);
  setText('contract', contract);
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
  if (quote === undefined) return;
  const { tokenAmount, tokenCurrency, rate, rateSource, rateAt, spreadBps, deadline } = quote;
  showCountdown(deadline);
  setText('token-amount', `${tokenAmount} ${tokenCurrency}`);
  const spread = Number(spreadBps) === 0 ? '' : `, ${Number(spreadBps) / 100} % for holding it`;
  setText('rate', `1 ${tokenCurrency} = ${rate} ${currency}${spread} (${rateSource}, ${new Date(rateAt).toLocaleTimeString()})`);
}

/** What is left of a quote, in words that a screen reader can read: `4 min 03 s`. */
export function showCountdown(deadline: string): boolean {
  const seconds = Math.max(0, Math.floor((Date.parse(deadline) - Date.now()) / 1000));
  setText('countdown', `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`);
  return seconds > 0;
}

export function showState(checkout: Checkout): void {
  const { text, tone } = stateSentence(checkout);
  const status = element('status');
  status.dataset['state'] = checkout.state;
  status.dataset['tone'] = tone;
  setText('status', text);
  const { payment } = checkout;
  if (payment !== undefined) showReceipt(payment.tx, payment.block);
}

export function showReceipt(tx: string, block: string | undefined): void {
  setText('tx', tx);
  show('block-label', block !== undefined);
  show('block', block !== undefined);
  if (block !== undefined) setText('block', block);
  show('receipt', true);
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
