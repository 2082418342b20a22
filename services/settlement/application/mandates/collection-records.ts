import type { EventStore, StoredEvent } from '../../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../../event-store/domain/faults.ts';
import { ledgerEventOf } from '../../../event-store/domain/ledger-event.ts';
import type { CollectionRecord } from '../../domain/collection-order.ts';
import { collectionDispatchId } from '../../domain/dispatch.events.ts';
import { mandateEvents } from '../../domain/mandate.events.ts';
import { dispatchStream, mandateStream } from '../sending/sending-streams.ts';

interface Standing {
  readonly slot: string;
  readonly invoice: string;
}

/** What came of the collections of a mandate, from the streams of what was decided and of what was sent. */
export class CollectionRecords {
  readonly #store: EventStore;
  readonly #provider: string;

  constructor(store: EventStore, provider: string) {
    [this.#store, this.#provider] = [store, provider];
  }

  async of(mandate: string, invoice: string): Promise<CollectionRecord> {
    const { standing, releasedAt, isByPayer } = await this.#decided(mandate, invoice);
    let [hasCollected, isUnderWay, failedAt] = [false, false, releasedAt];
    for (const each of standing) {
      const isOfInvoice = each.invoice === invoice;
      if (hasCollected && !isOfInvoice) continue;
      const last = await this.#last(dispatchStream(this.#provider, collectionDispatchId(each.slot)));
      if (last?.type === 'DispatchDone/1') hasCollected = true;
      else if (!isOfInvoice) continue;
      // What failed is given up a moment behind its failure.
      else if (last?.type === 'DispatchFailed/1') failedAt = last.position;
      else isUnderWay = true;
    }
    return { hasCollected, isByPayer, isUnderWay, failedAt };
  }

  /** What was decided and not given up, the newest first; where the last collection of the invoice was given up, unless it was decided again; and who set it up. */
  async #decided(
    mandate: string,
    invoice: string,
  ): Promise<{ readonly standing: readonly Standing[]; readonly releasedAt: bigint | undefined; readonly isByPayer: boolean }> {
    const standing = new Map<string, Standing>();
    let releasedAt: bigint | undefined;
    let isByPayer = false;
    for await (const stored of this.#store.readStream(mandateStream(this.#provider, mandate))) {
      const read = ledgerEventOf(stored);
      const event = read && mandateEvents.read(read);
      if (event?.type === 'MandateOffered/1') isByPayer = event.data.byPayer === true;
      else if (event?.type === 'CollectionDecided/1') {
        standing.set(event.data.slot, event.data);
        if (event.data.invoice === invoice) releasedAt = undefined;
      } else if (event?.type === 'CollectionReleased/1') {
        if (standing.get(event.data.slot)?.invoice === invoice) releasedAt = stored.position;
        standing.delete(event.data.slot);
      }
    }
    return { standing: [...standing.values()].reverse(), releasedAt, isByPayer };
  }

  async #last(stream: string): Promise<StoredEvent | undefined> {
    try {
      for await (const event of this.#store.readStream(stream, { direction: 'backwards', maxCount: 1 })) return event;
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return undefined;
  }
}
