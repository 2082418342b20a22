import type { LedgerEvent } from '../../event-store/domain/ledger-event.ts';
import type { Projection } from '../../read-store/projection.ts';
import type { ErasureOrdered, SupersededErasureOrdered } from '../domain/person.events.ts';
import type { Erasures } from './erasures.ts';

/**
 * Carries out every erasure that was ordered, whatever became of the process that took the order. After a restore of the database it
 * comes by the orders behind its checkpoint again, and so erases what the backup brought back.
 */
export class ErasureProcess implements Projection {
  readonly name = 'erasure-process';
  readonly version = 1;
  readonly schema = '';
  readonly tables = [];
  readonly filter = { typePrefixes: ['ErasureOrdered/', 'SupersededErasureOrdered/'] };
  readonly #erasures: Erasures;

  constructor(erasures: Erasures) {
    this.#erasures = erasures;
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    for (const event of events) {
      if (event.type !== 'ErasureOrdered/1' && event.type !== 'SupersededErasureOrdered/1') continue;
      const order = event.fin as unknown as ErasureOrdered | SupersededErasureOrdered;
      await this.#erasures.carryOut({ provider: event.provider, order, event });
    }
  }
}
