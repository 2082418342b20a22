import { isUnanswered, ServiceDoor } from './service-door.ts';

/** What a service says to a collection. `refused`: it will not; `unanswered`: it cannot tell now, as while a chain is away. */
export type CollectionAnswer = { readonly kind: 'ordered' } | { readonly kind: 'refused' | 'unanswered'; readonly code: string };

export interface CollectionService {
  /** Throws `EngineFault` where nobody answers, and where the key is not taken: then nothing else is answered either. */
  collect(asked: { readonly invoice: string; readonly mandate: string }): Promise<CollectionAnswer>;
}

const hourMs = 3_600_000;

/** A running service, asked over HTTP with the key in that file. */
export async function collectionService(url: string, keyFile: string, now: Date): Promise<CollectionService> {
  const door = await ServiceDoor.open(url, keyFile);
  const hour = Math.floor(now.getTime() / hourMs);
  return {
    collect: async ({ invoice, mandate }) => {
      const answer = await door.post({
        path: `/v1/invoices/${invoice}/collections`,
        // A quote is good for minutes: what is asked for again within the hour is the same, and what failed is asked anew in the next one.
        idempotencyKey: `collect-due:${invoice}:${mandate}:${hour}`,
        body: { mandate },
      });
      if (answer.isAccepted) return { kind: 'ordered' };
      return { kind: isUnanswered(answer) ? 'unanswered' : 'refused', code: answer.code ?? answer.status.toString() };
    },
  };
}
