import type { Pool } from 'pg';
import { PostgresApiKeyStore } from '../../access/adapters/postgres/api-key-store.ts';
import { Authenticator } from '../../access/application/authenticator.ts';
import { EntryAccessQuery } from '../../access/application/entry-access-query.ts';
import type { EventStore } from '../../event-store/domain/event-store.ts';
import type { EntryPublicity } from '../../integrity/application/entry-publicity.ts';
import type { PayloadAccess } from '../../integrity/application/payload-access.ts';

/** Keys of a provider and of its auditors open the payloads of its log; a customer's opens none, since they are everybody's. */
export function payloadAccess(pool: Pool): PayloadAccess {
  const authenticator = new Authenticator(new PostgresApiKeyStore(pool));
  const mayRead = async (token: string, slug: string) => {
    const principal = await authenticator.principalOf(token);
    return principal !== undefined && ['provider', 'auditor'].includes(principal.role) && principal.provider === slug;
  };
  return { mayRead };
}

/** A log's entries are public unless its provider has said otherwise. */
export function entryPublicity(eventStore: EventStore): EntryPublicity {
  const query = new EntryAccessQuery(eventStore);
  return { arePublic: async (slug) => (await query.of(slug)) === 'public' };
}
