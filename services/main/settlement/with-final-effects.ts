import { DiscoveredLogs } from '../../integrity/application/discovered-logs.ts';
import { PostgresLogRegistry } from '../../integrity/adapters/postgres/postgres.log-registry.ts';
import { type FinalEffects, StreamFinalEffects } from '../../settlement/application/watching/final-effects.ts';
import { LoggedProviders } from '../../settlement/application/provider-directory.ts';
import { openEventStore } from '../open-event-store.ts';
import type { WatchedPlace } from './settlement-command.ts';

/** Opens the ledger's streams, beside a running service, for as long as they are used. */
export async function withFinalEffects<Result>(
  { pool, engines }: Pick<WatchedPlace, 'pool' | 'engines'>,
  use: (ledger: FinalEffects) => Promise<Result>,
): Promise<Result> {
  const eventStore = await openEventStore(engines);
  const logs = new DiscoveredLogs(eventStore, new PostgresLogRegistry(pool));
  try {
    const providers = new LoggedProviders(logs);
    await logs.start();
    return await use(new StreamFinalEffects(eventStore, providers));
  } finally {
    await logs.stop();
    await eventStore.dispose();
  }
}
