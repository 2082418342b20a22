import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { readGenesis } from '../../../services/integrity/application/genesis.ts';
import type { ProviderLog } from '../../../services/integrity/application/provider-logs.ts';
import { sealEvent, zeroHash } from '../../../services/integrity/domain/leaf.ts';
import type { PartReport } from '../../../services/main/fsck/part.ts';
import { verdictOf } from '../../../services/main/fsck/report.ts';
import { everythingIn } from '../../support/everything-in.ts';
import type { StoredFields } from '../../support/intruder.ts';
import { insertBehindPort } from '../integrity/log-fixture.ts';
import { type Changed, withChangedRows } from './changed-rows.ts';
import { CheckedLedger } from './checked-ledger.ts';
import { logChanges } from './log-changes.ts';
import { readModelChanges } from './read-model-changes.ts';

jest.setTimeout(300_000);

let ledger: CheckedLedger;
beforeAll(async () => void (ledger = await CheckedLedger.open()));
afterAll(() => ledger.close());

/** The parts that differ, with the place of each first difference. */
function differencesIn(reports: readonly PartReport[]) {
  return reports.flatMap(({ part, difference }) =>
    difference === undefined ? [] : [{ part, at: difference.at, message: difference.message }],
  );
}

const charge = `stream = 'demo.account-' || (select min(account) from accounts_v1 where billing = 'postpaid')`;
const leafOfCharge = `log = 'demo' and ${charge} and revision = 7`;

describe('fsck', () => {
  it('finds nothing in a ledger that nobody touched', async () => {
    const reports = await ledger.check();
    expect(reports.filter(({ result }) => result !== 'ok')).toEqual([]);
    expect(verdictOf(reports)).toBe('ok');
    expect(reports.map(({ part }) => part)).toEqual([
      ...['logs', 'leaves', 'tiles', 'heads', 'rounds', 'anchors', 'balances'],
      ...['V1 anchors on the chain', 'V2 signed tree head', 'V3 tree', 'V4 entries', 'V5 streams', 'V6 time', 'V7 payloads', 'V8 balances'],
      ...[
        'chain 31337',
        'books',
        'accounts',
        'commands',
        'entitlements',
        'invoices',
        'settlements',
        'statements',
        'settlement-dispatches',
        'prepaid-credit',
        'credit-holdings',
        'mandates',
      ],
    ]);
  });
});

describe('[E1] an event that was changed where it lies', () => {
  const forgeries: readonly [string, (event: StoredFields) => Partial<StoredFields>][] = [
    ['data', ({ data }) => ({ data: data.replace('"amount":"1.00"', '"amount":"2.00"') })],
    ['metadata', ({ metadata }) => ({ metadata: metadata.replace('"type":"api_key"', '"type":"api_kez"') })],
    ['type', () => ({ type: 'ChargePosted/2' })],
    ['id', ({ id }) => ({ id: id.replace(/\d/g, (digit) => String((Number(digit) + 1) % 10)) })],
    ['stream', ({ stream }) => ({ stream: `${stream}x` })],
    ['rev', ({ revision }) => ({ revision: revision + 1000n })],
  ];
  it.each(forgeries)('in its %s is named by position, leaf, stream and revision', async (field, forgery) => {
    const { position, leaf } = await ledger.one<{ position: bigint; leaf: bigint }>(
      `select store_position as position, leaf_index as leaf from integrity_leaf where ${leafOfCharge}`,
    );
    const undo = await ledger.intruder.forge(position, forgery);
    const reports = await ledger.check().finally(undo);
    expect(verdictOf(reports)).toBe('different');
    expect(differencesIn(reports)[0]).toMatchObject({
      part: 'leaves',
      at: { position: `${position}`, leaf: `${leaf}` },
      message: expect.stringContaining(field),
    });
  });
});

async function expectNamed({ differs, ...rows }: Changed): Promise<void> {
  const reports = await withChangedRows(ledger.owner, rows, () => ledger.check());
  const found = differencesIn(reports);
  expect(verdictOf(reports)).toBe('different');
  differs.forEach(([part, at], place) => expect(found[place]).toMatchObject({ part, at }));
}

describe('[E1] a row of the log that was changed', () => {
  it.each(logChanges.map((change): [string, Changed] => [change.name, change]))('%s: is named', (_, change) => expectNamed(change));
});

describe('[H8] a row of a read model that was changed', () => {
  it.each(readModelChanges.map((change): [string, Changed] => [change.name, change]))('%s: is named', (_, change) => expectNamed(change));
});

describe('[K15] events that are missing, or that nobody made a leaf of', () => {
  it.each([
    ['in the middle', `revision = 7`],
    ['at the end of a stream', `revision = (select max(revision) from integrity_leaf where log = 'demo' and ${charge})`],
  ])('%s: a lost event is named by the leaf that remembers it', async (_, which) => {
    const place = await ledger.one<{ position: bigint; leaf: bigint }>(
      `select store_position as position, leaf_index as leaf from integrity_leaf where log = 'demo' and ${charge} and ${which}`,
    );
    const reports = await withoutEvent(place.position, () => ledger.check());
    expect(differencesIn(reports)[0]).toMatchObject({
      part: 'leaves',
      at: { leaf: `${place.leaf}`, position: `${place.position}` },
      message: 'the event of a leaf is missing in the event store',
    });
    expect(verdictOf(reports)).toBe('different');
  });

  it('are figures behind the edge of the tree, and a difference before it', async () => {
    await ledger.intruder.append({ stream: 'demo.account-behind', type: 'Hacked', data: { n: 1 } });
    const behind = await ledger.check();
    expect([verdictOf(behind), differencesIn(behind)]).toEqual(['ok', []]);
    expect(behind.find(({ part }) => part === 'leaves')?.figures).toMatchObject({ 'events behind the tree': 1 });
    const { position } = await ledger.store.head();
    const rows = {
      table: 'integrity_tree',
      where: `log = 'demo'`,
      change: `update integrity_tree set position = ${position} where log = 'demo'`,
    };
    const reports = await withChangedRows(ledger.owner, rows, () => ledger.check());
    expect(differencesIn(reports)).toEqual([
      {
        part: 'leaves',
        at: expect.objectContaining({ position: `${position}`, stream: 'demo.account-behind' }),
        message: expect.stringContaining('has no leaf'),
      },
    ]);
  });
});

