import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../services/read-store/project-root.ts';
import type { AppendRequest } from '../../services/event-store/domain/event-store.ts';

/** As much of `@event-driven-io/emmett-postgresql` as is measured. */
interface EmmettStore {
  appendToStream(stream: string, events: readonly EmmettEvent[], options: { expectedStreamVersion: bigint | string }): Promise<unknown>;
  readonly schema: { migrate(): Promise<unknown> };
  close(): Promise<void>;
}

interface EmmettEvent {
  readonly type: string;
  readonly data: object;
  readonly metadata: object;
}

export interface Peer {
  readonly append: (request: AppendRequest) => Promise<unknown>;
  close(): Promise<void>;
}

/** Emmett on a database of its own; `npm run bench` has installed it in bench/peers. */
export async function openEmmett(url: string): Promise<Peer> {
  const entry = join(projectRoot(import.meta.dirname), 'bench/peers/node_modules/@event-driven-io/emmett-postgresql/dist/index.js');
  if (!existsSync(entry)) throw new Error('Emmett is not installed; start this by `npm run bench -- event-store`.');
  const emmett = (await import(pathToFileURL(entry).href)) as { getPostgreSQLEventStore(url: string): EmmettStore };
  const store = emmett.getPostgreSQLEventStore(url);
  await store.schema.migrate();
  return { append: (request) => store.appendToStream(...callOf(request)), close: () => store.close() };
}

/** The same bytes, at the same expectation. Emmett counts a stream's events where we name its last revision. */
function callOf({ stream, expected, events }: AppendRequest): Parameters<EmmettStore['appendToStream']> {
  const sent = events.map(({ type, data, metadata = '{}' }) => ({
    type,
    data: JSON.parse(data) as object,
    metadata: JSON.parse(metadata) as object,
  }));
  return [stream, sent, { expectedStreamVersion: expected === 'no_stream' ? 'STREAM_DOES_NOT_EXIST' : expected + 1n }];
}
