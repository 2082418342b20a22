import type { Checkout } from './checkout-api.ts';

interface Said {
  readonly text: string;
  readonly tone: 'plain' | 'good' | 'bad';
}

/** States in which nothing more comes. */
export const finalStates: readonly string[] = ['settled', 'unmatched', 'released'];
/** States in which there is a payment to give a receipt for, if not for good yet. */
export const paidStates: readonly string[] = ['confirming', 'confirmed', 'settled'];
/** States in which the wallet is not asked again. */
export const busyStates: readonly string[] = ['seen', 'confirming', 'confirmed', ...finalStates];
/** Nothing came of the transaction: the payer may send another. */
export const failedStates: readonly string[] = ['reverted', 'replaced', 'cancelled', 'dropped', 'reorged'];

/** Why nothing is due any more. */
const overSentences: Readonly<Record<string, string>> = {
  invoice_paid: 'This invoice is paid already. Please pay nothing here.',
  amount_exceeds_open: 'A part of this invoice was paid in another way. Please ask the provider for a new link.',
  title_cancelled: 'The event was called off. Please pay nothing here.',
  title_already_purchased: 'You have this title already. Please pay nothing here.',
  title_not_on_sale: 'This title is not on sale any more. Please pay nothing here.',
};

/** Each state in a sentence. "Sent" is not "paid". */
export function stateSentence(checkout: Checkout): Said {
  const { state, transaction, relay } = checkout;
  switch (state) {
    case 'seen':
      return said(seenSentence(checkout));
    case 'confirming':
      return said(`${depthSentence(checkout)} ${delaySentence(checkout) ?? 'Waiting for the network.'}`);
    case 'confirmed':
      return said(`${depthSentence(checkout)} ${delaySentence(checkout) ?? 'It will be final soon; you can close this page.'}`, 'good');
    case 'settled':
      return said('Paid. The payment is final.', 'good');
    case 'reverted':
      return said(`The payment did not go through. ${transaction?.refusal?.text ?? 'Nothing was paid.'}`, 'bad');
    case 'unmatched':
      return said('Money arrived that fits no quote of ours. Please contact the provider; nothing is lost.', 'bad');
    case 'expired':
      return said('The quote is over. Nothing was paid; ask for a new one.');
    case 'dropped':
      return said('The network forgot your transaction. Nothing was paid; you can pay again.', 'bad');
    case 'cancelled':
      return said('You cancelled the payment in your wallet. Nothing was paid.');
    case 'replaced':
      return said('Your wallet sent something else in place of the payment. If that pays, it will show here; else pay again.');
    case 'reorged':
      return said(
        'The network took the block of your payment back. It usually comes again; if not, pay again: you are never charged twice.',
        'bad',
      );
    case 'released':
      return said(overSentences[checkout.over ?? ''] ?? 'This payment was given up; it is paid in another way.');
    default:
      return relay?.state === 'failed'
        ? said(relay.refusal?.text ?? 'Your signature could not be brought to the network. Nothing was paid.', 'bad')
        : said('Waiting for your payment.');
  }
}

function seenSentence({ transaction, relay }: Checkout): string {
  const spedUp = transaction?.by === undefined ? '' : 'Your wallet sped the payment up. ';
  if (transaction?.state === 'included') return `${spedUp}Your payment is in a block. Waiting for confirmations.`;
  if (relay !== undefined && transaction?.state !== 'pending')
    return 'Signed. We bring it to the network and pay the fee; it is not paid yet.';
  return `${spedUp}Sent. It is not paid yet: waiting for the network.`;
}

function delaySentence({ delayed }: Checkout): string | undefined {
  return delayed === true
    ? 'It is delayed: we cannot read the network well at the moment. Nothing is lost; you can close this page.'
    : undefined;
}

/** `Confirmed 1 of 3.`; where only finality will do, how deep it lies. */
function depthSentence({ payment, confirmationsNeeded }: Checkout): string {
  const depth = Number(payment?.confirmations ?? '1');
  if (confirmationsNeeded !== undefined) return `Confirmed ${Math.min(depth, Number(confirmationsNeeded))} of ${confirmationsNeeded}.`;
  return `Your payment was found, ${depth} ${depth === 1 ? 'block' : 'blocks'} deep; it counts when it is final.`;
}

function said(text: string, tone: Said['tone'] = 'plain'): Said {
  return { text, tone };
}
