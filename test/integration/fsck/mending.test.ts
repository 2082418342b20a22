import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { openService } from '../../../services/main/service.ts';
import { verdictOf } from '../../../services/main/fsck/report.ts';
import { CheckedLedger, untilCheckable } from './checked-ledger.ts';

jest.setTimeout(300_000);

let ledger: CheckedLedger;
beforeAll(async () => void (ledger = await CheckedLedger.open(20)));
afterAll(() => ledger.close());

/** Starts the service on the ledger, lets it come to rest and stops it. */
async function startedOnce(): Promise<void> {
  const { api, chain } = ledger;
  const places = { databaseUrl: api.environment['DATABASE_URL'] ?? '', eventStoreUrl: api.eventStoreUrl, dataFolder: api.dataFolder };
  const logger = pino({ level: 'silent' });
  const service = await openService({ ...places, host: '127.0.0.1', port: 0, logger, chain: { rpcUrl: chain.url } });
  const mining = setInterval(() => void chain.provider.send('evm_mine', []).catch(() => undefined), 100);
  await untilCheckable(service, places.databaseUrl);
  clearInterval(mining);
  await service.close();
}

describe('[K15] what docs/guides/operate.md tells to do, with the service stopped', () => {
  it.each([
    [
      'a read model that differs',
      'update journal_v1 set amount = amount + 1 where line = 0',
      [`delete from projection_checkpoint where name = 'books'`, 'drop table journal_v1, account_balances_v1 cascade'],
    ],
    [
      'balances that differ',
      'update integrity_balance set balance = balance + 1',
      ['integrity_balance', 'integrity_turnover', 'integrity_fold'].map((table) => `delete from ${table} where log = 'demo'`),
    ],
    [
      'leaf rows and tiles that differ',
      `update integrity_leaf set entry = replace(entry, '"rev":"', '"rev":"1') where leaf_index = 3`,
      ['integrity_leaf', 'integrity_tile', 'integrity_tree'].map((table) => `delete from ${table} where log = 'demo'`),
    ],
    [
      'what is remembered of the logs',
      `update integrity_log set vkeys = vkeys || ' more'`,
      ['delete from integrity_log', 'delete from integrity_discovery'],
    ],
  ])('%s: mends it', async (_, damage, mending) => {
    await ledger.owner.query(damage);
    expect(verdictOf(await ledger.check())).toBe('different');
    for (const statement of mending) await ledger.owner.query(statement);
    await startedOnce();
    const reports = await ledger.check();
    expect(reports.filter(({ result }) => result !== 'ok')).toEqual([]);
  });
});
