import { id, Wallet } from 'ethers';
import type {
  CaptureOrdered,
  CollectOrdered,
  OrderEvent,
  RefundClaimOrdered,
  RefundOrdered,
} from '../../../services/settlement/domain/dispatch.events.ts';
import { mandateDigest, type MandateTerms, mandateTypes, revocationTypes } from '../../../services/settlement/domain/mandate-terms.ts';
import type { MandateEvent, MandateOffered } from '../../../services/settlement/domain/mandate.events.ts';
import { signingDomain } from '../../../services/settlement/domain/quote.ts';

const address = (digit: string) => `0x${digit.repeat(40)}`;

export const place = { chainId: '31337', contract: address('c') };
export const account = 'acc_00000000-0000-5000-8000-000000000001';
export const invoice = 'inv_00000000-0000-5000-8000-000000000001';
export const payer = new Wallet(id('payer'));

export const target = { ...place, providerId: '17' };

export const refundOrdered = (data: Partial<RefundOrdered> = {}): OrderEvent => ({
  type: 'RefundOrdered/1',
  data: {
    ...target,
    ...{ refund: 'rfd_00000000-0000-5000-8000-000000000001', refundSeq: '3', settlement: `31337.${place.contract}.slot.7`, slot: '7' },
    ...{ account, amount: '5.00', currency: 'EUR', token: address('d'), tokenCurrency: 'USDC', tokenAmount: '5.40', tokenUnits: '5400000' },
    ...{ to: payer.address.toLowerCase(), salt: id('salt'), reason: id('reason') },
    ...data,
  },
});

export const captureOrdered = (data: Partial<CaptureOrdered> = {}): OrderEvent => ({
  type: 'CaptureOrdered/1',
  data: { ...target, title: 'ttl_00000000-0000-5000-8000-000000000001', eventId: '99', tokens: [address('d')], ...data },
});

export const cancelOrdered: OrderEvent = {
  type: 'EventCancelOrdered/1',
  data: { ...target, title: 'ttl_00000000-0000-5000-8000-000000000001', eventId: '99' },
};

export const claimOrdered = (data: Partial<RefundClaimOrdered> = {}): OrderEvent => ({
  type: 'RefundClaimOrdered/1',
  data: { ...target, eventId: '99', token: address('d'), slots: ['7', '8', '9'], ...data },
});

export const terms: MandateTerms = {
  ...{ providerId: '17', payer: payer.address.toLowerCase(), token: address('d'), maxPerPeriod: '20000000', totalCap: '50000000' },
  ...{ period: '2592000', start: '1767225600', end: '1798761600', accountRef: id('account'), salt: '1' },
};
/** Seconds of the first period as an instant. */
export const inPeriod = (period: number, second = 0): string =>
  new Date((Number(terms.start) + period * Number(terms.period) + second) * 1000).toISOString();

export const mandateId = mandateDigest(terms, place);
export const offered: MandateOffered = {
  ...{ mandate: mandateId, account, ...place, terms, tokenCurrency: 'USDC', accountSalt: id('account salt') },
};
export const mandateOffered: MandateEvent = { type: 'MandateOffered/1', data: offered };
const domain = signingDomain('settlement', place);
export const signature = payer.signingKey.sign(mandateId).serialized;
export const revocation = (): Promise<string> => payer.signTypedData(domain, revocationTypes, { mandate: mandateId });
export const foreignSignature = (): Promise<string> => new Wallet(id('stranger')).signTypedData(domain, mandateTypes, terms);
export const mandateSigned: MandateEvent = { type: 'MandateSigned/1', data: { mandate: mandateId, signature } };

export const collectionDecided = (slot: string, tokenUnits: string, period: string): MandateEvent => ({
  type: 'CollectionDecided/1',
  data: {
    ...{ mandate: mandateId, account, slot, invoice, invoiceRef: id(`invoice ${slot}`), amount: '10.00', currency: 'EUR', tokenUnits },
    ...{ period, deadline: '1798761600' },
  },
});

export const collectOrdered = (data: Partial<CollectOrdered> = {}): OrderEvent => ({
  type: 'CollectOrdered/1',
  data: {
    ...target,
    ...{ mandate: mandateId, terms, signature, decision: '2', slot: '7', invoiceRef: id('invoice 7'), account },
    ...{ amount: '10.00', currency: 'EUR', tokenUnits: '10800000', deadline: '1798761600' },
    ...data,
  },
});
