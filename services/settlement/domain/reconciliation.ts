import { type Money, subtract } from '../../money/money.ts';
import type { Currency } from '../../money/currency.ts';
import type { ChainLog } from './chain-effect.ts';
import { zeroAddress } from './quote.ts';

/** What of a provider is held against its books: its treasuries, what the escrow holds for it, and the prepaid credit that is about. */
export const reconciledSubjects = ['treasury', 'escrow', 'credit'] as const;
export type ReconciledSubject = (typeof reconciledSubjects)[number];

/** The state of a chain that was looked at. */
export interface ReconciledBlock {
  readonly chainId: string;
  readonly number: string;
  readonly hash: string;
}

/** Both sides of one comparison, in the currency of the token. */
export interface Reconciliation {
  readonly provider: string;
  readonly subject: ReconciledSubject;
  /** Absent for prepaid credit, which the books hold for all chains together. */
  readonly chainId?: string;
  readonly currency: Currency;
  readonly blocks: readonly ReconciledBlock[];
  readonly onChain: Money;
  /** What was there before the ledger began to count. */
  readonly opening: Money;
  readonly inLedger: Money;
  /** Seen on chain up to these blocks and not in the ledger yet; below zero for what the ledger is ahead by. */
  readonly inFlight: Money;
}

/** What nobody can explain: above zero, the chain has more than the books. */
export function differenceOf({ onChain, opening, inLedger, inFlight }: Reconciliation): Money {
  return subtract(subtract(onChain, opening), { ...inLedger, amount: inLedger.amount + inFlight.amount });
}

export function isSound(reconciliation: Reconciliation): boolean {
  return differenceOf(reconciliation).amount === 0n;
}

/** What a log says that an address gained of a token, in units: all that the ledger books for a treasury, and nothing else. */
export function gainOf(log: ChainLog, { holder, token }: { readonly holder: string; readonly token: string }): bigint {
  switch (log.name) {
    case 'Settled':
    case 'Collected':
    case 'EventCaptured':
      return log.token === token && log.treasury === holder ? BigInt(log.amount) - BigInt(log.fee) : 0n;
    case 'Transfer':
      if (log.token !== token) return 0n;
      return (log.to === holder ? BigInt(log.amount) : 0n) - (log.from === holder ? BigInt(log.amount) : 0n);
    case 'NativeMoved':
      if (token !== zeroAddress || log.address !== holder) return 0n;
      return log.direction === 'in' ? BigInt(log.amount) : -BigInt(log.amount);
    default:
      return 0n;
  }
}

/** What a log says that the supply of prepaid credit grew by, in units. */
export function supplyGainOf(log: ChainLog): bigint {
  switch (log.name) {
    case 'CreditIssued':
      return BigInt(log.amount);
    case 'CreditRedeemed':
    case 'CreditExpired':
    case 'CreditRefunded':
      return -BigInt(log.amount);
    default:
      return 0n;
  }
}
