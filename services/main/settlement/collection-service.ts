import { readFile } from 'node:fs/promises';
import { EngineFault } from '../embedded/engine-fault.ts';
import { SettingsFault } from '../settings-fault.ts';

/** What a service says to a collection. `refused`: it will not; `unanswered`: it cannot tell now, as while a chain is away. */
export type CollectionAnswer = { readonly kind: 'ordered' } | { readonly kind: 'refused' | 'unanswered'; readonly code: string };

export interface CollectionService {
  /** Throws `EngineFault` where nobody answers, and where the key is not taken: then nothing else is answered either. */
  collect(asked: { readonly invoice: string; readonly mandate: string }): Promise<CollectionAnswer>;
}

const hourMs = 3_600_000;

/** A running service, asked over HTTP with the key in that file. */
export async function collectionService(url: string, keyFile: string, now: Date): Promise<CollectionService> {
  const key = await readFile(keyFile, 'utf8').catch(() => {
    throw new SettingsFault(`${keyFile} cannot be read: --key-file names the file of an API key of the provider.`);
  });
  const hour = Math.floor(now.getTime() / hourMs);
  return {
    collect: async ({ invoice, mandate }) => {
      const headers = {
        ...{ authorization: `Bearer ${key.trim()}`, 'content-type': 'application/json' },
        // A quote is good for minutes: what is asked for again within the hour is the same, and what failed is asked anew in the next one.
        'idempotency-key': `collect-due:${invoice}:${mandate}:${hour}`,
      };
      const asked = { method: 'POST', headers, body: JSON.stringify({ mandate }) };
      const response = await fetch(`${url}/v1/invoices/${invoice}/collections`, asked).catch((error: unknown) => {
        throw new EngineFault(`The service does not answer at ${url}: ${(error as Error).message}.`);
      });
      const { status } = response;
      // Read in any case, so that the connection is free for what comes next.
      const { code } = ((await response.json().catch(() => undefined)) ?? {}) as { readonly code?: string };
      if (response.ok) return { kind: 'ordered' };
      if (status === 401 || status === 403)
        throw new EngineFault(`The service at ${url} answers ${status}${code === undefined ? '' : ` (${code})`}.`);
      const isUnanswered = code === undefined || status >= 500 || status === 429;
      return { kind: isUnanswered ? 'unanswered' : 'refused', code: code ?? status.toString() };
    },
  };
}
