import { Inject, Injectable } from '@nestjs/common';
import pg, { type Pool } from 'pg';
import type { CommandLog, LoggedCommand } from '../../services/commands/application/command-log.ts';
import { positionOf } from '../sql/checkpoint-position.ts';
import { POOL } from '../../services/read-store/pool.ts';
import { textArray } from '../../services/read-store/array-parameter.ts';
import { commands } from './commands.projection.ts';

/** SQLSTATE of a relation that does not exist. */
const undefinedTable = '42P01';

interface CommandRow {
  readonly command_id: string;
  readonly fingerprint: string;
  readonly stream: string;
  readonly first_revision: bigint;
  readonly last_revision: bigint;
  readonly position: bigint;
}

/** The command log as the write side asks it. It lags behind the log: `position` says how far it has come. */
@Injectable()
export class ProjectedCommandLog implements CommandLog {
  readonly #pool: Pool;

  constructor(@Inject(POOL) pool: Pool) {
    this.#pool = pool;
  }

  /**
   * A command's id is made from its provider, so ids of different providers never meet. At the very first start the tables come moments
   * after the first command: a log that does not exist yet has seen nothing.
   */
  async find(commandIds: readonly string[]): Promise<ReadonlyMap<string, LoggedCommand>> {
    if (commandIds.length === 0) return new Map();
    const rows = await this.#rowsOf(commandIds);
    // The first in the log comes last here and stays.
    return new Map(rows.map((row) => [row.command_id, loggedCommandOf(row)]));
  }

  position(): Promise<bigint> {
    return positionOf(this.#pool, commands);
  }

  async #rowsOf(commandIds: readonly string[]): Promise<readonly CommandRow[]> {
    try {
      const { rows } = await this.#pool.query<CommandRow>({
        name: 'commands_find',
        text: `
          select command_id, fingerprint, stream, first_revision, last_revision, position
            from commands
           where command_id = any($1::text[])
           order by position desc`,
        values: [textArray(commandIds)],
      });
      return rows;
    } catch (error) {
      if (error instanceof pg.DatabaseError && error.code === undefinedTable) return [];
      throw error;
    }
  }
}

function loggedCommandOf({ fingerprint, stream, first_revision, last_revision, position }: CommandRow): LoggedCommand {
  return { fingerprint, stream, firstRevision: first_revision, revision: last_revision, position };
}
