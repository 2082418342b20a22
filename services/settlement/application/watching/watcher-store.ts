import type { ChainEffect, ChainModule, ChainPlace, RecordedLog } from '../../domain/chain-effect.ts';
import type { NativeTransaction } from '../../domain/native-moves.ts';
import type { EffectStanding, MandateEnd } from './settlement-ledger.ts';
import type { BlockRange, SlotWord } from './watched-node.ts';

/** What tells an effect from every other, wherever it stands. */
export type EffectKey = Pick<ChainEffect, 'chainId' | 'contract' | 'providerId' | 'effect' | 'key'>;

/** A block, by height and hash. */
export interface Checkpoint {
  readonly number: bigint;
  readonly hash: string;
}

/** A contract whose logs are read. */
export interface WatchedContract {
  readonly address: string;
  readonly module: ChainModule;
  /** Whose prepaid credit it is; absent for contracts of all providers. */
  readonly providerId?: string;
}

/** How far the logs of a contract were read. */
export interface WatchCursor extends WatchedContract {
  readonly observed: Checkpoint;
  readonly finalized: Checkpoint;
  /** EXTCODEHASH that was found first, or that the configuration demands; undefined until it was looked at. */
  readonly codeHash: string | undefined;
}

/** A log that names no provider: it is kept with the watcher and goes nowhere. */
export interface ProviderlessLog extends Omit<ChainPlace, 'providerId'> {
  readonly providerId: undefined;
  readonly effect: 'log';
  readonly key: string;
  readonly log: RecordedLog;
}

export type WatchedLog = ChainEffect | ProviderlessLog;

/** What contracts of one chain went through, from one checkpoint to the next. All of them stand at the same checkpoints before it. */
export interface WatchStep {
  readonly chainId: string;
  readonly contracts: readonly string[];
  readonly from: Checkpoint;
  readonly to: Checkpoint;
  /** `to` is final too, and nothing before it has to be undone any more. */
  readonly isFinal: boolean;
  /** In the order of the chain, all behind `from` and none behind `to`. */
  readonly logs: readonly WatchedLog[];
  /** Contracts that appeared meanwhile; one that is known stays as it is. */
  readonly appeared: readonly WatchCursor[];
  /** Words whose slots are compared from now on, touched or not. */
  readonly words: readonly Word[];
  /** Coins of watched addresses after `to`, instead of all that were kept, and of what was read for them; absent where none are compared. */
  readonly balances?: readonly HeldCoins[];
}

/** How far blocks were read for transactions of coins, and what was found. */
export interface CoinReading {
  /** The first block of the range. */
  readonly from: bigint;
  /** Of the last one. */
  readonly hash: string;
  readonly next: bigint;
  readonly found: readonly NativeTransaction[];
}

/** What an address has of the native coin after a block. */
export interface HeldCoins {
  readonly holder: string;
  readonly at: Checkpoint;
  readonly units: bigint;
}

/** A word of slots of a contract. */
export type Word = Omit<SlotWord, 'view'>;

export interface Lost {
  readonly chainId: string;
  readonly contracts: readonly string[];
  readonly from: Checkpoint;
  /** The last block that is still there. */
  readonly ancestor: Checkpoint;
}

/** What is kept of a chain becomes what the chain shows, after somebody has looked. */
export interface Adoption {
  readonly chainId: string;
  /** Where the contracts stand in what was compared. */
  readonly from: readonly WatchCursor[];
  /** Where they stand from now on: at their final checkpoint. */
  readonly to: readonly WatchCursor[];
  /** What was observed and stands no more: the ledger hears of it, with the reason why that is taken back which it has as final. */
  readonly lost: readonly { readonly id: bigint; readonly reason: string | undefined }[];
  /** What stands no more either, and the ledger does not hear of it. */
  readonly undone: readonly bigint[];
  /** Logs that the chain shows, and that were not observed there. */
  readonly found: readonly WatchedLog[];
  /** Of these, what the ledger has as final: by an observation in another place. */
  readonly heard: readonly WatchedLog[];
  /** What the ledger has as final, and nothing that is kept or shown says: it hears that it is lost, with the reason. */
  readonly unfounded: readonly { readonly effect: ChainEffect; readonly reason: string | undefined }[];
  /** What stands, was told, and the ledger does not have: it is told again. */
  readonly forgotten: readonly ChainEffect[];
  /** From where on coins past the contracts are compared anew, and what is kept for that instead of all that was; absent where they go on. */
  readonly coins?: { readonly at: Checkpoint; readonly balances: readonly HeldCoins[]; readonly reading: CoinReading | undefined };
}

