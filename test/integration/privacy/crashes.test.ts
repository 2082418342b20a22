import { beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { personalCommitment } from '../../../services/integrity/domain/leaf.ts';
import { Crash, CrashingPlaces, type PrivacyProcess, privacyOn } from '../../support/privacy.ts';
import { vaultDatabaseForFile } from './vault-database.ts';

const ada = { name: 'Ada Lovelace' };
let pool: pg.Pool;
let keyFile: string;
let number = 0;
let account: string;
let subject: string;

vaultDatabaseForFile((opened) => {
  ({ pool, keyFile } = opened);
});
beforeEach(async () => {
  await pool.query('truncate personal_data');
  const uuid = `00000000-0000-5000-8000-${(++number).toString().padStart(12, '0')}`;
  account = `acc_${uuid}`;
  subject = `per_${uuid}`;
});

const start = (places: CrashingPlaces): PrivacyProcess => privacyOn({ pool: places.pool, events: places.events, keyFile });

async function eventsIn(places: CrashingPlaces, stream: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { stream: name, type } of places.events.readAll()) if (name === stream) found.push(type);
  return found;
}

const personEvents = (places: CrashingPlaces) => eventsIn(places, `demo.person-${subject}`);
const erasureLeaves = async (places: CrashingPlaces) =>
  (await eventsIn(places, 'demo.log-0')).filter((type) => type === 'PersonalDataErased/1');

/** Everything of the person that lies in the database, by table. */
async function rows() {
  const { rows: keyRows } = await pool.query<{ wrapped_key: Buffer | null }>(
    'select wrapped_key from personal_data_key where subject = $1',
    [subject],
  );
  const { rows: data } = await pool.query('select 1 from personal_data where subject = $1', [subject]);
  return { hasKey: keyRows.some(({ wrapped_key: key }) => key !== null), data: data.length };
}

/** Both ways in which a write can end with the process that made it. */
const endings = (writes: readonly string[]) => writes.flatMap((write) => [false, true].map((isDone) => ({ write, isDone })));

describe('[E11] a process that dies while it takes in personal data', () => {
  it.each(endings(['vault_add_key', 'vault_keep', 'PersonalDataRecorded/1']))(
    'at $write (done: $isDone) leaves no event without its data, and the repeat writes it once',
    async (crash) => {
      const places = new CrashingPlaces(pool);
      await start(places).open(account);
      places.crash = crash;
      await expect(start(places).record(account, ada, 'k')).rejects.toThrow(Crash);
      const isWritten = crash.write === 'PersonalDataRecorded/1' && crash.isDone;
      expect(await personEvents(places)).toEqual(isWritten ? ['PersonalDataRecorded/1'] : []);
      if (isWritten) expect(await start(places).query.find('demo', account)).toMatchObject({ status: 'held', data: ada });
      const again = start(places);
      expect(await again.record(account, ada, 'k')).toMatchObject({ kind: 'accepted', answer: { replayed: isWritten } });
      expect(await personEvents(places)).toEqual(['PersonalDataRecorded/1']);
      expect(await again.query.find('demo', account)).toMatchObject({ status: 'held', data: ada });
      expect(await rows()).toEqual({ hasKey: true, data: 1 });
      await expectCommitted(places, again);
    },
  );

  it('writes one commitment, which opens, when several processes take in the same data at once', async () => {
    const places = new CrashingPlaces(pool);
    await start(places).open(account);
    const processes = Array.from({ length: 10 }, () => start(places));
    const outcomes = await Promise.all(processes.map((process) => process.record(account, ada, 'k')));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(10).fill('accepted'));
    expect(await personEvents(places)).toEqual(['PersonalDataRecorded/1']);
    expect(await rows()).toEqual({ hasKey: true, data: 1 });
    await expectCommitted(places, start(places));
  });

  it('leaves an orphan that is swept after a day, but not one that a writer came back to', async () => {
    const places = new CrashingPlaces(pool);
    const process = start(places);
    await process.open(account);
    places.crash = { write: 'PersonalDataRecorded/1', isDone: false };
    await expect(process.record(account, ada, 'k')).rejects.toThrow(Crash);
    expect(await rows()).toMatchObject({ data: 1 });
    expect(await start(places).sweep.run(new Date(Date.now() + 60_000).toISOString())).toBe(0);
    expect(await rows()).toMatchObject({ data: 1 });
    // Another body under the key is refused as long as the first one may still be written.
    expect(await start(places).record(account, { name: 'Eve' }, 'k')).toMatchObject({ rejection: { code: 'idempotency_key_reused' } });
    const later = new Date(Date.now() + 86_400_000 + 60_000).toISOString();
    expect(await start(places).sweep.run(later)).toBe(1);
    expect(await rows()).toEqual({ hasKey: true, data: 0 });
    await start(places).record(account, ada, 'k');
    expect(await start(places).sweep.run(later)).toBe(0);
    expect(await rows()).toMatchObject({ data: 1 });
    await expectCommitted(places, start(places));
  });

  it('keeps a row that a writer came back to while the sweep looked at its stream', async () => {
    const places = new CrashingPlaces(pool);
    await start(places).open(account);
    places.crash = { write: 'PersonalDataRecorded/1', isDone: false };
    await expect(start(places).record(account, ada, 'k')).rejects.toThrow(Crash);
    await pool.query("update personal_data set kept_at = now() - interval '2 days' where subject = $1", [subject]);
    const [row] = await start(places).store.unconfirmed(new Date(), 1000);
    await start(places).record(account, ada, 'k');
    await start(places).store.deleteUnneeded(row!, new Date(Date.now() - 86_400_000));
    expect(await rows()).toMatchObject({ data: 1 });
    await expectCommitted(places, start(places));
  });
});

