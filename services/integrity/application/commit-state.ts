import type { EventStore } from '../../event-store/domain/event-store.ts';
import { stateCommittedFin } from '../domain/committed-state.ts';
import { StateMap } from '../domain/state-map.ts';
import { foldLeaves } from './fold-leaves.ts';
import type { FoldStore } from './fold-store.ts';
import type { LeafStore } from './leaf-store.ts';
import { roundLeafId } from './round-leaf-id.ts';
import type { Round } from './round-store.ts';
import type { StateMaps } from './state-maps.ts';
import type { SystemLog } from './system-log.ts';

export interface CommitStateOptions {
  readonly folds: FoldStore;
  readonly maps: StateMaps;
  readonly leaves: LeafStore;
  readonly store: EventStore;
  readonly systemLog: SystemLog;
}

/** Folds a log up to a round's size and writes the round's StateCommitted. */
export class CommitState {
  readonly #options: CommitStateOptions;

  constructor(options: CommitStateOptions) {
    this.#options = options;
  }

  /**
   * Answers the revision of the leaf. A crash after the leaf and before the balances are kept folds again, comes to the same state and
   * meets its own leaf.
   */
  async commit(origin: string, round: Round): Promise<bigint> {
    const { folds, maps, leaves, store, systemLog } = this.#options;
    const { log, uptoSize } = round;
    let map = StateMap.empty;
    const committedRevision = await folds.advance({
      log,
      uptoSize,
      changesFrom: (from) => foldLeaves({ folds, leaves, store }, { log, origin, from, to: uptoSize }),
      commit: async ({ touched, turnovers }) => {
        map = await maps.next(log, touched);
        const stateRoot = map.root();
        const fin = stateCommittedFin({ uptoSize, stateRoot, turnovers });
        const id = roundLeafId({ origin, number: round.number, type: 'StateCommitted/1', fin });
        const { revision } = await systemLog.append({ slug: log, origin, type: 'StateCommitted/1', fin, id });
        return { stateRoot: Buffer.from(stateRoot, 'latin1'), revision };
      },
    });
    maps.committedTo(log, { map, uptoSize, committedRevision });
    return committedRevision;
  }
}
