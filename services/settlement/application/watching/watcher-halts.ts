import type { WatcherAlarm, WatcherAlarmCode } from './watcher-faults.ts';

const haltCodes = ['finality_failed', 'event_without_bit', 'key_twice', 'operator_halt'] as const satisfies readonly WatcherAlarmCode[];

/** What is not over when nodes show something else: it cannot be, so what was seen of the chain before is still to be explained. */
export type HaltCode = (typeof haltCodes)[number];

/** Why nothing is read of a chain, and nothing told, until an operator has looked. */
export interface WatcherHalt {
  readonly chainId: string;
  readonly code: HaltCode;
  readonly message: string;
  readonly raisedAt: Date;
}

export interface LiftedHalt extends WatcherHalt {
  readonly liftedAt: Date;
  /** As the operator named themselves. */
  readonly liftedBy: string;
  readonly reason: string;
}

/** Halts outlive processes. Every method is durable when it resolves. */
export interface WatcherHalts {
  /** Safe to repeat: while one stands for the chain it stays as it is. */
  raise(halt: WatcherHalt): Promise<void>;
  standing(chainId: string): Promise<WatcherHalt | undefined>;
  /** Answers what stood, undefined if nothing did. Whoever follows the chain goes on with its next look. */
  lift(chainId: string, lifting: Pick<LiftedHalt, 'liftedAt' | 'liftedBy' | 'reason'>): Promise<LiftedHalt | undefined>;
  /** Of all chains, newest first: those that stand, and so many of those that were lifted. */
  all(liftedMax: number): Promise<(WatcherHalt | LiftedHalt)[]>;
}

/** Nest injection token of the port. */
export const WATCHER_HALTS = Symbol('WatcherHalts');

export function isHaltCode(code: WatcherAlarm['code']): code is HaltCode {
  return (haltCodes as readonly WatcherAlarmCode[]).includes(code);
}
