import { readFile } from 'node:fs/promises';
import { EngineFault } from '../embedded/engine-fault.ts';
import { SettingsFault } from '../settings-fault.ts';

export interface DoorAnswer {
  readonly isAccepted: boolean;
  readonly status: number;
  /** Of the problem; undefined where there is none, or the answer is not the service's. */
  readonly code: string | undefined;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Asking {
  readonly path: string;
  readonly idempotencyKey: string;
  readonly body: object;
}

/** A running service, asked over HTTP with an API key of the provider. */
export class ServiceDoor {
  readonly #url: string;
  readonly #key: string;

  private constructor(url: string, key: string) {
    [this.#url, this.#key] = [url, key];
  }

  static async open(url: string, keyFile: string): Promise<ServiceDoor> {
    const key = await readFile(keyFile, 'utf8').catch(() => {
      throw new SettingsFault(`${keyFile} cannot be read: --key-file names the file of an API key of the provider.`);
    });
    return new ServiceDoor(url, key.trim());
  }

  /** Throws `EngineFault` where nobody answers, and where the key is not taken: then nothing else is answered either. */
  async post({ path, idempotencyKey, body }: Asking): Promise<DoorAnswer> {
    const headers = {
      ...{ authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      'idempotency-key': idempotencyKey,
    };
    const asked = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(`${this.#url}${path}`, asked).catch((error: unknown) => {
      throw new EngineFault(`The service does not answer at ${this.#url}: ${(error as Error).message}.`);
    });
    const { status } = response;
    // Read in any case, so that the connection is free for what comes next.
    const { code, params = {} } = ((await response.json().catch(() => undefined)) ?? {}) as Partial<DoorAnswer>;
    if (status === 401 || status === 403)
      throw new EngineFault(`The service at ${this.#url} answers ${status}${code === undefined ? '' : ` (${code})`}.`);
    return { isAccepted: response.ok, status, code, params };
  }
}

/** Whether the service cannot tell now: then the same is to be asked again. */
export function isUnanswered({ status, code }: DoorAnswer): boolean {
  return code === undefined || status >= 500 || status === 429;
}
