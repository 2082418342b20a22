import type { EventStore } from '../../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../../event-store/domain/faults.ts';
import { ledgerEventOf } from '../../../event-store/domain/ledger-event.ts';
import { streamName } from '../../../event-store/domain/stream-name.ts';
import { settlementId } from '../../domain/chain-effect.ts';
import type { MatchedCredit } from '../../domain/settlement.events.ts';
import type { SlotPayment, SlotPayments, SlotPlace } from './slot-payments.ts';

const standings: Readonly<Record<string, SlotPayment['standing']>> = {
  SettlementObserved: 'observed',
  SettlementConfirmed: 'confirmed',
  SettlementFinalized: 'finalized',
  SettlementReorged: 'reorged',
  SettlementReversed: 'reorged',
  ReceiptUnmatched: 'unmatched',
};

interface Told extends Pick<SlotPayment, 'standing' | 'tx' | 'block'> {
  readonly payment?: SlotPayment['paid'];
  readonly credit?: MatchedCredit;
  /** Is it about the end of a slot that nobody paid? */
  readonly isCancellation: boolean;
}

/** What the ledger wrote of a slot, from the effect's own stream: as new as the last event, with no read model in between. */
export class StreamSlotPayments implements SlotPayments {
  readonly #store: EventStore;

  constructor(store: EventStore) {
    this.#store = store;
  }

  async at(provider: string, place: SlotPlace): Promise<SlotPayment | undefined> {
    let payment: SlotPayment | undefined;
    for await (const { standing, tx, block, payment: paid, credit, isCancellation } of this.#told(provider, place)) {
      // Its cancellation is no payment of the slot, whatever block holds it.
      if (isCancellation) continue;
      // Neither is what was spent on nothing; whose credit it was shows when it is final.
      const isPaid = credit === undefined || credit.slot === place.seq;
      payment = isPaid ? { chainId: place.chainId, tx, block, standing, ...(paid !== undefined && { paid }) } : undefined;
    }
    return payment;
  }

  async cancellationAt(provider: string, place: SlotPlace): Promise<SlotPayment['block'] | undefined> {
    for await (const { standing, block, isCancellation } of this.#told(provider, place))
      if (isCancellation && standing === 'finalized') return block;
    return undefined;
  }

  async *#told(provider: string, { chainId, contract, seq, holder }: SlotPlace): AsyncGenerator<Told> {
    const business =
      holder === undefined ? ({ effect: 'slot', key: seq } as const) : ({ effect: 'redeem', key: `${holder}.${seq}` } as const);
    const id = settlementId({ chainId, contract, ...business });
    let log: string | undefined;
    try {
      for await (const stored of this.#store.readStream(streamName({ slug: provider, kind: 'settlement', id }))) {
        const event = ledgerEventOf(stored);
        const standing = standings[stored.type.split('/', 1)[0] as string];
        if (event === undefined || standing === undefined) continue;
        const facts = event.fin as unknown as Omit<Told, 'standing' | 'isCancellation'> & { readonly log?: { readonly name: string } };
        // Only what was seen names its log; what follows is about the same one.
        log = facts.log?.name ?? log;
        yield { ...facts, standing, isCancellation: log === 'SeqCancelled' };
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
  }
}
