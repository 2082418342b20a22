import type pg from 'pg';
import type { Appended, AppendRequest } from '../../domain/event-store.ts';
import { ConflictFault, StreamDeletedFault } from '../../domain/faults.ts';
import { answerRepeat, revisionOf, type StoredPlace } from '../../domain/repeat.ts';
import { unknownOutcome } from './postgres-failure.ts';

interface PlaceRow {
  readonly actual: bigint;
  readonly sealed: boolean;
  readonly id: string | null;
  readonly position: bigint;
}

/** Answers an append whose expectation was not met from committed data, without a lock: a repeat succeeds, the rest are conflicts. */
export async function checkRepeat(pool: pg.Pool, request: AppendRequest): Promise<Appended> {
  const { stream, expected, events } = request;
  const first = revisionOf(expected) + 1n;
  const rows = await placesOf(pool, [stream, first, first + BigInt(events.length) - 1n]);
  const [row] = rows;
  if (row === undefined) throw new ConflictFault(stream, expected, 'no_stream');
  if (row.sealed) throw new StreamDeletedFault(`Stream ${stream} is sealed: it takes no further events.`);
  return answerRepeat(request, { actual: row.actual, places: rows.filter((place): place is PlaceRow & StoredPlace => place.id !== null) });
}

async function placesOf(pool: pg.Pool, values: [stream: string, first: bigint, last: bigint]): Promise<PlaceRow[]> {
  try {
    const { rows } = await pool.query<PlaceRow>({
      name: 'repeat_check',
      text: `select event_stream.revision as actual, event_stream.sealed, event_log.event_id as id, event_log.position
        from event_store.event_stream
        left join event_store.event_log on event_log.stream = event_stream.name and event_log.revision between $2 and $3
        where event_stream.name = $1
        order by event_log.revision`,
      values,
    });
    return rows;
  } catch (error) {
    throw unknownOutcome(error);
  }
}
