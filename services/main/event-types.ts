import { providerEvents } from '../access/domain/provider.events.ts';
import { accountEvents } from '../accounts/domain/account.events.ts';
import { priceBookEvents, titleEvents } from '../catalog/domain/catalog.events.ts';
import type { EventTypes } from '../event-store/domain/event-types.ts';
import { systemLeafEvents } from '../integrity/domain/system-leaf.events.ts';
import { invoiceEvents, seriesEvents } from '../invoicing/domain/invoice.events.ts';
import { personEvents } from '../privacy/domain/person.events.ts';
import { retentionEvents } from '../privacy/domain/retention.events.ts';
import { creditHolderEvents, creditHoldingEvents, creditTokenEvents } from '../settlement/domain/credit.events.ts';
import { dispatchEvents } from '../settlement/domain/dispatch.events.ts';
import { mandatePlacesEvents } from '../settlement/domain/mandate-places.events.ts';
import { mandateEvents } from '../settlement/domain/mandate.events.ts';
import { refundRegisterEvents } from '../settlement/domain/refund-register.events.ts';
import { ppvEvents, rateEvents, settlementProviderEvents } from '../settlement/domain/settlement-provider.events.ts';
import { settlementEvents } from '../settlement/domain/settlement.events.ts';
import { slotEvents, slotRegisterEvents } from '../settlement/domain/slot.events.ts';
import { termsEvents } from '../settlement/domain/terms.events.ts';

/** Every event type that this release writes or ever wrote. */
export const eventTypes: readonly EventTypes[] = [
  accountEvents,
  priceBookEvents,
  titleEvents,
  seriesEvents,
  invoiceEvents,
  personEvents,
  providerEvents,
  retentionEvents,
  settlementProviderEvents,
  ppvEvents,
  rateEvents,
  slotRegisterEvents,
  slotEvents,
  settlementEvents,
  termsEvents,
  dispatchEvents,
  creditTokenEvents,
  creditHolderEvents,
  creditHoldingEvents,
  mandateEvents,
  mandatePlacesEvents,
  refundRegisterEvents,
  systemLeafEvents,
];
