import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';

/** An event says what no write side could have decided. The read model stops before it; nothing is clamped or passed over. */
export class ImpossibleEventDefect extends Error {
  override readonly name = 'ImpossibleEventDefect';
  readonly position: bigint;

  constructor({ position, stream, revision, type }: Pick<LedgerEvent, 'position' | 'stream' | 'revision' | 'type'>, why: string) {
    super(`Event ${revision} of ${stream} (${type}, position ${position}) is impossible: ${why}.`);
    this.position = position;
  }
}

/** A batch changed another number of rows than it has facts for them: an event builds upon something that never happened. */
export class ImpossibleBatchDefect extends Error {
  override readonly name = 'ImpossibleBatchDefect';

  constructor(events: Iterable<LedgerEvent>, why: string) {
    const positions = Array.from(events, ({ position }) => position);
    super(`The events from position ${positions[0]} to ${positions.at(-1)} are impossible: ${why}.`);
  }
}
