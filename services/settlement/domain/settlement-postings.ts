import { type CryptoHolding, ledgerAccount } from '../../accounts/domain/chart.ts';
import { add, type Money, subtract } from '../../money/money.ts';
import { credit, debit, mirrored, type Posting } from '../../money/posting.ts';

/*
 * What each effect on chain posts (docs/reference/settlement-postings.md has the same as a table). Every set balances in every currency: money
 * that comes or goes has, beside its lines in fiat, a pair in the token, whose other side is the conversion.
 */

/** Money on chain, in its token. */
export interface TokenMove {
  readonly chain: string;
  /** Currency code. */
  readonly token: string;
  readonly amount: Money;
}

/** A payment as it is posted: what it counts for, and where it is paid. */
export interface PostedPayment {
  readonly chain: string;
  readonly account: string;
  readonly fiat: Money;
}

/** Deep enough to count on, not yet there for good. */
export function confirmedPostings({ chain, account, fiat }: PostedPayment): Posting[] {
  return [debit(ledgerAccount.inTransit(chain), fiat), credit(ledgerAccount.paymentPending(account), fiat)];
}

/** What a payment was worth at its block's time, in the currency of the provider's books. */
export interface PostedValue {
  readonly net: Money;
  readonly fee: Money;
  /** What the payment counts for, in the same currency. */
  readonly counted: Money;
}

/** Paid into the treasury for good: what it is worth is the provider's, what it counts for stays the customer's; the rest is the rate's. */
export function settledPostings(
  payment: PostedPayment & { readonly wasConfirmed: boolean },
  value: PostedValue,
  received: TokenMove,
): Posting[] {
  const { chain, fiat } = payment;
  return [
    ...debits([
      [ledgerAccount.cryptoHolding('treasury', chain), value.net],
      [ledgerAccount.paymentFee, value.fee],
    ]),
    credit(sourceOf(payment), fiat),
    ...exchanged(fiat, value.counted),
    ...gainOrLoss(subtract(add(value.net, value.fee), value.counted)),
    ...tokenCame('treasury', received),
  ];
}

/** Bought and held by the escrow: the customer's until the event is over. */
export function purchasedPostings(payment: PostedPayment & { readonly wasConfirmed: boolean }, held: TokenMove): Posting[] {
  const { chain, account, fiat, wasConfirmed } = payment;
  const pending = ledgerAccount.paymentPending(account);
  return [
    ...(wasConfirmed ? [debit(pending, fiat), credit(ledgerAccount.inTransit(chain), fiat)] : []),
    debit(ledgerAccount.cryptoHolding('escrow', chain), fiat),
    credit(ledgerAccount.ppvEscrow(account), fiat),
    ...tokenCame('escrow', held),
  ];
}

/** What was held in one currency, and what of it comes in that of the books. */
export interface PostedShare {
  readonly held: Money;
  readonly net: Money;
  readonly fee: Money;
}

/** One share a currency, the fee taken off; then the tokens, whoever bought with them. */
export function capturedPostings(
  shares: readonly PostedShare[],
  { held, fee }: { readonly held: TokenMove; readonly fee: Money },
): Posting[] {
  const { chain, token, amount } = held;
  const net = subtract(amount, fee);
  return [
    ...shares.flatMap((share) => [
      ...debits([
        [ledgerAccount.cryptoHolding('treasury', chain), share.net],
        [ledgerAccount.paymentFee, share.fee],
      ]),
      credit(ledgerAccount.cryptoHolding('escrow', chain), share.held),
      ...exchanged(share.held, add(share.net, share.fee)),
    ]),
    ...debits([
      [ledgerAccount.tokenHolding('treasury', chain, token), net],
      [ledgerAccount.conversion(token), fee],
    ]),
    credit(ledgerAccount.tokenHolding('escrow', chain, token), amount),
  ];
}

/** The escrow gave a purchase back. */
export function purchaseRefundedPostings({ chain, account, fiat }: PostedPayment, returned: TokenMove): Posting[] {
  return [
    debit(ledgerAccount.ppvEscrow(account), fiat),
    credit(ledgerAccount.cryptoHolding('escrow', chain), fiat),
    ...tokenWent('escrow', returned),
  ];
}

/** A refund that was decided before is paid; `counted` is the same in the currency of the books. */
export function refundedPostings({ chain, account, fiat }: PostedPayment, counted: Money, paid: TokenMove): Posting[] {
  return [
    debit(ledgerAccount.refundPayable(account), fiat),
    ...mirrored(exchanged(fiat, counted)),
    ...credits([[ledgerAccount.cryptoHolding('refund-float', chain), counted]]),
    ...tokenWent('refund-float', paid),
  ];
}

/** The provider fills the wallet that refunds are paid from, or empties it again. */
export function floatMovedPostings(direction: 'to-refunder' | 'from-refunder', fiat: Money, move: TokenMove): Posting[] {
  const filled = [
    ...debits([[ledgerAccount.cryptoHolding('refund-float', move.chain), fiat]]),
    ...credits([[ledgerAccount.cryptoHolding('treasury', move.chain), fiat]]),
  ];
  return [...(direction === 'to-refunder' ? filled : mirrored(filled)), ...floatTokenPostings(direction, move)];
}

/** The same in the token alone, where nobody knows what it is worth. */
export function floatTokenPostings(direction: 'to-refunder' | 'from-refunder', { chain, token, amount }: TokenMove): Posting[] {
  const filled = [
    debit(ledgerAccount.tokenHolding('refund-float', chain, token), amount),
    credit(ledgerAccount.tokenHolding('treasury', chain, token), amount),
  ];
  return direction === 'to-refunder' ? filled : mirrored(filled);
}

