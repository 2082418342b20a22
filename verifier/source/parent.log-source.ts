import { type LogSource, UnreadableError } from './log-source.ts';

/** Asks the process that started this one for a file. */
export interface FileRequest {
  readonly kind: 'read';
  readonly id: number;
  /** Key of the log. */
  readonly log: string;
  readonly path: string;
}

/** Its answer: neither bytes nor a problem where there is no such file. */
export interface FileAnswer {
  readonly kind: 'file';
  readonly id: number;
  readonly log: string;
  readonly bytes?: Uint8Array;
  /** Why it cannot be had. */
  readonly problem?: string;
}

interface Waiting {
  readonly bytesMax: number;
  readonly path: string;
  resolve(bytes: Buffer | undefined): void;
  reject(error: Error): void;
}

/** The files of a log that the parent process has at hand, for example in its databases. They are believed no more than any others. */
export class ParentLogSource implements LogSource {
  /** As it stands there now: nobody promises that it goes on. */
  readonly isLive = false;
  readonly hasToken = true;
  /** Key of the log, by which the parent knows it. */
  readonly name: string;
  readonly #send: (request: FileRequest) => void;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(name: string, send: (request: FileRequest) => void) {
    this.name = name;
    this.#send = send;
  }

  read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { bytesMax, path, resolve, reject });
      this.#send({ kind: 'read', id, log: this.name, path });
    });
  }

  answered({ id, bytes, problem }: FileAnswer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting === undefined) return;
    const { bytesMax, path } = waiting;
    if (problem !== undefined) waiting.reject(new UnreadableError(`${path}: ${problem}`));
    else if (bytes !== undefined && bytes.length > bytesMax)
      waiting.reject(new UnreadableError(`${path} has ${bytes.length} bytes; it may have ${bytesMax}.`, { isTooLarge: true }));
    else waiting.resolve(bytes && Buffer.from(bytes));
  }
}
