import type { Aggregate } from '../../commands/domain/aggregate.ts';
import { accept, type Decision, repeated } from '../../commands/domain/decision.ts';
import { eventIdOf } from './chain-number.ts';
import { type PpvEvent, type PpvEventMapped, ppvEvents } from './settlement-provider.events.ts';

/** The events on chain that a title has had; the last one is sold for. */
export interface MappedTitle {
  readonly occurrences: number;
  readonly current: PpvEventMapped | undefined;
  readonly revision: bigint;
}

export const mappedTitle: Aggregate<MappedTitle, PpvEvent> = {
  initial: { occurrences: 0, current: undefined, revision: -1n },
  evolve: ({ occurrences }, { event, revision }) => ({ occurrences: occurrences + 1, current: event.data, revision }),
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

/** Gives a title its event on chain; a title with other times gets another one, since those of an event never change. */
export function mapTitle(
  state: MappedTitle,
  { slug, title, endsAt, captureAfterSeconds, reclaimAfterSeconds }: MapTitleData,
): Decision<PpvEvent, never> {
  const captureAfter = BigInt(Math.ceil(Date.parse(endsAt) / 1000)) + captureAfterSeconds;
  const times = { captureAfter: captureAfter.toString(), reclaimAfter: (captureAfter + reclaimAfterSeconds).toString() };
  const { current } = state;
  if (current?.captureAfter === times.captureAfter && current.reclaimAfter === times.reclaimAfter) return repeated(state.revision);
  const eventId = eventIdOf(slug, title, state.occurrences + 1);
  return accept({ type: 'PpvEventMapped/1', data: { title, eventId, ...times } });
}
