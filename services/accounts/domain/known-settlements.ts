import type { SettlementRefundDecided, TitleGrantEnded, TitleGranted } from './account-settlement.events.ts';

/** What an account remembers of payments on chain. */
export interface AccountSettlements {
  /** By settlement: each is credited once. */
  readonly settlements: ReadonlyMap<string, CreditedSettlement>;
  /** By slot. */
  readonly grants: ReadonlyMap<string, TitleGrant>;
  /** Slots whose escrow was captured, with the revision that says so. */
  readonly captured: ReadonlyMap<string, bigint>;
  /** By refund. */
  readonly refunds: ReadonlyMap<string, SettlementRefund>;
  /** Prepaid credit that was taken back, by the decision. */
  readonly creditTakenBack: ReadonlyMap<string, TakenBackCredit>;
}

export interface TakenBackCredit {
  readonly settlement: string;
  readonly slot: string;
  readonly amount: bigint;
  readonly revision: bigint;
  /** The revision that says that it was not burnt after all; undefined while it is. */
  readonly reversedAt?: bigint;
}

export interface CreditedSettlement {
  readonly slot: string | undefined;
  readonly revision: bigint;
  /** What it brought, at ledger scale, as all that follows. */
  readonly paid: bigint;
  /** Where in the wallet its part of that is. */
  readonly bucket: string;
  /** Where that is, as far as it is neither refunded nor about to be. Prepaid credit is nowhere here before its contract took it back. */
  readonly parts: SettlementParts;
  /** What of it is prepaid credit, or waits to be: the rest of it was taken back. Undefined where it bought none. */
  readonly credit?: bigint;
  /** The revision that took it back; undefined while it stands. */
  readonly reversedAt?: bigint;
}

export interface SettlementParts {
  readonly wallet: bigint;
  readonly deposit: bigint;
  /** What it paid of an invoice. */
  readonly invoice?: { readonly invoice: string; readonly part: bigint };
  /** What it paid of a title. */
  readonly title?: { readonly purchase: string; readonly product: string; readonly part: bigint };
}

export interface SettlementRefund {
  readonly decided: SettlementRefundDecided;
  readonly revision: bigint;
  /** The revision that says that nothing came of it, with the reason; undefined while it may be paid, or is. */
  readonly returned?: { readonly revision: bigint; readonly failure: string };
}

export interface TitleGrant {
  readonly granted: TitleGranted;
  readonly revision: bigint;
  readonly status: 'open' | 'ended';
  /** Why it ended. */
  readonly reason?: TitleGrantEnded['reason'];
  /** What is owed for it, at ledger scale: nothing once it is paid, and never anything for what the escrow holds. */
  readonly owed: bigint;
}

export const noSettlements: AccountSettlements = {
  settlements: new Map(),
  grants: new Map(),
  captured: new Map(),
  refunds: new Map(),
  creditTakenBack: new Map(),
};

/** What of a settlement can still go back. */
export function refundableOf({ wallet, deposit, invoice, title }: SettlementParts): bigint {
  return wallet + deposit + (invoice?.part ?? 0n) + (title?.part ?? 0n);
}

/** The payment that a title was paid by, and what of that is earned still. There is one at most: a second payment of a slot goes to the wallet. */
export function paidBy(
  { settlements }: AccountSettlements,
  slot: string,
): { readonly settlement: string; readonly part: bigint } | undefined {
  for (const [settlement, { slot: paid, parts }] of settlements) {
    if (paid === slot && parts.title !== undefined && parts.title.part > 0n) return { settlement, part: parts.title.part };
  }
  return undefined;
}

/** What the customer owes for titles whose payment is not final yet. */
export function owedForTitles({ grants }: AccountSettlements): bigint {
  let owed = 0n;
  for (const grant of grants.values()) owed += grant.owed;
  return owed;
}
