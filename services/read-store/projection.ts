import type { PoolClient } from 'pg';
import type { EventFilter } from '../event-store/domain/event-store.ts';
import type { LedgerEvent } from '../event-store/domain/ledger-event.ts';

/** A read model: derived from the log alone, rebuildable from zero to identical rows, disposable. */
export interface Projection {
  /** Plural noun in kebab-case, for example `account-balances`. Names the checkpoint. */
  readonly name: string;
  /** Raised when rows change their meaning; a new version is new tables that replay from zero beside the old ones. */
  readonly version: number;
  /** SQL that creates the tables of this version, safe to run again. */
  readonly schema: string;
  /**
   * SQL that makes indexes which only queries need, safe to run again. It runs whenever the read model has caught up: an index made at
   * once costs a fraction of one that a replay keeps up row by row, and a large one does not fit into memory. Constraints belong to
   * `schema`.
   */
  readonly indexes?: string;
  /** The tables of this version, in an order in which they may be dropped. Used to rebuild and to compare. */
  readonly tables: readonly string[];
  /** What the projection needs to see; everything when absent. */
  readonly filter?: EventFilter;
  /**
   * Writes the rows of a batch. The runner owns the transaction and commits rows and checkpoint together. Impossible data throws:
   * the projection stops at its last checkpoint and says so. Malformed events (see `LedgerEvent`) never arrive here, and none in an older
   * version than the newest (see `EventReader`); an event of a type that this release does not know does.
   *
   * Events are decoded as they are walked through, so a projection that writes as it goes leaves no time between the two idle. Several
   * walks give the same events.
   */
  project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void>;
}
