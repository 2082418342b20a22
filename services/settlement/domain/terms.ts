import { keccak256, toUtf8Bytes } from 'ethers';
import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { canonicalJson } from '../../event-store/domain/canonical-json.ts';
import { type TermsDocument, type TermsEvent, termsEvents } from './terms.events.ts';

/** Stands for terms where nothing was published. */
export const noTerms = `0x${'0'.repeat(64)}`;

export type Terms = { readonly status: 'none' } | { readonly status: 'published'; readonly document: TermsDocument };

export const terms: Aggregate<Terms, TermsEvent> = {
  initial: { status: 'none' },
  evolve: (_, { event }) => ({ status: 'published', document: event.data.document }),
  events: termsEvents,
};

/** The hash that the log, `invoiceRef` and the payer's copy agree in. */
export function termsHashOf(document: TermsDocument): string {
  return keccak256(toUtf8Bytes(canonicalJson(document)));
}

export type TermsRejection = { readonly code: 'escrow_too_short'; readonly reclaimAfterSecondsMin: string };

/** The contract refuses events that give the provider less time to take its money. */
const reclaimAfterSecondsMin = 14n * 86_400n;

/** Publishes terms under their hash: the same document is the same terms. */
export function publishTerms(state: Terms, document: TermsDocument): Decision<TermsEvent, TermsRejection> {
  if (state.status === 'published') return repeated(0n);
  const { escrow } = document;
  if (escrow !== undefined && BigInt(escrow.reclaimAfterSeconds) < reclaimAfterSecondsMin) {
    return reject({ code: 'escrow_too_short', reclaimAfterSecondsMin: reclaimAfterSecondsMin.toString() });
  }
  return accept({ type: 'TermsPublished/1', data: { hash: termsHashOf(document), document } });
}
