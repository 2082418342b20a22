import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of the log cannot be had: nothing is proved or disproved by that. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** Where the published files of a log are. */
export interface LogSource {
  /** Live logs are judged by age, files are not. */
  readonly isLive: boolean;
  /** The bytes of a file; undefined when there is none, or when it is not for us. Throws `Unavailable` when that cannot be told. */
  read(path: string): Promise<Buffer | undefined>;
}

/** A log under a URL, or an export folder. */
export function logSource(place: string, token: string | undefined): LogSource {
  return /^https?:\/\//.test(place) ? new UrlSource(place, token) : new FolderSource(place);
}

class FolderSource implements LogSource {
  readonly isLive = false;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async read(path: string): Promise<Buffer | undefined> {
    try {
      return await readFile(join(this.#folder, path));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new Unavailable(`${path} cannot be read (${code ?? 'unknown'}).`);
    }
  }
}

const attemptsMax = 3;
const retryDelayMs = 300;
const patienceMs = 30_000;

class UrlSource implements LogSource {
  readonly isLive = true;
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, token: string | undefined) {
    this.#base = url.endsWith('/') ? url : `${url}/`;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async read(path: string): Promise<Buffer | undefined> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(path);
      if (outcome !== 'retry') return outcome;
      if (attempt === attemptsMax) throw new Unavailable(`${path} could not be fetched.`);
      await new Promise((resolve) => setTimeout(resolve, retryDelayMs * attempt));
    }
  }

  async #attempt(path: string): Promise<Buffer | undefined | 'retry'> {
    try {
      const response = await fetch(this.#base + path, { headers: this.#headers, signal: AbortSignal.timeout(patienceMs) });
      if (response.ok) return Buffer.from(await response.arrayBuffer());
      await response.body?.cancel();
      return response.status >= 500 || response.status === 429 ? 'retry' : undefined;
    } catch {
      return 'retry';
    }
  }
}
