import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ledgerAnchorCodeHash } from '../../contracts/generated/ledger-anchor.ts';
import { logActions } from '../../services/main/chain/log-actions.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';
import { startTestService, type TestService } from '../support/service.ts';

const contract = `0x${'c'.repeat(40)}`;

let database: TestDatabase;
let api: TestService;
let environment: Record<string, string>;
let dataFolder: string;

beforeAll(async () => {
  database = await freshDatabase();
  dataFolder = mkdtempSync(join(tmpdir(), 'tallyroot-chains-'));
  api = await startTestService({ databaseUrl: database.serviceUrl, dataFolder });
  const file = join(dataFolder, 'chains.json');
  // Nobody answers there: what a log lists does not depend on it.
  writeFileSync(file, JSON.stringify([{ rpcUrl: 'http://127.0.0.1:9', chainId: '1', contract, fromBlock: '7', everySeconds: 86_400 }]));
  environment = {
    ...{ DATABASE_URL: database.serviceUrl, DATABASE_OWNER_URL: database.ownerUrl, ANCHOR_CHAINS: file },
    ...(api.eventStoreUrl !== undefined && { EVENTSTORE_URL: api.eventStoreUrl }),
  };
});

afterAll(async () => {
  await api.close();
  await database.drop();
});

/** `bin/tallyroot chain <action>` beside the running service. */
async function chain(action: string, ...args: string[]): Promise<string> {
  return (await logActions[action]!(['--data', dataFolder, ...args], environment)).join('\n');
}

describe('bin/tallyroot chain, on the logs of a ledger', () => {
  it('shows what an admin needs to register a log, also while the chain is away', async () => {
    const shown = await chain('logs');
    expect(shown).toMatch(/^demo {2}log id 0x[0-9a-f]{64}$/m);
    expect(shown).toMatch(new RegExp(`chain 1 {2}contract ${contract} {2}our publisher 0x[0-9a-fA-F]{40} {2}not listed; .*did not answer`));
  });

  it('lists a chain in a log that stands, once, and takes it back', async () => {
    expect(await chain('list', '--provider', 'demo')).toBe(`From now on demo lists these chains.\n  chain 1  contract ${contract}`);
    expect(await chain('list', '--provider', 'demo')).toMatch(/^Nothing to do: demo lists these chains/);
    expect(await policies()).toEqual([
      { chains: [{ chainId: '1', contract, fromBlock: '7', codeHash: ledgerAnchorCodeHash, heartbeatSeconds: '172800' }] },
    ]);
    expect(await chain('logs')).toMatch(/ {2}listed; /);
    expect(await chain('unlist', '--provider', 'demo', '--contract', contract)).toBe('From now on demo lists no chain.');
    expect((await policies()).at(-1)).toEqual({ chains: [] });
    await expect(chain('unlist', '--provider', 'demo', '--contract', contract)).rejects.toThrow(
      '--contract takes an address that demo lists',
    );
    await expect(chain('list', '--provider', 'nobody')).rejects.toThrow('--provider takes one of demo');
  });

  /** What the log's changes of policy say of its chains, in order. */
  async function policies(): Promise<unknown[]> {
    const found: unknown[] = [];
    for await (const { type, data } of api.service.eventStore.readStream('demo.log-0'))
      if (type === 'LogPolicyChanged/1') found.push({ chains: (JSON.parse(data) as { fin: { chains: unknown } }).fin.chains });
    return found;
  }
});