describe('[E11] a process that dies while it erases a person', () => {
  const writes = endings(['ErasureOrdered/1', 'vault_destroy_key', 'vault_delete_subject', 'PersonalDataErased/1']);

  it.each(writes)('at $write (done: $isDone) is made good by the same command', async (crash) => {
    const places = await afterCrash(crash);
    expect(await start(places).erase(account)).toMatchObject({ kind: 'accepted' });
    await expectErased(places);
  });

  it.each(writes.filter(({ write, isDone }) => write !== 'ErasureOrdered/1' || isDone))(
    'at $write (done: $isDone) is made good by the process that follows the orders',
    async (crash) => {
      const places = await afterCrash(crash);
      expect((await start(places).query.find('demo', account))?.status).toBe('erased');
      await start(places).followOrders();
      await start(places).followOrders();
      await expectErased(places);
    },
  );

  it('has changed nothing when not even the order was written', async () => {
    const places = await afterCrash({ write: 'ErasureOrdered/1', isDone: false });
    expect(await start(places).query.find('demo', account)).toMatchObject({ status: 'held', data: ada });
  });

  it('writes one leaf, however many were written since', async () => {
    const places = await afterCrash({ write: 'PersonalDataErased/1', isDone: true });
    for (let other = 0; other < 20; other++) {
      const id = `acc_00000000-0000-5000-8000-1${number.toString().padStart(5, '0')}${other.toString().padStart(6, '0')}`;
      const process = start(places);
      await process.open(id);
      await process.record(id, ada);
      await process.erase(id);
    }
    await start(places).followOrders();
    expect(await erasureLeaves(places)).toHaveLength(21);
  });

  it('and a writer that was about to add to the data is refused', async () => {
    const places = new CrashingPlaces(pool);
    const [writer, eraser] = [start(places), start(places)];
    await writer.open(account);
    await writer.record(account, ada, 'first');
    // The writer knows the person as it was; its key is gone before it comes to the vault.
    await eraser.erase(account);
    expect(await writer.record(account, { name: 'Ada King' }, 'second')).toMatchObject({ rejection: { code: 'personal_data_erased' } });
    await expectErased(places);
  });

  it('destroys again what an older copy of the database brings back', async () => {
    const places = new CrashingPlaces(pool);
    await start(places).open(account);
    await start(places).record(account, ada);
    const { rows: keyRows } = await pool.query('select wrapping_key, wrapped_key from personal_data_key where subject = $1', [subject]);
    await start(places).erase(account);
    const { wrapping_key: wrappingKey, wrapped_key: wrapped } = keyRows[0] as { wrapping_key: string; wrapped_key: Buffer };
    await pool.query('update personal_data_key set wrapping_key = $2, wrapped_key = $3, destroyed_at = null where subject = $1', [
      ...[subject, wrappingKey, wrapped],
    ]);
    expect((await start(places).query.find('demo', account))?.status).toBe('erased');
    await start(places).followOrders();
    await expectErased(places);
  });

  async function afterCrash(crash: { write: string; isDone: boolean }): Promise<CrashingPlaces> {
    const places = new CrashingPlaces(pool);
    await start(places).open(account);
    await start(places).record(account, ada);
    places.crash = crash;
    await expect(start(places).erase(account)).rejects.toThrow(Crash);
    return places;
  }
});

/** The commitment in the log is to what the vault holds. */
async function expectCommitted(places: CrashingPlaces, process: PrivacyProcess): Promise<void> {
  for await (const { id, stream, data } of places.events.readAll()) {
    if (stream !== `demo.person-${subject}`) continue;
    const opened = await process.vault.open({ provider: 'demo', subject }, id);
    expect(opened).toMatchObject({ text: JSON.stringify(ada) });
    expect(JSON.parse(data)).toMatchObject({ pii: { [subject]: personalCommitment(opened!.salt, opened!.text) } });
  }
}

async function expectErased(places: CrashingPlaces): Promise<void> {
  expect(await personEvents(places)).toEqual(['PersonalDataRecorded/1', 'ErasureOrdered/1']);
  expect(await rows()).toEqual({ hasKey: false, data: 0 });
  expect(await erasureLeaves(places)).toHaveLength(1);
  expect((await start(places).query.find('demo', account))?.status).toBe('erased');
}
