import { type Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, reject } from '../../commands/domain/decision.ts';
import { type TitleEvent, titleEvents, type TitleListed } from './catalog.events.ts';

export type Title = { readonly status: 'none' } | { readonly status: 'listed' };

export const title: Aggregate<Title, TitleEvent> = {
  initial: { status: 'none' },
  evolve: () => ({ status: 'listed' }),
  events: titleEvents,
};

export type TitleRejection =
  { readonly code: 'title_already_listed'; readonly title: string } | { readonly code: 'title_window_invalid'; readonly field: string };

export function listTitle(state: Title, listed: TitleListed): Decision<TitleEvent, TitleRejection> {
  if (state.status === 'listed') return reject({ code: 'title_already_listed', title: listed.title });
  if (listed.onSaleFrom >= listed.onSaleUntil) return reject({ code: 'title_window_invalid', field: 'onSaleUntil' });
  if (listed.startsAt >= listed.endsAt) return reject({ code: 'title_window_invalid', field: 'endsAt' });
  return accept({ type: 'TitleListed/1', data: listed });
}

/** When a title may be watched, half-open: from a grace before it begins until it ends. */
export function watchWindow({ startsAt, endsAt, graceMinutes }: TitleListed): { readonly from: string; readonly until: string } {
  const graceMs = Number(graceMinutes) * 60_000;
  return { from: new Date(Date.parse(startsAt) - graceMs).toISOString(), until: endsAt };
}
