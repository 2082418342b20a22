import type { Json } from '../../event-store/domain/canonical-json.ts';
import type { EventStore, StoredEvent } from '../../event-store/domain/event-store.ts';
import { StreamNotFoundFault } from '../../event-store/domain/faults.ts';
import { ledgerEventOf } from '../../event-store/domain/ledger-event.ts';
import { partsOf, prefixOf } from '../../event-store/domain/stream-name.ts';
import { leafOf } from '../domain/leaf.ts';
import type { LogPolicy } from '../domain/log-policy.ts';
import type { ProviderLog } from './provider-logs.ts';
import { systemStream } from './system-log.ts';

/** The log of a provider as its first genesis describes it, straight from its stream; undefined when there is none. */
export async function readGenesis(store: EventStore, slug: string): Promise<ProviderLog | undefined> {
  const event = await readGenesisEvent(store, slug);
  return event === undefined ? undefined : logOfGenesis(event);
}

/** The first event of the system stream. */
export async function readGenesisEvent(store: EventStore, slug: string): Promise<StoredEvent | undefined> {
  try {
    for await (const event of store.readStream(systemStream(slug), { maxCount: 1 })) return event;
  } catch (error) {
    if (!(error instanceof StreamNotFoundFault)) throw error;
  }
  return undefined;
}

/** The stored genesis of a log that is known; undefined where the store holds something else at its place. */
export async function genesisEventOf(
  store: EventStore,
  { genesisPosition, genesisHash, origin }: ProviderLog,
): Promise<StoredEvent | undefined> {
  const event = await eventAt(store, genesisPosition);
  return event !== undefined && leafOf(origin, event).hash === genesisHash ? event : undefined;
}

export async function eventAt(store: EventStore, position: bigint): Promise<StoredEvent | undefined> {
  for await (const event of store.readAll({ fromPosition: position, maxCount: 1 })) return event.position === position ? event : undefined;
  return undefined;
}

/** What a provider's streams hold from a position on, in order: behind the genesis of the newest incarnation, the leaves of its log. */
export async function* eventsFrom(store: EventStore, slug: string, position: bigint): AsyncGenerator<StoredEvent> {
  for await (const event of store.readAll({ fromPosition: position, filter: { streamPrefixes: [prefixOf(slug)] } }))
    if (event.position >= position) yield event;
}

/** What a stored genesis says, or undefined for an event that is no well-formed genesis at its place. */
export function logOfGenesis(event: StoredEvent): ProviderLog | undefined {
  const slug = slugOfSystemStream(event.stream);
  const policy = policyOf(event);
  if (slug === undefined || policy === undefined || event.revision !== 0n || event.type !== 'LogGenesis/1') return undefined;
  const { origin, vkey } = policy;
  return { slug, origin, genesisHash: leafOf(origin, event).hash, vkey, vkeys: [vkey], policy, genesisPosition: event.position };
}

/** The policy that a genesis or a `LogPolicyChanged/1` holds; undefined for an event that something malformed behind the port. */
export function policyOf(event: StoredEvent): LogPolicy | undefined {
  const fin = ledgerEventOf(event)?.fin as Readonly<Record<string, Json | undefined>> | undefined;
  if (typeof fin?.['origin'] !== 'string' || typeof fin['vkey'] !== 'string' || !Array.isArray(fin['chains'])) return undefined;
  return fin as unknown as LogPolicy;
}

/** The provider whose system stream this is. */
export function slugOfSystemStream(stream: string): string | undefined {
  const parts = partsOf(stream);
  return parts?.kind === 'log' && parts.id === '0' ? parts.slug : undefined;
}
