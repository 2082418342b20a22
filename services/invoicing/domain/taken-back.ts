import type { ChargePosted, EntryReversed } from '../../accounts/domain/account.events.ts';
import type { AccountEntry } from './invoice.ts';

/**
 * Of an account's events in their order, the revisions of charges that were taken back before anybody was billed for them. An invoice leaves
 * a charge off where a reversal names it in the range that was closed; what no invoice shows was taken back by whatever gave its amount back.
 */
export function chargesTakenBack(entries: readonly AccountEntry[]): ReadonlySet<bigint> {
  const closings = entries.flatMap(({ event }) => {
    return event.type === 'ChargesClosed/1' ? [{ from: BigInt(event.data.fromRevision), to: BigInt(event.data.toRevision) }] : [];
  });
  const taken = new Set<bigint>();
  for (const { event, revision } of entries) {
    if (event.type !== 'ChargePosted/1') continue;
    // A later closing may claim the range of an earlier one, and bills nothing by that.
    const closing = event.data.source === 'invoice' ? closings.find(({ from, to }) => revision >= from && revision <= to) : undefined;
    const isTakenBack = reversalsOf(revision, entries).some((reversal) =>
      closing === undefined ? givesBack(reversal.data, event.data) : reversal.revision >= closing.from && reversal.revision <= closing.to,
    );
    if (isTakenBack) taken.add(revision);
  }
  return taken;
}

function reversalsOf(of: bigint, entries: readonly AccountEntry[]): { readonly revision: bigint; readonly data: EntryReversed }[] {
  return entries.flatMap(({ event, revision }) => {
    return event.type === 'EntryReversed/1' && event.data.reverses.revision === of.toString() ? [{ revision, data: event.data }] : [];
  });
}

function givesBack({ effects, currency }: EntryReversed, charge: ChargePosted): boolean {
  if (currency !== charge.currency) return false;
  return charge.source === 'wallet' ? effects.wallet === charge.amount : effects.unbilled === `-${charge.amount}`;
}
