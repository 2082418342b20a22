/*
 * What a contract did, as the watcher read it off the chain: decoded, verified (receipt, block hash, address, code hash) and plain.
 * Every number is decimal text and every address and hash lower-case 0x-hex, so that an effect can be stored, compared and written
 * into an event as it stands. Amounts are token units.
 */

/** Which contract the log is of. `token`: a transfer that went past our contracts, to or from an address that we watch. */
export type ChainModule = 'settlement' | 'escrow' | 'credit' | 'registry' | 'token';

export interface ChainBlock {
  readonly number: string;
  readonly hash: string;
  /** UTC ISO text with milliseconds. */
  readonly time: string;
}

/** Where a log stands: one observation. The same log in another block, after a reorg, is another one. */
export interface ChainPlace {
  /** Decimal chain id. */
  readonly chainId: string;
  readonly contract: string;
  readonly module: ChainModule;
  /** The provider's id on chain (uint64). */
  readonly providerId: string;
  readonly block: ChainBlock;
  readonly tx: string;
  /** Index of the log in its block. */
  readonly logIndex: string;
}

/** Whose an address is, as the registry has it or had it. */
export type WatchedRole = 'treasury' | 'refunder' | 'other';

/** The business key's kinds, with the logs that have each. A contract emits one log for a business key, for ever. */
export interface LogsByEffect {
  /** Key: seq. The slot is closed: paid, collected, bought or cancelled. */
  readonly slot:
    | {
        readonly name: 'Settled';
        readonly invoiceRef: string;
        readonly payer: string;
        readonly seq: string;
        /** 1 invoice, 2 top-up, 3 PPV instant, 4 deposit, 5 credit. */
        readonly kind: string;
        readonly method: string;
        readonly token: string;
        readonly amount: string;
        readonly fee: string;
        readonly treasury: string;
        /** Three letters of ISO 4217 as the contract has them in a bytes3: 0x and 6 hex. */
        readonly currency: string;
        readonly fiatMinor: string;
      }
    | {
        readonly name: 'Collected';
        readonly mandate: string;
        readonly invoiceRef: string;
        readonly payer: string;
        readonly seq: string;
        readonly token: string;
        readonly amount: string;
        readonly fee: string;
        readonly treasury: string;
        readonly period: string;
      }
    | {
        readonly name: 'Purchased';
        readonly eventId: string;
        readonly payer: string;
        readonly seq: string;
        readonly token: string;
        readonly amount: string;
        readonly ref: string;
      }
    | { readonly name: 'SeqCancelled'; readonly seq: string; readonly by: string };
  /** Key: refundSeq. */
  readonly refund: {
    readonly name: 'Refunded';
    readonly seq: string;
    readonly to: string;
    readonly refundSeq: string;
    readonly token: string;
    readonly amount: string;
    readonly reason: string;
  };
  /** Key: seq. */
  readonly 'purchase-refund': {
    readonly name: 'PurchaseRefunded';
    readonly eventId: string;
    readonly payer: string;
    readonly seq: string;
    readonly token: string;
    readonly amount: string;
    readonly to: string;
  };
  /** Key: eventId. */
  readonly open: {
    readonly name: 'EventOpened';
    readonly eventId: string;
    /** Unix seconds. */
    readonly captureAfter: string;
    readonly reclaimAfter: string;
    readonly feeBps: string;
  };
  /** Key: eventId. */
  readonly cancel: { readonly name: 'EventCancelled'; readonly eventId: string };
  /** Key: `<eventId>.<token>`. */
  readonly capture: {
    readonly name: 'EventCaptured';
    readonly eventId: string;
    readonly token: string;
    /** What was held, the fee included. */
    readonly amount: string;
    readonly fee: string;
    readonly treasury: string;
  };
  /** Key: seq. */
  readonly issue: {
    readonly name: 'CreditIssued';
    readonly to: string;
    readonly seq: string;
    readonly amount: string;
    readonly epoch: string;
    readonly ref: string;
  };
  /** Key: seq. */
  readonly 'credit-refund': {
    readonly name: 'CreditRefunded';
    readonly holder: string;
    readonly seq: string;
    readonly amount: string;
    readonly ref: string;
  };
  /** Key: `<holder>.<seq>`. */
  readonly redeem: {
    readonly name: 'CreditRedeemed';
    readonly holder: string;
    readonly invoiceRef: string;
    readonly seq: string;
    readonly amount: string;
  };
  /**
   * Key: `<tx>.<logIndex>`, where a transfer of coins has -1; for `NativeMoved`, which is no log, `<address>.<fromBlock>-<toBlock>`, and behind
   * that `.fee` where it is what transactions of the address cost.
   */
  readonly log:
    | { readonly name: 'CreditExpired'; readonly holder: string; readonly amount: string; readonly epoch: string }
    /** Of a token we watch, past our contracts: a stray, or the provider's own movement of its money (rule 14). */
    | {
        readonly name: 'Transfer';
        readonly token: string;
        readonly from: string;
        readonly fromRole: WatchedRole;
        readonly to: string;
        readonly toRole: WatchedRole;
        readonly amount: string;
      }
    /** Native money that moved on a watched address within a finalised range and that neither a log of ours nor a transfer accounts for. */
    | {
        readonly name: 'NativeMoved';
        readonly address: string;
        readonly role: Exclude<WatchedRole, 'other'>;
        readonly direction: 'in' | 'out';
        readonly amount: string;
        readonly fromBlock: string;
        readonly toBlock: string;
        /** Absent: nobody can tell. */
        readonly cause?: 'fees';
      }
    | RecordedLog;
}

