import type { AnchoringAlarm } from './anchoring-alarm.ts';

/**
 * `standby`: another process anchors this log. `idle`: nothing waits. `round`: a round is under way. `settling`: an anchor waits for its
 * block or for finality. `retrying`: the chain, the store or the database is away. `alarm`: somebody has to look.
 */
export type AnchoringState = 'standby' | 'idle' | 'round' | 'settling' | 'retrying' | 'alarm' | 'stopped';

/** How it goes with a log on one chain. */
export interface PlaceStatus {
  /** `<chain id> <contract>`. */
  readonly place: string;
  readonly state: AnchoringState;
  /** What it retries after, or what raised the alarm. */
  readonly error: Error | undefined;
  /**
   * Set in state `alarm`; in `retrying`, when it has lasted long or takes somebody to end it; and while all goes well, when it soon would not.
   */
  readonly alarm: AnchoringAlarm | undefined;
}

/** How it goes with a log on the whole: what is worst of its rounds and its chains. */
export interface AnchoringStatus extends Omit<PlaceStatus, 'place'> {
  /** The provider's slug. */
  readonly log: string;
  /** Number of the last round, 0 before the first. */
  readonly round: bigint;
  /** One for each chain of the log. */
  readonly places: readonly PlaceStatus[];
}

const worstFirst: readonly AnchoringState[] = ['alarm', 'retrying', 'round', 'settling', 'idle', 'standby', 'stopped'];

/** The one that somebody should look at first. */
export function worstOf(first: PlaceStatus, others: readonly PlaceStatus[]): PlaceStatus {
  const rankOf = ({ state, alarm }: PlaceStatus): number => (alarm === undefined ? worstFirst.indexOf(state) : -1);
  return [first, ...others].reduce((worst, status) => (rankOf(status) < rankOf(worst) ? status : worst));
}

/** What the anchorer said of a place, kept for whoever asks another process. */
export interface ToldStatus {
  /** The provider's slug. */
  readonly log: string;
  /** `<chain id> <contract>`; empty for the log's rounds. */
  readonly place: string;
  readonly state: AnchoringState;
  readonly alarm: string | undefined;
  readonly message: string | undefined;
  /** Since when it is so. */
  readonly since: Date;
  /** When it was said last. */
  readonly toldAt: Date;
}

/** What anchorers say of themselves. */
export interface AnchoringStatusStore {
  tell(status: Omit<ToldStatus, 'since'>): Promise<void>;
  told(): Promise<ToldStatus[]>;
}
