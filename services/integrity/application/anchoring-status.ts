import type { AnchoringAlarm } from './anchoring-alarm.ts';

/**
 * `standby`: another process anchors this log. `idle`: nothing waits. `round`: a round is under way. `settling`: an anchor waits for its
 * block or for finality. `retrying`: the chain, the store or the database is away. `alarm`: somebody has to look.
 */
export type AnchoringState = 'standby' | 'idle' | 'round' | 'settling' | 'retrying' | 'alarm' | 'stopped';

export interface AnchoringStatus {
  /** The provider's slug. */
  readonly log: string;
  readonly state: AnchoringState;
  /** Number of the last round, 0 before the first. */
  readonly round: bigint;
  /** What it retries after, or what raised the alarm. */
  readonly error: Error | undefined;
  /** Set in state `alarm`. */
  readonly alarm: AnchoringAlarm | undefined;
}
