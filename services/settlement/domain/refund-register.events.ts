import { EventTypes } from '../../event-store/domain/event-types.ts';

/** A refund has its number on chain. Stream `<slug>.refunds-main`. */
export type RefundNumbered = {
  /** 1, 2, 3, ... without a gap, as decimal text. */
  readonly refundSeq: string;
  /** The decision, of an account or of a purchase of credit: each gets one number, once. */
  readonly refund: string;
};

export type RefundRegisterEvent = { readonly type: 'RefundNumbered/1'; readonly data: RefundNumbered };

export const refundRegisterEvents = new EventTypes<RefundRegisterEvent>({ 'RefundNumbered/1': [] });