/** What an adoption may withdraw. */
export interface Withdrawable {
  readonly id: bigint;
  readonly log: WatchedLog;
}

/** Something to tell the ledger. */
export type Delivery = { readonly id: bigint; readonly effect: ChainEffect } &
  /** `reason`: why it is taken back even if it is final. */
  ({ readonly kind: 'lost'; readonly reason?: string } | { readonly kind: 'seen'; readonly standing: EffectStanding | undefined });

/**
 * What the watcher knows of chains: checkpoints, hashes of blocks that may still be undone, observations, and what of these the ledger was
 * told. Every method is one transaction, durable when it resolves.
 */
export interface WatcherStore {
  /** Contracts that are known already stay as they are. */
  open(chainId: string, cursors: readonly WatchCursor[]): Promise<void>;
  cursors(chainId: string): Promise<WatchCursor[]>;
  /** The first code hash of a contract stays. */
  pin(chainId: string, address: string, codeHash: string): Promise<void>;
  /** Hashes of the blocks behind the final checkpoint, up to the observed one, newest first. */
  unfinalBlocks(chainId: string, contract: string): Promise<Checkpoint[]>;
  /**
   * Checkpoint, observations and what is to be told of them at once. Throws `CheckpointMovedFault` if a contract does not stand at `from`,
   * and `WatcherAlarm` `key_twice` for a second log of what can be once.
   */
  advance(step: WatchStep): Promise<void>;
  /** The observed checkpoint and what lies before it is final up to here. Throws `CheckpointMovedFault` if a contract has another block there. */
  finalise(chainId: string, contracts: readonly string[], to: Checkpoint): Promise<void>;
  /** Back to the ancestor. Throws `CheckpointMovedFault` if a contract does not stand at `from`. */
  undo(lost: Lost): Promise<void>;
  /** Of these logs, those that do not stand: they were missed, if they are behind the observed checkpoint. */
  unknown(chainId: string, logs: readonly WatchedLog[]): Promise<WatchedLog[]>;
  /** Of these effects of a chain, those that stand in no place. */
  absent<Asked extends EffectKey>(chainId: string, effects: readonly Asked[]): Promise<Asked[]>;

  /**
   * Of a chain: what stands at the places of `withdrawn`, or behind the final checkpoints of contracts in `to`; and what is lost
   * already, was not told, and takes nobody's decision yet.
   */
  withdrawable(chainId: string, to: readonly WatchCursor[], withdrawn: readonly WatchedLog[]): Promise<Withdrawable[]>;
  /** Throws `CheckpointMovedFault` if a contract does not stand as in `from`. Of what is found, what stands already stays as it is. */
  adopt(adoption: Adoption): Promise<void>;

  /**
   * All that the ledger has to hear: first what was lost, then what is there and not done with, each in the order of the chain. Only payments can
   * come of age before they are final: anything else that is observed waits for that.
   */
  deliveries(chainId: string): Promise<Delivery[]>;
  /** The first ends of mandates that stand and that the ledger has not heard of, in the order of the chain: their logs name no provider. */
  revocations(chainId: string, countMax: number): Promise<{ readonly id: bigint; readonly end: MandateEnd }[]>;
  revocationsTold(ids: readonly bigint[]): Promise<void>;
  told(id: bigint, standing: EffectStanding | 'undone'): Promise<void>;
  /** What of these providers was ignored is to be told again. */
  heed(chainId: string, providerIds: readonly string[]): Promise<void>;

