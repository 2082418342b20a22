import type pg from 'pg';
import type { FlushRow } from './append-queue.ts';
import { int4Array, int8Array, textArray, uuidArray } from '../../../read-store/array-parameter.ts';

/** What became of one row of a flush. */
export interface RowOutcome {
  readonly outcome: 'ok' | 'conflict' | 'deleted';
  /** Of the stream: after the row when it was written, else as it is. -1 for a stream without events. */
  readonly revision: bigint;
  /** Of the row's last event; null unless it was written. */
  readonly position: bigint | null;
}

type ResultRow = [command: bigint, outcome: RowOutcome['outcome'], revision: bigint, position: bigint | null];

/** Writes the rows in one transaction, durable when it resolves. Answers one outcome per row, in their order. */
export async function appendEvents(client: pg.ClientBase, rows: readonly FlushRow[]): Promise<RowOutcome[]> {
  const { rows: results } = await client.query<ResultRow>({
    name: 'append_events',
    text: 'select command, outcome, revision, position_last from event_store.append_events($1, $2, $3, $4, $5, $6, $7)',
    values: parametersOf(rows),
    rowMode: 'array',
  });
  const outcomes = new Array<RowOutcome>(rows.length);
  for (const [command, outcome, revision, position] of results) outcomes[Number(command) - 1] = { outcome, revision, position };
  return outcomes;
}

function parametersOf(rows: readonly FlushRow[]): Buffer[] {
  const commands: number[] = [];
  const ids: string[] = [];
  const types: string[] = [];
  const data: string[] = [];
  const metadata: (string | undefined)[] = [];
  rows.forEach(({ members }, index) => {
    for (const { request } of members) {
      for (const event of request.events) {
        commands.push(index + 1);
        ids.push(event.id);
        types.push(event.type);
        data.push(event.data);
        metadata.push(event.metadata);
      }
    }
  });
  const streams = textArray(rows.map(({ stream }) => stream));
  const expectations = int8Array(rows.map(({ expected }) => expected));
  return [streams, expectations, int4Array(commands), uuidArray(ids), textArray(types), textArray(data), textArray(metadata)];
}
