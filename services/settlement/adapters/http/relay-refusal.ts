import type { Refusal } from '../../application/checkout/payer-desk.ts';
import type { DispatchFailure } from '../../domain/dispatch.events.ts';
import { refusalNamed } from '../chain/refusals.ts';

/** Why we could not bring a payer's signature to the contract. What was signed paid nothing, and can still be sent by the payer. */
export function relayRefusal(failure: DispatchFailure): Refusal {
  switch (failure.code) {
    case 'reverted':
      return refusalNamed(failure.error) ?? { code: 'reverted', text: 'The contract refused the payment. Nothing was paid.' };
    case 'expired':
      return { code: 'expired', text: 'The quote was over before the network took the payment. Nothing was paid; ask for a new quote.' };
    case 'balance_short':
      return { code: failure.code, text: 'The wallet of your mandate holds too little of the token. Nothing was collected.' };
    case 'allowance_short':
      return { code: failure.code, text: 'The wallet of your mandate allows the contract too little of the token. Nothing was collected.' };
    case 'mandate_revoked':
      return { code: failure.code, text: 'You ended the mandate before it was used. Nothing was collected.' };
    default:
      return {
        code: failure.code,
        text: 'We cannot pay the fee of this payment at the moment. Nothing was paid; send it from your wallet.',
      };
  }
}
