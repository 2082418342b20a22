/// <reference lib="dom" />
import type { Mandate } from './checkout-api.ts';

export type MandateStep = 'agree' | 'agree-by-transaction' | 'allow' | 'pay' | 'end' | 'end-by-transaction';

const daySeconds = 86_400;
const standings: Readonly<Record<string, string>> = {
  offered: 'Not agreed to yet.',
  agreed: 'You agreed to it.',
  revoked: 'Ended. Nothing is collected under it any more.',
};

/** A mandate with its caps in words, and what its payer can do about it. `pays`: whether there is an invoice that it could pay now. */
export function mandateItem(
  mandate: Mandate,
  { pays, step }: { readonly pays: boolean; readonly step: (step: MandateStep) => void },
): HTMLElement {
  const item = document.createElement('li');
  item.dataset['mandate'] = mandate.mandate;
  item.dataset['status'] = mandate.status;
  for (const text of [capsSentence(mandate), `${standingSentence(mandate)}${collectedSentence(mandate)}`]) {
    item.append(Object.assign(document.createElement('p'), { textContent: text }));
  }
  for (const [label, what, isMain] of stepsOf(mandate, pays)) {
    const button = Object.assign(document.createElement('button'), {
      type: 'button',
      textContent: label,
      className: isMain ? 'act' : 'second',
    });
    button.addEventListener('click', () => step(what));
    item.append(button);
  }
  return item;
}

function capsSentence({ maxPerPeriod, totalCap, currency, period, end }: Mandate): string {
  const days = Number(period) / daySeconds;
  return `At most ${plain(maxPerPeriod)} ${currency} in ${days} days and ${plain(totalCap)} ${currency} in all, until ${new Date(end).toLocaleDateString()}.`;
}

function standingSentence({ status, revocation }: Mandate): string {
  const standing = standings[status] ?? status;
  if (revocation?.state === 'sending') return `${standing} We are telling the network.`;
  if (revocation?.state !== 'failed') return standing;
  const why =
    revocation.failure === 'spending_limit'
      ? 'since we have paid as much for your transactions today as we do in a day'
      : 'since our transaction did not go through';
  return `${standing} The network was not told yet, ${why}. The provider knows of it. You can end it there yourself at any time, by a transaction that you pay the fee of.`;
}

function collectedSentence({ collected, currency }: Mandate): string {
  return collected === undefined ? '' : ` ${plain(collected)} ${currency} collected so far.`;
}

/** `100.000000` is `100`: a token's decimals say nothing to its payer. */
function plain(amount: string): string {
  return amount.includes('.') ? amount.replace(/\.?0+$/, '') : amount;
}

function stepsOf({ status, revocation, calls }: Mandate, pays: boolean): (readonly [string, MandateStep, boolean])[] {
  if (status === 'revoked') return revocation?.state === 'failed' ? [['End it on the network too', 'end-by-transaction', true]] : [];
  const end = [
    ['End it', 'end', false],
    ['End it by a transaction', 'end-by-transaction', false],
  ] as const;
  if (status === 'offered')
    return [['Agree by a signature', 'agree', true], ['Agree by a transaction', 'agree-by-transaction', false], end[0]];
  if (calls.allow.length > 0) return [['Allow the contract to collect up to the caps', 'allow', true], ...end];
  return pays ? [['Pay this bill with it', 'pay', true], ...end] : [...end];
}
