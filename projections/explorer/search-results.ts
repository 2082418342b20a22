import type { Anchor } from '../../services/integrity/application/anchor-store.ts';
import type { LeafRow } from '../../services/integrity/application/leaf-store.ts';
import type { TreeHead } from '../../services/integrity/domain/tree-head.ts';
import type { LedgerPlace } from '../account-balances/ledger-places.query.ts';
import type { InvoiceDetail } from '../invoices/invoices.query.ts';

/** By what of it something was found. */
export const matches = [
  'event_id',
  'leaf_hash',
  'index',
  'place',
  'stream',
  'invoice_number',
  'account',
  'ledger_account',
  'account_hash',
  'transaction',
  'root',
  'size',
] as const;

export type Match = (typeof matches)[number];

/** One thing that a search found. */
export type Found =
  | { readonly kind: 'entry'; readonly matched: Match; readonly leaf: LeafRow }
  | { readonly kind: 'invoice'; readonly matched: Match; readonly invoice: InvoiceDetail; readonly leaf: LeafRow }
  | { readonly kind: 'account'; readonly matched: Match; readonly place: LedgerPlace }
  | { readonly kind: 'anchor'; readonly matched: Match; readonly anchor: Anchor }
  | { readonly kind: 'head'; readonly matched: Match; readonly head: TreeHead };

export interface SearchPage {
  readonly results: readonly Found[];
  /** Key of the next page's first row; undefined on the last. */
  readonly next: string | undefined;
  /** Something was found that no published head covers yet, and is not shown. */
  readonly isBehind: boolean;
}
