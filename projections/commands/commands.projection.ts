import type { PoolClient } from 'pg';
import type { LedgerEvent } from '../../services/event-store/domain/ledger-event.ts';
import type { Projection } from '../../services/read-store/projection.ts';
import { int8Array, textArray } from '../../services/read-store/array-parameter.ts';
import { schemaFile } from '../sql/schema-file.ts';

/** Every command that wrote an event, by its id. */
export const commands: Projection = {
  name: 'commands',
  version: 1,
  schema: schemaFile('commands'),
  tables: ['commands_v1'],
  project,
};

interface CommandRow {
  readonly commandId: string;
  readonly provider: string;
  readonly fingerprint: string;
  readonly stream: string;
  readonly firstRevision: bigint;
  lastRevision: bigint;
  position: bigint;
}

/**
 * The events of one command are adjacent in the log; a batch may end between them. Two commands that raced with one key on two targets
 * were both written: the key belongs to the first.
 */
async function project(events: Iterable<LedgerEvent>, client: PoolClient): Promise<void> {
  const rows = [...commandsOf(events).values()];
  if (rows.length === 0) return;
  await client.query({
    name: 'commands_note',
    text: `
      insert into commands_v1 as kept (command_id, provider, fingerprint, stream, first_revision, last_revision, position)
      select *
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[])
      on conflict (command_id, provider) do update
        set last_revision = excluded.last_revision,
            position = excluded.position
        where kept.stream = excluded.stream and kept.last_revision + 1 = excluded.first_revision`,
    values: [
      textArray(rows.map(({ commandId }) => commandId)),
      textArray(rows.map(({ provider }) => provider)),
      textArray(rows.map(({ fingerprint }) => fingerprint)),
      textArray(rows.map(({ stream }) => stream)),
      int8Array(rows.map(({ firstRevision }) => firstRevision)),
      int8Array(rows.map(({ lastRevision }) => lastRevision)),
      int8Array(rows.map(({ position }) => position)),
    ],
  });
}

function commandsOf(events: Iterable<LedgerEvent>): Map<string, CommandRow> {
  const rows = new Map<string, CommandRow>();
  for (const { provider, stream, revision, position, body } of events) {
    const { command: commandId, fingerprint } = body;
    const key = `${provider}\n${commandId}`;
    const row = rows.get(key);
    if (row === undefined) {
      rows.set(key, { commandId, provider, fingerprint, stream, firstRevision: revision, lastRevision: revision, position });
    } else if (row.stream === stream && row.lastRevision + 1n === revision) {
      row.lastRevision = revision;
      row.position = position;
    }
  }
  return rows;
}
