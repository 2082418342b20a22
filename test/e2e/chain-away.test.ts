import { setTimeout as sleep } from 'node:timers/promises';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ledgerAnchorCodeHash } from '../../contracts/generated/ledger-anchor.ts';
import { ChainKeyFiles } from '../../services/chain/adapters/keys/chain-key-files.ts';
import { deployLedgerAnchor } from '../../services/integrity/adapters/chain/deployed-contract.ts';
import { recordDeployedContract } from '../../services/main/embedded/deployed-contract.ts';
import { dataFolderAt } from '../../services/main/embedded/data-folder.ts';
import { startEngines } from '../../services/main/embedded/engines.ts';
import { type Anvil, startAnvil } from '../support/anvil.ts';
import { freshDatabase } from '../support/postgres.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const away = 'http://127.0.0.1:9';

describe('a chain node that is away at the start', () => {
  let anvil: Anvil;
  let proxy: TcpProxy;
  let api: TestService;
  let operator: { authorization: string };

  beforeAll(async () => {
    anvil = await startAnvil();
    const dataFolder = mkdtempSync(join(tmpdir(), 'tallyroot-away-'));
    const keys = new ChainKeyFiles({ folder: join(dataFolder, 'keys', 'chain'), chainId: '31337' });
    const { contract } = (await deployLedgerAnchor(anvil.rpc, keys)).contract;
    proxy = await TcpProxy.start({ host: '127.0.0.1', port: Number(new URL(anvil.url).port) });
    proxy.mode = 'refuse';
    const known = { address: contract, chainId: '31337', codeHash: ledgerAnchorCodeHash };
    api = await startTestService({ dataFolder, chain: { rpcUrl: `http://127.0.0.1:${proxy.port}`, contract: known } });
    operator = { authorization: `Bearer ${api.operatorToken}` };
  });
  afterAll(async () => {
    await api.close();
    await proxy.close();
    await anvil.stop();
  });

  it('keeps nobody from working, is told to the operator, and gets its anchor when it is back', async () => {
    const opened = await api.post('/v1/accounts', { billing: 'postpaid', currency: 'EUR', creditLimit: '100' });
    expect(opened.status).toBe(201);
    const place = await until((places) => places.find(({ chainId, state }) => chainId === '31337' && state === 'retrying'));
    expect(place).toMatchObject({ log: 'demo', message: expect.stringContaining('did not answer'), anchors: [] });
    proxy.mode = 'pass';
    const anchored = await until((places) => {
      void anvil.mine(1);
      return places.find(({ anchors }) => anchors.some(({ state }) => state === 'finalised'));
    });
    expect(anchored).toMatchObject({ log: 'demo', chainId: '31337' });
    expect((await api.get('/v1/anchoring', operator)).body.healthy).toBe(true);
  });

  it('tells what the anchor cost, and refuses a wrong day', async () => {
    const costs = async () => (await api.get('/v1/anchoring/costs', operator)).body.costs as { fee: string }[];
    for (const deadline = Date.now() + 45_000; (await costs()).length === 0 && Date.now() < deadline; await sleep(100)) await anvil.mine(1);
    expect(await costs()).toEqual([
      expect.objectContaining({ log: 'demo', chainId: '31337', transactions: '1', anchors: '1', fee: expect.stringMatching(/^[1-9]/) }),
    ]);
    const past = await api.get('/v1/anchoring/costs?from=2020-01-01&to=2020-12-31', operator);
    expect(past).toMatchObject({ status: 200, body: { costs: [] } });
    expect(await api.get('/v1/anchoring/costs?from=yesterday&until=x', operator)).toMatchObject({
      status: 400,
      body: {
        code: 'query_invalid',
        params: {
          errors: [
            { field: 'from', code: 'parameter_malformed' },
            { field: 'until', code: 'parameter_unknown' },
          ],
        },
      },
    });
  });

  async function until(find: (places: readonly Place[]) => Place | undefined): Promise<Place> {
    for (const deadline = Date.now() + 45_000; Date.now() < deadline; await sleep(100)) {
      const found = find((await api.get('/v1/anchoring', operator)).body.places as Place[]);
      if (found !== undefined) return found;
    }
    throw new Error(`It never came: ${JSON.stringify((await api.get('/v1/anchoring', operator)).body)}`);
  }
});

interface Place {
  readonly chainId?: string;
  readonly state: string;
  readonly alarm?: string;
  readonly anchors: readonly { readonly state: string }[];
}

describe('engines with a remote chain that is away', () => {
  it('are started where its contract is known, with a warning, and refused where it never was there', async () => {
    const database = await freshDatabase({ migrated: false });
    const dataFolder = mkdtempSync(join(tmpdir(), 'tallyroot-engines-'));
    const warnings: string[] = [];
    const settings = { dataFolder, databaseUrl: database.serviceUrl, databaseOwnerUrl: database.ownerUrl, eventStoreUrl: undefined };
    const start = () => startEngines({ ...settings, chain: { kind: 'remote', url: away } }, (text) => warnings.push(text));
    try {
      await expect(start()).rejects.toMatchObject({
        name: 'EngineFault',
        message: expect.stringContaining('CHAIN_RPC_URL does not answer'),
      });
      const contract = { chainId: '1', contract: `0x${'1'.repeat(40)}`, fromBlock: '0', codeHash: ledgerAnchorCodeHash };
      recordDeployedContract(dataFolderAt(dataFolder), contract);
      const engines = await start();
      expect(engines.chainRpcUrl).toBe(away);
      expect(warnings).toEqual([expect.stringContaining('the ledger works without it')]);
      await engines.stop();
    } finally {
      await database.drop();
    }
  });
});
