import pg from 'pg';

export interface RowsToCopy {
  readonly table: string;
  /** Names of columns, in the order of the values. */
  readonly columns: string;
  /** One line a row: values in their text form, made safe by `copyText`, with tabs between them and a line feed behind the last. */
  readonly rows: string;
}

/** Adds rows by COPY, which costs both sides less than any insert. All or nothing, and in turn with the client's other statements. */
export function copyRows(client: pg.ClientBase, { table, columns, rows }: RowsToCopy): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined) => (error ? reject(error) : resolve());
    client.query(new CopyQuery(`copy ${table} (${columns}) from stdin`, Buffer.from(rows), done));
  });
}

const special = /[\\\t\n\r]/;
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** A value that may hold anything, as COPY reads it. */
export function copyText(value: string): string {
  return special.test(value) ? value.replaceAll(/[\\\t\n\r]/g, (character) => escapes[character] as string) : value;
}

/** What the driver's connection does for COPY; its types say nothing of it. */
interface CopyConnection {
  readonly stream: { cork(): void; uncork(): void };
  query(text: string): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
}

/**
 * The rows leave together with their statement. To wait for the server's word first, as streams for COPY do, would make the server wait
 * in its turn while this process is busy. One that refuses the statement passes over the rows (protocol, "COPY Operations").
 */
class CopyQuery extends pg.Query {
  /** The server asks for the rows, which are under way. */
  readonly handleCopyInResponse = () => undefined;

  constructor(text: string, rows: Buffer, done: (error: Error | undefined) => void) {
    super({ text }, undefined, done);
    this.submit = (driver) => {
      const connection = driver as unknown as CopyConnection;
      connection.stream.cork();
      connection.query(text);
      connection.sendCopyFromChunk(rows);
      connection.endCopyFrom();
      connection.stream.uncork();
    };
  }
}
