import { closeSync, fdatasync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { WireRecord } from './wire-event.ts';

interface Line {
  readonly id: string;
  readonly type: string;
  readonly json: boolean;
  readonly data: string;
  readonly metadata: string;
  readonly stream: string;
  readonly revision: string;
  readonly position: string;
  readonly created: number;
}

/**
 * The log as a file, one JSON line per commit. A commit is written before anybody sees it, so that killing the process loses nothing
 * that was seen; an append is answered after the file is synchronised, many appends by one call.
 */
export class LogFile {
  readonly #descriptor: number;
  #waiting: (() => void)[] = [];
  #synchronising = false;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Opens or makes the file. What a crash cut off in the middle of a line was never answered and goes away. */
  static open(path: string): { file: LogFile; records: WireRecord[] } {
    const descriptor = openSync(path, 'a+');
    const bytes = readFileSync(path);
    const whole = bytes.lastIndexOf(0x0a) + 1;
    if (whole < bytes.length) ftruncateSync(descriptor, whole);
    const lines = bytes.subarray(0, whole).toString().split('\n').slice(0, -1);
    return { file: new LogFile(descriptor), records: lines.flatMap((line) => (JSON.parse(line) as Line[]).map(recordOf)) };
  }

  write(records: readonly WireRecord[]): void {
    writeSync(this.#descriptor, `${JSON.stringify(records.map(lineOf))}\n`);
  }

  /** Sets the file back to these records. */
  replace(records: readonly WireRecord[]): void {
    ftruncateSync(this.#descriptor, 0);
    for (const record of records) this.write([record]);
  }

  /** Resolves when all that was written before the call is durable. */
  durable(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (!this.#synchronising) this.#synchronise();
    });
  }

  /** What still waits is told that it is durable, which it is. */
  async close(): Promise<void> {
    if (this.#synchronising) await this.durable();
    closeSync(this.#descriptor);
  }

  #synchronise(): void {
    const served = this.#waiting;
    this.#waiting = [];
    this.#synchronising = served.length > 0;
    if (!this.#synchronising) return;
    fdatasync(this.#descriptor, (error) => {
      if (error !== null) throw error;
      for (const resolve of served) resolve();
      this.#synchronise();
    });
  }
}

function lineOf({ id, type, isJson, data, metadata, stream, revision, position, createdAtMs }: WireRecord): Line {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const numbers = { revision: String(revision), position: String(position), created: createdAtMs };
  return { id, type, json: isJson, data: text(data), metadata: text(metadata), stream, ...numbers };
}

function recordOf({ id, type, json, data, metadata, stream, revision, position, created }: Line): WireRecord {
  const bytes = (text: string) => Buffer.from(text, 'base64');
  const numbers = { revision: BigInt(revision), position: BigInt(position), createdAtMs: created };
  return new WireRecord({ id, type, isJson: json, data: bytes(data), metadata: bytes(metadata) }, { stream, ...numbers });
}
