import { Appender } from '../../../services/event-store/adapters/eventstoredb/appender.ts';
import { describeContract } from './contract.ts';
import type { Engine } from './engine.ts';
import { commonAbilities, EventStoreDBClients } from './eventstoredb-clients.ts';

/** The server that somebody named; without one jest.config.js leaves this file out. */
const url = process.env['EVENTSTORE_URL'] as string;

const engine: Engine = {
  name: `eventstoredb-${await versionOf(url)}`,
  abilities: commonAbilities,
  async open(options) {
    const clients = await EventStoreDBClients.start(url, options);
    return { store: clients.store, ...clients.abilities(), close: () => clients.close() };
  },
  close: async () => undefined,
};

describeContract(engine);

async function versionOf(server: string): Promise<string> {
  const gate = { inFlightMax: 1, inFlightBytesMax: 1, queueLengthMax: 0, queueBytesMax: 0, queueMsMax: 0 };
  const appender = new Appender(server, { appendTimeoutMs: 10_000, gate });
  try {
    return (await appender.features()).serverVersion;
  } finally {
    await appender.close();
  }
}
