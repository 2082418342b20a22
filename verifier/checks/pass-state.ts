import type { PassCounts } from './log-pass.ts';
import type { CheckId, CheckState } from './check.ts';
import type { FoldCheckState } from './fold.check.ts';
import type { PersonalDataState } from './personal-data.check.ts';
import type { PoliciesState } from './policies.ts';
import type { SeriesState } from './series.check.ts';
import type { SlaBookState } from '../terms/sla-book.ts';
import type { StreamsState } from './streams.check.ts';
import type { TimeState } from './time.check.ts';
import type { TileTreeState } from '../tree/tile-tree.ts';
import type { Absence } from '../source/bundles.ts';

/**
 * All that a pass remembers of the leaves that it read: another pass goes on from there, on another day too, and comes to what one would that
 * began with the first leaf. Plain data, without a class, so that it can be stored.
 */
export interface PassState {
  /** Leaves that were read, a multiple of 256. Nothing among them was INVALID or missing. */
  readonly size: number;
  readonly tree: TileTreeState;
  readonly streams: StreamsState;
  readonly series: SeriesState;
  readonly slaCredits: SlaBookState;
  readonly personalData: PersonalDataState;
  readonly policies: PoliciesState;
  readonly fold: FoldCheckState;
  /** Undefined where time was not checked. */
  readonly time: TimeState | undefined;
  readonly counts: PassCounts;
  readonly businessOpened: number;
  /** Why payloads were not at hand. */
  readonly payloadsAbsence: Absence | undefined;
  /** The first leaf whose payload was withheld; undefined where none was. */
  readonly withheldFrom: number | undefined;
  readonly checks: Readonly<Partial<Record<CheckId, CheckState>>>;
}

/** Where a pass puts what it remembers while it goes on. */
export interface PassKeeper {
  /** Should the pass hand over its state, now that it has read so many leaves? */
  isDue(size: number): boolean;
  /** Takes a state. It changes when this returns. */
  keep(state: PassState): void;
}