/** Money left the treasury for a place that the ledger does not watch: an exchange, a bank. */
export function withdrawnPostings(method: string, fiat: Money, moved: TokenMove): Posting[] {
  return [
    ...debits([[ledgerAccount.cash(method), fiat]]),
    ...credits([[ledgerAccount.cryptoHolding('treasury', moved.chain), fiat]]),
    ...tokenWent('treasury', moved),
  ];
}

/** Money that nobody could be found for is kept apart, in its token alone: nobody has said what it counts for. */
export function unmatchedPostings(holding: CryptoHolding, { chain, token, amount }: TokenMove): Posting[] {
  return [debit(ledgerAccount.tokenHolding(holding, chain, token), amount), credit(ledgerAccount.suspense, amount)];
}

/** Money left, and the ledger had not decided that: what is missing is kept apart. */
export function unexplainedPostings(holding: CryptoHolding, move: TokenMove): Posting[] {
  return mirrored(unmatchedPostings(holding, move));
}

/** Somebody was found: from here on it is as if the payment had been asked for. `counted` is its worth in the currency of the books. */
export function allocatedPostings({ chain, account, fiat }: PostedPayment, counted: Money, { token, amount }: TokenMove): Posting[] {
  return [
    ...debits([[ledgerAccount.cryptoHolding('treasury', chain), counted]]),
    credit(ledgerAccount.paymentPending(account), fiat),
    ...exchanged(fiat, counted),
    debit(ledgerAccount.suspense, amount),
    credit(ledgerAccount.conversion(token), amount),
  ];
}

/** Credit that was paid for is given out: it is owed as what can be spent from here on. */
export function creditIssuedPostings(account: string, amount: Money): Posting[] {
  return [debit(ledgerAccount.creditUnissued(account), amount), credit(ledgerAccount.credit(account), amount)];
}

/** Spent credit pays like any other payment: the account says what for. */
export function creditRedeemedPostings(account: string, amount: Money): Posting[] {
  return [debit(ledgerAccount.credit(account), amount), credit(ledgerAccount.paymentPending(account), amount)];
}

/** Credit that nobody spent in time is earned when it is burnt, and not before. */
export function creditExpiredPostings(account: string, amount: Money): Posting[] {
  return [debit(ledgerAccount.credit(account), amount), credit(ledgerAccount.breakage, amount)];
}

/** Credit is taken back, and its money is to be paid. */
export function creditRefundedPostings(account: string, amount: Money): Posting[] {
  return [debit(ledgerAccount.credit(account), amount), credit(ledgerAccount.refundPayable(account), amount)];
}

/** What the books had as nobody's, before they knew accounts, is of these; less than zero for what they had given up. */
export function ownedCreditPostings(shares: readonly { readonly account: string; readonly money: Money }[]): Posting[] {
  return shares.flatMap(({ account, money: { amount, currency } }) => {
    const money = { amount: amount < 0n ? -amount : amount, currency };
    const given = [debit(ledgerAccount.strayCredit, money), credit(ledgerAccount.credit(account), money)];
    if (amount === 0n) return [];
    return amount > 0n ? given : mirrored(given);
  });
}

/** Credit that the ledger cannot explain: whoever holds it can spend it all the same, and nobody paid for it. What is burnt may be somebody's. */
export function unmatchedCreditPostings(
  direction: 'in' | 'out',
  shares: readonly { readonly account?: string | undefined; readonly money: Money }[],
): Posting[] {
  const given = shares.flatMap(({ account, money }) => [
    debit(ledgerAccount.suspense, money),
    credit(account === undefined ? ledgerAccount.strayCredit : ledgerAccount.credit(account), money),
  ]);
  return direction === 'in' ? given : mirrored(given);
}

/** What stood for the payment until now. */
function sourceOf({ chain, account, wasConfirmed }: PostedPayment & { readonly wasConfirmed: boolean }): string {
  return wasConfirmed ? ledgerAccount.inTransit(chain) : ledgerAccount.paymentPending(account);
}

/** A customer's currency comes in that of the books: what was given up of the first, against what was got of the second. */
function exchanged(given: Money, got: Money): Posting[] {
  if (given.currency === got.currency) return [];
  const exchange = ledgerAccount.conversion(given.currency);
  return [...debits([[exchange, given]]), ...credits([[exchange, got]])];
}

function gainOrLoss(gain: Money): Posting[] {
  const loss = { ...gain, amount: -gain.amount };
  return [...credits([[ledgerAccount.fxGain, gain]]), ...debits([[ledgerAccount.fxLoss, loss]])];
}

function tokenCame(holding: CryptoHolding, { chain, token, amount }: TokenMove): Posting[] {
  const place = ledgerAccount.tokenHolding(holding, chain, token);
  return [...debits([[place, amount]]), ...credits([[ledgerAccount.conversion(token), amount]])];
}

function tokenWent(holding: CryptoHolding, move: TokenMove): Posting[] {
  return mirrored(tokenCame(holding, move));
}

/** A line that would move nothing, or the wrong way, is not posted. */
function debits(lines: readonly (readonly [account: string, amount: Money])[]): Posting[] {
  return lines.flatMap(([account, amount]) => (amount.amount > 0n ? [debit(account, amount)] : []));
}

function credits(lines: readonly (readonly [account: string, amount: Money])[]): Posting[] {
  return lines.flatMap(([account, amount]) => (amount.amount > 0n ? [credit(account, amount)] : []));
}
