import type { LedgerEvent } from '../../../event-store/domain/ledger-event.ts';
import type { Projection } from '../../../read-store/projection.ts';
import type { SettlementFinalized } from '../../domain/settlement.events.ts';
import type { OlderCredit } from './older-credit.ts';

/**
 * After an upgrade customers can spend what they bought before it at once, and not only when something happens on the chain. It runs like a read
 * model without rows, from the beginning of the log; what it has come past costs nothing more.
 */
export class OlderCreditProcess implements Projection {
  readonly name = 'older-credit-process';
  readonly version = 1;
  readonly schema = '';
  readonly tables = [];
  readonly filter = { typePrefixes: ['SettlementFinalized/', 'ReceiptUnmatched/'] };
  readonly #older: OlderCredit;

  constructor(older: OlderCredit) {
    this.#older = older;
  }

  async project(events: Iterable<LedgerEvent>): Promise<void> {
    for (const { provider, fin } of events) {
      // Both types say where their effect is.
      const { module, chainId, contract } = fin as unknown as SettlementFinalized;
      if (module === 'credit') await this.#older.bringUp(provider, { chainId, contract });
    }
  }
}
