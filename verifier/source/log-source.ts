/** Where the files of a log come from. Nothing that comes from there is believed: it is checked, or it is missing. */
export interface LogSource {
  /** A log that goes on, or a copy that was taken at some time. */
  readonly isLive: boolean;
  /** For people. */
  readonly name: string;
  /** What opens payloads was given. */
  readonly hasToken?: boolean;
  /**
   * The bytes of a file of the log, for example `tile/0/000`, which are the reader's from then on; undefined where there is none. Throws `UnreadableError` for a file that may be
   * there but cannot be had: the network failed, access was refused, or it is larger than `bytesMax`.
   */
  read(path: string, bytesMax: number): Promise<Buffer | undefined>;
}

/** Withheld or out of reach: never a reason to call a log right or wrong. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
  /** The source answered, and would not give it to us. */
  readonly isRefused: boolean;

  /** It is larger than the reader was ready for. */
  readonly isTooLarge: boolean;

  constructor(
    message: string,
    { isRefused = false, isTooLarge = false }: { readonly isRefused?: boolean; readonly isTooLarge?: boolean } = {},
  ) {
    super(message);
    this.isRefused = isRefused;
    this.isTooLarge = isTooLarge;
  }
}
