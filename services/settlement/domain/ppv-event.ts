import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, repeated } from '../../commands/domain/decision.ts';
import { eventIdOf } from './chain-number.ts';
import { type PpvEvent, type PpvEventMapped, ppvEvents } from './settlement-provider.events.ts';

/** An event on chain that a title is, or was, sold for. */
export interface MappedEvent extends PpvEventMapped {
  readonly revision: bigint;
}

/** Every event on chain that a title has had, in their order: whoever bought for one of them has bought the title. */
export interface MappedTitle {
  readonly events: readonly MappedEvent[];
}

export const mappedTitle: Aggregate<MappedTitle, PpvEvent> = {
  initial: { events: [] },
  evolve: ({ events }, { event, revision }) => ({ events: [...events, { ...event.data, revision }] }),
  events: ppvEvents,
};

export interface MapTitleData {
  readonly slug: string;
  readonly title: string;
  /** When the title is over. */
  readonly endsAt: string;
  /** The provider may take the money so long after that. */
  readonly captureAfterSeconds: bigint;
  /** For how long it may; afterwards anybody may send it back. The contract asks for 14 days. */
  readonly reclaimAfterSeconds: bigint;
}

type EventTimes = Pick<PpvEventMapped, 'captureAfter' | 'reclaimAfter'>;

/** Gives a title its event on chain; a title with other times gets another one, since those of an event never change. */
export function mapTitle(state: MappedTitle, data: MapTitleData): Decision<PpvEvent, never> {
  const known = mappedEvent(state, data);
  if (known !== undefined) return repeated(known.revision);
  const { slug, title } = data;
  const eventId = eventIdOf(slug, title, state.events.length + 1);
  return accept({ type: 'PpvEventMapped/1', data: { title, eventId, ...timesOf(data) } });
}

/** The event that a title is sold for under these times; undefined before it was given one. */
export function mappedEvent({ events }: MappedTitle, data: MapTitleData): MappedEvent | undefined {
  const { captureAfter, reclaimAfter } = timesOf(data);
  return events.find((event) => event.captureAfter === captureAfter && event.reclaimAfter === reclaimAfter);
}

function timesOf({ endsAt, captureAfterSeconds, reclaimAfterSeconds }: MapTitleData): EventTimes {
  const captureAfter = BigInt(Math.ceil(Date.parse(endsAt) / 1000)) + captureAfterSeconds;
  return { captureAfter: captureAfter.toString(), reclaimAfter: (captureAfter + reclaimAfterSeconds).toString() };
}
