import { type ChainEffect, observationKey } from '../domain/chain-effect.ts';
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
