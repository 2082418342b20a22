import type { Quote, SignedTerms } from '../../../services/settlement/domain/quote.ts';
import { digestOf, invoiceRefOf, structHashOf, zeroAddress } from '../../../services/settlement/domain/quote.ts';
import type { QuoteIssued, SlotEvent, SlotOpened } from '../../../services/settlement/domain/slot.events.ts';

export const account = 'acc_00000000-0000-5000-8000-000000000001';
export const invoice = 'inv_00000000-0000-5000-8000-000000000001';
export const place = { chainId: '31337', contract: `0x${'a1'.repeat(20)}` };
export const elsewhere = { chainId: '8453', contract: `0x${'b2'.repeat(20)}` };
export const usdc = `0x${'c3'.repeat(20)}`;
export const quotedAt = '2026-03-01T12:00:00.000Z';
export const seconds = (instant: string) => Date.parse(instant) / 1000;
export const later = (by: number) => new Date((seconds(quotedAt) + by) * 1000).toISOString();

const reference = { salt: `0x${'01'.repeat(32)}`, invoiceId: invoice, termsHash: `0x${'02'.repeat(32)}` };

export const opened: SlotOpened = {
  seq: '7',
  providerId: '11',
  account,
  purpose: { kind: 'invoice', invoice, instalment: '1', number: 'INV-000001' },
  amount: '60.50',
  currency: 'EUR',
  module: 'settlement',
  ...place,
  salt: reference.salt,
  termsHash: reference.termsHash,
  invoiceRef: invoiceRefOf(reference),
};

/** Good for ten minutes, and another four until the chain cannot bring it back. */
export function quoteIssued(changes: Partial<Quote> = {}, at: { chainId: string; contract: string } = place): QuoteIssued {
  const quote: Quote = {
    ...{ providerId: '11', seq: '7', invoiceRef: opened.invoiceRef, kind: '1', payer: zeroAddress, token: zeroAddress },
    ...{ amount: '20374200000000000', currency: '0x455552', fiatMinor: '6050' },
    ...{ validAfter: String(seconds(quotedAt) - 60), deadline: String(seconds(quotedAt) + 600) },
    ...changes,
  };
  const terms: SignedTerms = { module: 'settlement', quote };
  return {
    seq: '7',
    ...at,
    terms,
    structHash: structHashOf(terms),
    digest: digestOf(terms, at),
    signer: `0x${'d4'.repeat(20)}`,
    signature: `0x${'05'.repeat(65)}`,
    tokenCurrency: 'ETH',
    tokenAmount: '0.0203742',
    rate: { base: 'ETH', currency: 'EUR', rate: '3000', source: 'table', at: quotedAt, spreadBps: '100' },
    reorgWindowSeconds: '240',
  };
}

export const slotOpened = (changes: Partial<SlotOpened> = {}): SlotEvent => ({ type: 'SlotOpened/1', data: { ...opened, ...changes } });
export const issued = (quote = quoteIssued()): SlotEvent => ({ type: 'QuoteIssued/1', data: quote });
export const blockAt = (time: string) => ({ number: '100', hash: `0x${'0f'.repeat(32)}`, time });
