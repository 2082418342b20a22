import { sleep } from '#platform';
import { readBody } from './http-body.ts';
import { type LogSource, UnreadableError } from './log-source.ts';

export interface HttpLogOptions {
  /** Opens payloads, and entries where they are not public. Sent to the log alone: a redirect is not followed. */
  readonly token?: string | undefined;
  readonly timeoutMs?: number;
}

const attemptsMax = 4;
const retryDelayMs = 250;
const timeoutMsDefault = 30_000;

/** A log that is served over HTTP, by its operator or by a mirror. */
export class HttpLogSource implements LogSource {
  readonly isLive = true;
  readonly name: string;
  readonly hasToken: boolean;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;

  constructor(url: string, { token, timeoutMs = timeoutMsDefault }: HttpLogOptions) {
    this.name = url.endsWith('/') ? url : `${url}/`;
    this.hasToken = token !== undefined;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    this.#timeoutMs = timeoutMs;
  }

  async read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(path, bytesMax);
      } catch (error) {
        const isFinal = error instanceof UnreadableError || attempt === attemptsMax;
        if (isFinal) throw error instanceof UnreadableError ? error : new UnreadableError(`${path}: ${reasonOf(error)}`);
        await sleep(retryDelayMs * 2 ** (attempt - 1));
      }
    }
  }

  /** Throws `UnreadableError` for an answer that will not get better, anything else for one that may. */
  async #attempt(path: string, bytesMax: number): Promise<Buffer | undefined> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const answer = await fetch(new URL(path, this.name), { headers: this.#headers, redirect: 'manual', signal });
    if (answer.status === 200) return bodyOf(answer, path, bytesMax);
    await answer.body?.cancel();
    if (answer.status === 404 || answer.status === 410) return undefined;
    if (answer.status === 429 || answer.status >= 500) throw new Error(`the log answers ${answer.status}`);
    const isRefused = answer.status === 401 || answer.status === 403;
    throw new UnreadableError(`${path}: the log answers ${answer.status}${isRefused ? ' (give a --token)' : ''}`, { isRefused });
  }
}

async function bodyOf(answer: Response, path: string, bytesMax: number): Promise<Buffer> {
  const body = await readBody(answer, bytesMax);
  if (body === undefined) throw new UnreadableError(`${path} has more than the ${bytesMax} bytes that it may have.`, { isTooLarge: true });
  return body;
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || ((cause as NodeJS.ErrnoException).code ?? message) : message;
}
