import type { EventStore } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { streamName } from '../../event-store/domain/stream-name.ts';
import { settlementId } from '../domain/chain-effect.ts';
import type { MatchedCredit } from '../domain/settlement.events.ts';
import type { SlotPayment, SlotPayments, SlotPlace } from './slot-payments.ts';

const standings: Readonly<Record<string, SlotPayment['standing']>> = {
  SettlementObserved: 'observed',
  SettlementConfirmed: 'confirmed',
  SettlementFinalized: 'finalized',
  SettlementReorged: 'reorged',
  ReceiptUnmatched: 'unmatched',
};

type Told = Pick<SlotPayment, 'tx' | 'block'> & { readonly payment?: SlotPayment['paid']; readonly credit?: MatchedCredit };

/** What the ledger wrote of a slot's payment, from its own stream: as new as the last event, with no read model in between. */
export class StreamSlotPayments implements SlotPayments {
  readonly #store: EventStore;

  constructor(store: EventStore) {
    this.#store = store;
  }

  async at(provider: string, { chainId, contract, seq, holder }: SlotPlace): Promise<SlotPayment | undefined> {
    const business =
      holder === undefined ? ({ effect: 'slot', key: seq } as const) : ({ effect: 'redeem', key: `${holder}.${seq}` } as const);
    const id = settlementId({ chainId, contract, ...business });
    let payment: SlotPayment | undefined;
    try {
      for await (const stored of this.#store.readStream(streamName({ slug: provider, kind: 'settlement', id }))) {
        const event = ledgerEventOf(stored);
        const standing = standings[stored.type.split('/', 1)[0] as string];
        if (event === undefined || standing === undefined) continue;
        const { tx, block, payment: paid, credit } = event.fin as unknown as Told;
        // What was spent on nothing is no payment of the slot.
        if (credit !== undefined && credit.slot !== seq) continue;
        payment = { chainId, tx, block, standing, ...(paid !== undefined && { paid }) };
      }
    } catch (error) {
      if (!(error instanceof StreamNotFoundFault)) throw error;
    }
    return payment;
  }
}