/** A log of the contracts that moves no money of the books: mandates, fees, keys and settings. It is kept as it was decoded. */
export interface RecordedLog {
  readonly name: RecordedLogName;
  /** By the parameter's name in the contract. */
  readonly fields: Readonly<Record<string, string>>;
}

export const recordedLogNames = [
  'AdminAccepted',
  'AdminCancelled',
  'AdminProposed',
  'CreditCreated',
  'DailyCapSet',
  'FeeAccrued',
  'FeeReceiverSet',
  'FeeSet',
  'FeesClaimed',
  'CollectorSet',
  'MandateApproved',
  'MandateRevoked',
  'MinterSet',
  'ProviderCreated',
  'ProviderPausedSet',
  'RecoveryApplied',
  'RecoveryProposed',
  'RecoveryVetoed',
  'RefundSkipped',
  'RefunderSet',
  'SignerSet',
  'TokenSet',
  'TreasuryApplied',
  'TreasuryCancelled',
  'TreasuryProposed',
] as const;

export type RecordedLogName = (typeof recordedLogNames)[number];

export type EffectKind = keyof LogsByEffect;

/** One log at its place, under its business key (rule 5 of the watcher). */
export type ChainEffect = {
  readonly [Kind in EffectKind]: ChainPlace & { readonly effect: Kind; readonly key: string; readonly log: LogsByEffect[Kind] };
}[EffectKind];

export type ChainLog = ChainEffect['log'];

/** The effect narrowed by the name of its log. */
export type EffectOf<Name extends ChainLog['name']> = ChainEffect & { readonly log: Extract<ChainLog, { readonly name: Name }> };

/** What one observation is known by: the same log in the same block. */
export function observationKey({ chainId, block, tx, logIndex }: ChainPlace): string {
  return `${chainId}:${block.hash}:${tx}:${logIndex}`;
}

/** The id of the effect's stream within its provider: chain, contract and business key. */
export function settlementId({ chainId, contract, effect, key }: Pick<ChainEffect, 'chainId' | 'contract' | 'effect' | 'key'>): string {
  return `${chainId}.${contract}.${effect}.${key}`;
}

/** Whether two logs say the same, wherever they stand and in whatever order they name it. */
export function isSameLog(left: ChainLog, right: ChainLog): boolean {
  return left.name === right.name && sayingOf(left) === sayingOf(right);
}

function sayingOf(log: ChainLog): string {
  return JSON.stringify(Object.entries('fields' in log ? log.fields : log).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** The token that the log moved; the zero address for the native coin, undefined for a log that moves none. */
export function tokenOfLog(log: ChainLog): string | undefined {
  if (log.name === 'NativeMoved') return nativeToken;
  return 'token' in log ? log.token : undefined;
}

const nativeToken = `0x${'0'.repeat(40)}`;

/** True for a text that `settlementId` may have made. */
export function isSettlementId(text: string): boolean {
  return text.length <= 300 && /^[1-9][0-9]*\.0x[0-9a-f]{40}\.[a-z-]+\.[0-9a-fx.-]+$/.test(text);
}
