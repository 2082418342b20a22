import { type LogSource, UnreadableError } from '../../verifier/source/log-source.ts';
import type { LogFolder } from './log-builder.ts';

/** A log held in memory, which can refuse a file, as a server can. */
export class MemoryLogSource implements LogSource {
  readonly name = 'memory';
  readonly isLive: boolean;
  readonly #files: LogFolder;
  readonly #refused: ReadonlySet<string>;
  /** Files that were asked for. */
  readonly asked: string[] = [];

  constructor(files: LogFolder, { isLive = false, refused = [] }: { isLive?: boolean; refused?: readonly string[] } = {}) {
    this.#files = files;
    this.isLive = isLive;
    this.#refused = new Set(refused);
  }

  async read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    this.asked.push(path);
    if ([...this.#refused].some((prefix) => path.startsWith(prefix))) throw new UnreadableError(`${path} is refused`, { isRefused: true });
    const bytes = this.#files.get(path);
    if (bytes !== undefined && bytes.length > bytesMax) throw new UnreadableError(`${path} is too large`, { isTooLarge: true });
    // A copy: whoever reads it may write into it.
    return bytes && Buffer.from(bytes);
  }
}
