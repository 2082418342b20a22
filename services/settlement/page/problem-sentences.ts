import type { Problem } from './checkout-api.ts';

/** What the service said no with, in a sentence for the payer. */
export function problemSentence({ code, message, params }: Problem): string {
  const at = params['notBefore'] ?? params['until'];
  if (code === 'quote_too_early' && at !== undefined) {
    return `A new quote can be had at ${new Date(at).toLocaleTimeString()}, when nobody can pay the last one any more.`;
  }
  if (code === 'credit_next' && at !== undefined) {
    return `Somebody who has credit for this payment waited for an hour and comes first. A new quote can be had at ${new Date(at).toLocaleTimeString()}.`;
  }
  if (code === 'slot_bound' && at !== undefined) {
    return `A quote for this payment is still good. It can be paid with credit at ${new Date(at).toLocaleTimeString()}, when nobody can pay that quote any more. If others go on asking for quotes, credit comes next in an hour or two.`;
  }
  if (code === 'slot_bound')
    return 'This payment is being collected from your wallet. It can be paid in another way where that comes to nothing.';
  if (code === 'redemption_live' && at !== undefined) {
    return `This payment was begun with prepaid credit. It can be paid in another way at ${new Date(at).toLocaleTimeString()}.`;
  }
  if (code === 'redemption_too_early' && at !== undefined) {
    return `This payment was kept for prepaid credit for an hour. It can be paid with credit again at ${new Date(at).toLocaleTimeString()}, and in another way before that.`;
  }
  if (code === 'sign_in_elsewhere') return `Wallets sign in at ${params['origin']} alone. Open this page there.`;
  if (code === 'credit_short') return 'Your wallet holds too little credit for this payment.';
  if (code === 'credit_holder_unknown') return 'This wallet holds no credit that was bought for your account.';
  if (code.startsWith('rate_')) return 'The provider has no rate for this at the moment. Try again soon, or pay with something else.';
  if (code === 'credit_cap_exceeded')
    return `Of this credit ${params['left']} ${params['currency']} can be bought today. Nothing was paid; try again tomorrow.`;
  if (code === 'token_misconfigured') return 'The provider cannot take this at the moment. Pay with something else.';
  return message;
}
