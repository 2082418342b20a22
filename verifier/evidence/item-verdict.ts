/**
 * What an item comes to. `proven`: whoever has the genesis hash must agree. `if anchored`: so if the anchor is on the chain. `shown`: it fits, and
 * the rest shows when the log or a copy of it is verified; what was served bears nobody's signature. `refuted`: it does not hold.
 */
export type ItemVerdict = 'proven' | 'if anchored' | 'shown' | 'refuted';

/** The verdict on an item, and why. */
export interface ItemAnswer {
  readonly verdict: ItemVerdict;
  readonly why: string;
}

export const proven = (why: string): ItemAnswer => ({ verdict: 'proven', why });
export const ifAnchored = (why: string): ItemAnswer => ({ verdict: 'if anchored', why });
export const shown = (why: string): ItemAnswer => ({ verdict: 'shown', why });
export const refuted = (why: string): ItemAnswer => ({ verdict: 'refuted', why });