  /** Every word of the contract and the provider up to this one is compared from now on, touched or not. */
  watchWordsUpTo(chainId: string, last: Word): Promise<void>;
  /**
   * Words that a log touched, or the loss of one, since they were compared; and of those that were not compared in this time, unless every slot
   * was closed when they were, the `countMax` that wait longest. Who compared behind its end had a clock that was ahead. The word behind one
   * with a closed slot is among them: a log that was missed there touches nothing.
   */
  wordsToCompare(chainId: string, notIn: { readonly since: Date; readonly until: Date }, countMax: number): Promise<Word[]>;
  /** Slots of a word that are closed by what is observed. */
  observedSlots(chainId: string, word: Word): Promise<bigint>;
  compared(chainId: string, word: Word, at: Date): Promise<void>;

  /** Logs of these names that stand, in the order of the chain, up to a block. */
  named(chainId: string, names: readonly string[], upTo: bigint): Promise<WatchedLog[]>;
  /** Logs of our contracts that stand, of these transactions. */
  ofTransactions(chainId: string, transactions: readonly string[]): Promise<WatchedLog[]>;
  /** Logs of our contracts that stand, of these blocks, in the order of the chain. */
  inBlocks(chainId: string, range: BlockRange): Promise<WatchedLog[]>;
  /** Of the block that was compared last, and of one that waits to become final. */
  balances(chainId: string): Promise<HeldCoins[]>;
  /** Of one block that waits to become final, instead of any other. None: nothing waits any more. */
  keepBalances(chainId: string, waiting: readonly HeldCoins[]): Promise<void>;
  /** What was read of the blocks that are read for transactions; undefined where nothing was, or all of it was told. */
  coinReading(chainId: string): Promise<CoinReading | undefined>;
  /** Instead of any other. */
  keepCoinReading(chainId: string, reading: CoinReading): Promise<void>;
  /** What stands, in the order of the chain, up to a block. */
  standing(chainId: string, upTo: bigint): AsyncIterable<WatchedLog>;
}

/** Logs that the ledger may confirm before they are final. */
export const confirmable: readonly string[] = ['Settled', 'Collected', 'Purchased'];

/** What can be on a chain only once, as text. */
export function businessKeyOf({ contract, providerId, effect, key }: Omit<WatchedLog, 'log'> | EffectKey): string {
  return `${contract} ${providerId ?? '-'} ${effect} ${key}`;
}

/** One place in the chain may concern two providers. */
export function placeKeyOf({ block, tx, logIndex, providerId }: WatchedLog): string {
  return `${block.hash}:${tx}:${logIndex} ${providerId ?? '-'}`;
}

/** The order of the chain. */
export function byPlace(left: WatchedLog, right: WatchedLog): number {
  return (
    Number(BigInt(left.block.number) - BigInt(right.block.number)) ||
    Number(left.logIndex) - Number(right.logIndex) ||
    Number(BigInt(left.providerId ?? -1) - BigInt(right.providerId ?? -1))
  );
}

/** Whether two logs say the same, wherever they stand. What has no key of its own is known by its transaction: its index may move. */
export function isSameSaying(left: WatchedLog, right: WatchedLog): boolean {
  return keyOfSaying(left) === keyOfSaying(right) && sayingOf(left) === sayingOf(right);
}

function keyOfSaying(log: WatchedLog): string {
  return businessKeyOf(log.effect === 'log' ? { ...log, key: log.tx } : log);
}

function sayingOf({ log }: WatchedLog): string {
  return JSON.stringify(Object.entries('fields' in log ? log.fields : log).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** Of the log `MandateRevoked`. */
export function mandateEndOf({ chainId, contract, log }: WatchedLog): MandateEnd {
  return { chainId, contract, mandate: 'fields' in log ? (log.fields['mandate'] ?? '') : '' };
}
