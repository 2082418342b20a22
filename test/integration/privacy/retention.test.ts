import { beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { PrivacyUpkeep } from '../../../services/privacy/application/privacy-upkeep.ts';
import { envelope } from '../../support/execution.ts';
import { Crash, CrashingPlaces, type PrivacyProcess, privacyOn } from '../../support/privacy.ts';
import { vaultDatabaseForFile } from './vault-database.ts';

/** The clock of the executions says 1 March 2026. */
const day = (days: number) => new Date(Date.UTC(2026, 2, 1 + days, 12)).toISOString();
const rules = [
  { kind: 'personal-data' as const, days: '100' },
  { kind: 'superseded-personal-data' as const, days: '30' },
];
const accountOf = (number: number) => `acc_00000000-0000-5000-8000-${number.toString().padStart(12, '0')}`;

let pool: pg.Pool;
let keyFile: string;
let places: CrashingPlaces;

vaultDatabaseForFile((opened) => {
  ({ pool, keyFile } = opened);
});
beforeEach(async () => {
  await pool.query('truncate personal_data, personal_data_key');
  places = new CrashingPlaces(pool);
  const process = start();
  for (const number of [1, 2]) {
    await process.open(accountOf(number));
    await process.record(accountOf(number), { name: 'Before' });
  }
  await process.record(accountOf(1), { name: 'After' });
});

const start = (time = day(0)): PrivacyProcess => {
  const process = privacyOn({ pool: places.pool, events: places.events, keyFile });
  process.clock.time = time;
  return process;
};

async function storedOf(type: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for await (const event of places.events.readAll())
    if (event.type === type) found.push((JSON.parse(event.data) as { fin: Record<string, unknown> }).fin);
  return found;
}

const statuses = async (process: PrivacyProcess) =>
  Promise.all([1, 2].map(async (number) => (await process.query.find('demo', accountOf(number)))?.status));

describe('[I13] retention', () => {
  it('erases nothing without a schedule, and nothing before its time', async () => {
    expect(await start(day(5000)).runs.run(envelope('early'))).toMatchObject({ rejection: { code: 'retention_schedule_not_found' } });
    await start().runs.publish(envelope('publish'), { rules });
    const process = start(day(29));
    expect(await process.runs.run(envelope('run'))).toMatchObject({ kind: 'accepted' });
    expect(await storedOf('RetentionRunCompleted/1')).toMatchObject([{ erased: [], kept: [] }]);
    expect(await statuses(process)).toEqual(['held', 'held']);
  });

  it('erases a version that was corrected after its own period, and leaves the newest', async () => {
    await start().runs.publish(envelope('publish'), { rules });
    const process = start(day(31));
    await process.runs.run(envelope('run'));
    const subject = accountOf(1).replace('acc', 'per');
    const [plan] = await storedOf('RetentionRunPlanned/1');
    const [{ events }] = plan!['due'] as [{ events: string[] }];
    expect(plan).toMatchObject({
      schedule: '0',
      asOf: day(31),
      due: [{ kind: 'superseded-personal-data', account: accountOf(1), subject }],
    });
    expect(await process.vault.open({ provider: 'demo', subject }, events[0]!)).toBeUndefined();
    expect(await process.query.find('demo', accountOf(1))).toMatchObject({ status: 'held', data: { name: 'After' } });
    expect(await storedOf('PersonalDataErased/1')).toMatchObject([{ subject, reason: 'retention_period', events }]);
    // What is gone is not due again.
    await start(day(32)).runs.run(envelope('next'));
    expect(await storedOf('RetentionRunCompleted/1')).toMatchObject([{ erased: [subject] }, { erased: [] }]);
  });

  it('erases persons whose account was quiet for the period, and leaves a proof of the run', async () => {
    await start().runs.publish(envelope('publish'), { rules });
    const process = start(day(101));
    const planned = await process.runs.run(envelope('run'));
    expect(await statuses(process)).toEqual(['erased', 'erased']);
    expect(await storedOf('PersonalDataErased/1')).toHaveLength(2);
    expect(await storedOf('RetentionRunCompleted/1')).toMatchObject([
      { plan: '1', erased: [1, 2].map((n) => accountOf(n).replace('acc', 'per')), kept: [] },
    ]);
    expect(await start(day(102)).runs.run(envelope('run'))).toMatchObject({
      answer: { replayed: true, events: (planned as { answer: { events: object } }).answer.events },
    });
    expect(await storedOf('RetentionRunPlanned/1')).toHaveLength(1);
  });

  it.each(
    [
      'RetentionRunPlanned/1',
      'ErasureOrdered/1',
      'vault_destroy_key',
      'vault_delete_subject',
      'PersonalDataErased/1',
      'RetentionRunCompleted/1',
    ].flatMap((write) => [false, true].map((isDone) => ({ write, isDone }))),
  )('that dies at $write (done: $isDone) is finished by the next run, once', async (crash) => {
    await start().runs.publish(envelope('publish'), { rules });
    places.crash = crash;
    await expect(start(day(101)).runs.run(envelope('run'))).rejects.toThrow(Crash);
    const process = start(day(101));
    await process.runs.run(envelope('run'));
    expect(await statuses(process)).toEqual(['erased', 'erased']);
    expect(await storedOf('PersonalDataErased/1')).toHaveLength(2);
    const completed = await storedOf('RetentionRunCompleted/1');
    expect(completed.flatMap(({ erased }) => erased as string[]).toSorted()).toEqual([1, 2].map((n) => accountOf(n).replace('acc', 'per')));
    expect(await storedOf('RetentionRunPlanned/1')).toHaveLength(completed.length);
  });

  it('is kept once a day by the upkeep, together with the sweep of the vault', async () => {
    await start().runs.publish(envelope('publish'), { rules });
    const failures: unknown[] = [];
    for (const time of [day(101), day(101), day(102)]) {
      const { runs, sweep, clock } = start(time);
      const upkeep = new PrivacyUpkeep({
        ...{ runs, sweep, providers: { known: () => [{ slug: 'demo' }, { slug: 'other' }] } },
        clock: { now: () => clock.time },
        onFailure: (error) => failures.push(error),
      });
      await upkeep.round();
    }
    expect(failures).toEqual([]);
    expect((await storedOf('RetentionRunCompleted/1')).map(({ erased }) => (erased as string[]).length)).toEqual([2, 0]);
  });
});
