import { setTimeout as sleep } from 'node:timers/promises';
import { type LogMirror, MirrorFault } from '../../application/log-mirror.ts';

export interface HttpLogMirrorOptions {
  /** Opens payloads. Sent to this server alone: a redirect is not followed. */
  readonly token?: string | undefined;
}

const attemptsMax = 5;
const retryDelayMs = 250;
const timeoutMs = 60_000;

/** A log that is served over HTTP under the names of the log format. */
export class HttpLogMirror implements LogMirror {
  readonly name: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, { token }: HttpLogMirrorOptions = {}) {
    this.name = url.endsWith('/') ? url : `${url}/`;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  async read(path: string, bytesMax: number): Promise<Buffer | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(path, bytesMax);
      } catch (error) {
        if (error instanceof MirrorFault) throw error;
        if (attempt === attemptsMax)
          throw new MirrorFault(`${path} cannot be had from ${this.name}: ${reasonOf(error)}.`, { cause: error });
        await sleep(retryDelayMs * 2 ** (attempt - 1));
      }
    }
  }

  /** Throws `MirrorFault` for an answer that will not get better, anything else for one that may. */
  async #attempt(path: string, bytesMax: number): Promise<Buffer | undefined> {
    const options = { headers: this.#headers, redirect: 'manual', signal: AbortSignal.timeout(timeoutMs) } as const;
    const answer = await fetch(new URL(path, this.name), options);
    if (answer.status === 200) return bodyOf(answer, path, bytesMax);
    await answer.body?.cancel();
    if (answer.status === 404 || answer.status === 410) return undefined;
    if (answer.status === 429 || answer.status >= 500) throw new Error(`it answers ${answer.status}`);
    throw new MirrorFault(
      `${this.name} answers ${answer.status} to ${path}${[401, 403].includes(answer.status) ? ': give a --token' : ''}.`,
    );
  }
}

async function bodyOf(answer: Response, path: string, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bytesMax) throw new MirrorFault(`${path} has more than the ${bytesMax} bytes that it may have.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message || ((cause as NodeJS.ErrnoException).code ?? message) : message;
}
