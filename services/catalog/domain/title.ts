import { type Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject, repeated } from '../../commands/domain/decision.ts';
import { type TitleCancelled, type TitleEvent, titleEvents, type TitleListed } from './catalog.events.ts';

export type Title =
  { readonly status: 'none' } | { readonly status: 'listed' } | { readonly status: 'cancelled'; readonly revision: bigint };

export const title: Aggregate<Title, TitleEvent> = {
  initial: { status: 'none' },
  evolve: (_, { event, revision }) => (event.type === 'TitleListed/1' ? { status: 'listed' } : { status: 'cancelled', revision }),
  events: titleEvents,
};

export type TitleRejection =
  | { readonly code: 'title_not_found' }
  | { readonly code: 'title_already_listed'; readonly title: string }
  | { readonly code: 'title_window_invalid'; readonly field: string };

export function listTitle(state: Title, listed: TitleListed): Decision<TitleEvent, TitleRejection> {
  if (state.status !== 'none') return reject({ code: 'title_already_listed', title: listed.title });
  if (listed.onSaleFrom >= listed.onSaleUntil) return reject({ code: 'title_window_invalid', field: 'onSaleUntil' });
  if (listed.startsAt >= listed.endsAt) return reject({ code: 'title_window_invalid', field: 'endsAt' });
  return accept({ type: 'TitleListed/1', data: listed });
}

/** Calls an event off. It cannot be called on again: a later event is another title. */
export function cancelTitle(state: Title, cancelled: TitleCancelled): Decision<TitleEvent, TitleRejection> {
  if (state.status === 'none') return reject({ code: 'title_not_found' });
  if (state.status === 'cancelled') return repeated(state.revision);
  return accept({ type: 'TitleCancelled/1', data: cancelled });
}

/** When a title may be watched, half-open: from a grace before it begins until it ends. */
export function watchWindow({ startsAt, endsAt, graceMinutes }: TitleListed): { readonly from: string; readonly until: string } {
  const graceMs = Number(graceMinutes) * 60_000;
  return { from: new Date(Date.parse(startsAt) - graceMs).toISOString(), until: endsAt };
}
