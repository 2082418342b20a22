import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, type Json } from '../../services/event-store/domain/canonical-json.ts';
import type { StoredEvent } from '../../services/event-store/domain/event-store.ts';

export const goldenFolder = join(import.meta.dirname, '..', 'vectors', 'events');

/** An event as a release of the product stored it, with the leaf that it has for ever. */
export interface GoldenEvent {
  readonly file: string;
  readonly origin: string;
  readonly leafHash: string;
  readonly stored: StoredEvent;
}

interface GoldenFile {
  readonly origin: string;
  readonly type: string;
  readonly events: readonly {
    /** Where the stream is of another log than most of the file. */
    readonly origin?: string;
    readonly stream: string;
    readonly revision: string;
    readonly id: string;
    readonly data: Json;
    readonly metadata: Json;
    readonly leafHash: string;
  }[];
}

/** The file that belongs to a type, for example `ChargePosted-1.json`. */
export function goldenFileOf(type: string): string {
  return `${type.replace('/', '-')}.json`;
}

export function goldenFiles(): string[] {
  return readdirSync(goldenFolder).filter((name) => name.endsWith('.json'));
}

/** Every golden event. They are whole streams of one provider, told apart by type. */
export function goldenEvents(): GoldenEvent[] {
  return goldenFiles().flatMap((file) => {
    const { origin: common, type, events } = JSON.parse(readFileSync(join(goldenFolder, file), 'utf8')) as GoldenFile;
    return events.map(({ origin = common, stream, revision, id, data, metadata, leafHash }) => {
      const text = { data: canonicalJson(data), metadata: canonicalJson(metadata) };
      const stored = { id, stream, revision: BigInt(revision), position: 1n, type, ...text, createdAt: new Date(0) };
      return { file, origin, leafHash, stored };
    });
  });
}

/** The golden events of each stream, in order. */
export function goldenStreams(): Map<string, GoldenEvent[]> {
  const events = goldenEvents().sort((left, right) => Number(left.stored.revision - right.stored.revision));
  return Map.groupBy(events, ({ stored }) => stored.stream);
}
