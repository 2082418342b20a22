import { type ChainEffect, observationKey } from '../domain/chain-effect.ts';
import type { Operation } from '../domain/dispatch.events.ts';
import type { SettlementRejection } from '../domain/settlement.decider.ts';

/** What somebody has to look at. Nothing more is done about the effect before that. */
export class SettlementAlarm extends Error {
  override readonly name = 'SettlementAlarm';
  readonly retryable = false;
  readonly code: SettlementRejection['code'];

  constructor(stream: string, effect: ChainEffect, rejection: SettlementRejection) {
    super(`${effect.log.name} at ${observationKey(effect)} does not fit ${stream}: ${JSON.stringify(rejection)}.`);
    this.code = rejection.code;
  }
}

/** The ledger broke on an effect: it is offered on, and nothing behind it of its provider. */
export class EffectDefect extends Error {
  override readonly name = 'EffectDefect';
  readonly retryable = false;

  constructor(effect: ChainEffect, cause: Error) {
    super(`${effect.log.name} at ${observationKey(effect)} of provider ${effect.providerId} was not taken: ${cause.message}`, { cause });
  }
}

/** Money that the ledger cannot explain. It is written down all the same. */
export interface UnmatchedNotice {
  readonly provider: string;
  readonly stream: string;
  readonly reason: string;
  /** A key of the provider has to be taken for stolen, as something was signed that the ledger never issued. */
  readonly isKeySuspect: boolean;
}

/** Tells somebody; never throws. */
export type OnUnmatched = (notice: UnmatchedNotice) => void;

/** Something of a final payment was valued by a rate that is too old for it: the provider's books say what it was worth long before. */
export interface OldRateNotice {
  readonly provider: string;
  readonly base: string;
  readonly currency: string;
  /** When the rate was true. */
  readonly at: string;
  /** When what is valued by it came. */
  readonly usedFor: string;
}

/** Tells somebody; never throws. */
export type OnOldRate = (notice: OldRateNotice) => void;

/** What was decided and could not be done; nobody but who is told asks for it again. */
export interface UndoneNotice {
  readonly provider: string;
  /** Of the account or the dispatch that it is about. */
  readonly stream: string;
  readonly what: Operation;
  readonly reason: string;
}

/** Tells somebody; never throws. */
export type OnUndone = (notice: UndoneNotice) => void;

/** Nest injection token of whom to tell. */
export const ON_UNDONE = Symbol('OnUndone');
