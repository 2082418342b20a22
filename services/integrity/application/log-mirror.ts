/** A copy of the published files of a log: an export, or whoever serves one. Nothing that comes from there is believed before it is checked. */
export interface LogMirror {
  /** For messages. */
  readonly name: string;
  /**
   * A file by its name in the log format, for example `tile/0/000`; undefined where there is none. Throws `MirrorFault` for one that cannot be
   * had, or that has more than `bytesMax`.
   */
  read(path: string, bytesMax: number): Promise<Buffer | undefined>;
}

/** The mirror cannot be read, or is not what it should be. The message says what to do. */
export class MirrorFault extends Error {
  override readonly name = 'MirrorFault';
  readonly retryable = false;
}
