import { BACKWARDS, END, jsonEvent, NO_STREAM, type RecordedEvent } from '@eventstore/db-client';
import { type Client, closeClient, openClient } from './client.ts';
import { ClientReads } from './client-reads.ts';
import { isAccessDenied, isStreamNotFound, readFailure } from './eventstoredb-failure.ts';

/** One of the server's own by its name, so that no reader of the log meets it. The id of its last event is the id of the store. */
const stream = '$tallyroot-store';

/**
 * The id that an operator gave the store; undefined for one that never got any. A server that is set back to an older copy keeps the id of
 * its first record, and hands out again the positions that it has lost.
 */
export async function givenStoreId(client: Client, reads: ClientReads): Promise<string | undefined> {
  return (await lastNaming(client, reads))?.id;
}

/** Gives the store another id, so that no checkpoint that was taken before serves it any more. */
export async function giveStoreId(url: string): Promise<void> {
  const client = openClient(url, 'tallyroot store id');
  try {
    const last = await lastNaming(client, new ClientReads());
    const named = jsonEvent({ type: '$tallyroot-store-named', data: {} });
    await client.appendToStream(stream, named, { expectedRevision: last?.revision ?? NO_STREAM, requiresLeader: true });
  } finally {
    await closeClient(client);
  }
}

async function lastNaming(client: Client, reads: ClientReads): Promise<RecordedEvent | undefined> {
  const last = { direction: BACKWARDS, fromRevision: END, maxCount: 1, requiresLeader: true } as const;
  try {
    for await (const event of reads.recordsOf<RecordedEvent>(() => client.readStream(stream, last))) return event;
    return undefined;
  } catch (error) {
    if (isStreamNotFound(error) || isAccessDenied(error)) return undefined;
    throw readFailure(error);
  }
}