describe('[H8] a read model whose tables are not those of this release', () => {
  it.each([
    ['a table is missing', 'alter table entitlements_v1 rename to away', 'alter table away rename to entitlements_v1'],
    ['a table has other columns', 'alter table entitlements_v1 add extra text', 'alter table entitlements_v1 drop extra'],
  ])('%s', async (message, change, undo) => {
    await ledger.owner.query(change);
    const reports = await ledger.check().finally(() => ledger.owner.query(undo));
    expect(differencesIn(reports)).toEqual([{ part: 'entitlements', at: { table: 'entitlements_v1' }, message }]);
  });
});

describe('[H8] an event that no read model can apply', () => {
  it('is only behind while they have stopped before it, and is named where one has passed it', async () => {
    const [account, id] = ['acc_00000000-0000-5000-8000-000000000001', randomUUID()];
    const place = { stream: `demo.account-${account}`, revision: 0n, id, type: 'ChargePosted/1' };
    const postings = [{ account: 'asset:own', amount: '1.00', currency: 'EUR', direction: 'debit' }];
    const { origin } = (await readGenesis(ledger.store, 'demo')) as ProviderLog;
    const salts = { payloadSalt: zeroHash, metadataSalt: zeroHash };
    const body = { actor: { id: 'somebody', type: 'process' }, command: id, correlation: id, fingerprint: id };
    const sealed = sealEvent({ origin, ...place, ...salts, fin: { postings }, body, at: '2026-01-02T03:04:05.678Z', previous: zeroHash });
    const { data, metadata } = sealed;
    await insertBehindPort(ledger.owner, { ...place, revision: 0, data, metadata });
    expect(verdictOf(await ledger.check())).toBe('ok');

    const { position } = await ledger.store.head();
    const where = `name = 'books'`;
    const rows = {
      table: 'projection_checkpoint',
      where,
      change: `update projection_checkpoint set position = ${position} where ${where}`,
    };
    const reports = await withChangedRows(ledger.owner, rows, () => ledger.check());
    expect(differencesIn(reports)).toEqual([
      {
        part: 'books',
        at: { position: `${position}`, stream: place.stream, revision: '0', event: id, type: 'ChargePosted/1' },
        message: expect.stringContaining('do not balance'),
      },
    ]);
  });
});

async function withoutEvent<Result>(position: bigint, work: () => Promise<Result>): Promise<Result> {
  const { owner } = ledger;
  const unguarded = async (sql: string) => {
    await owner.query('alter table event_store.event_log disable trigger user');
    await owner.query(sql);
    await owner.query('alter table event_store.event_log enable trigger user');
  };
  await owner.query(`create temp table lost as select * from event_store.event_log where position = ${position}`);
  await unguarded(`delete from event_store.event_log where position = ${position}`);
  try {
    return await work();
  } finally {
    await unguarded('insert into event_store.event_log select * from lost');
    await owner.query('drop table lost');
  }
}

describe('[E1] a contract whose code was exchanged', () => {
  it('is named by its address', async () => {
    const { provider } = ledger.chain;
    const { contract } = await ledger.one<{ contract: string }>('select distinct contract from integrity_anchor');
    const code = await provider.getCode(contract);
    await provider.send('anvil_setCode', [contract, `${code}00`]);
    const reports = await ledger.check().finally(() => provider.send('anvil_setCode', [contract, code]));
    expect(differencesIn(reports)).toContainEqual({
      part: 'chain 31337',
      at: { contract },
      message: expect.stringContaining('The code at'),
    });
  });
});

describe('what cannot be checked', () => {
  it('is said of a chain that nobody can ask, and is no difference', async () => {
    const reports = await ledger.check({ rpcUrls: [] });
    expect(verdictOf(reports)).toBe('could not check');
    expect(reports.filter(({ result }) => result === 'could not check').map(({ part }) => part)).toEqual(['chain 31337']);
    expect(reports.filter(({ result }) => result === 'not checked').map(({ part }) => part)).toEqual([
      'V1 anchors on the chain',
      'V6 time',
    ]);
  });

  it('is said of a table that is not there', async () => {
    await ledger.owner.query('alter table integrity_round rename to integrity_round_away');
    const reports = await ledger.check().finally(() => ledger.owner.query('alter table integrity_round_away rename to integrity_round'));
    expect(verdictOf(reports)).toBe('could not check');
    expect(reports.find(({ part }) => part === 'rounds')).toMatchObject({
      result: 'could not check',
      reason: expect.stringContaining('integrity_round'),
    });
  });
});

it('writes nothing', async () => {
  const before = await everythingIn(ledger.api.ownerUrl);
  await ledger.check({ provider: 'demo' });
  expect(await everythingIn(ledger.api.ownerUrl)).toEqual(before);
});
