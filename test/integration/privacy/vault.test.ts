import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { WrappingKeyFile } from '../../../services/privacy/adapters/keys/wrapping-key-file.ts';
import { PostgresVaultStore } from '../../../services/privacy/adapters/postgres/postgres.vault-store.ts';
import { SubjectErasedFault, Vault } from '../../../services/privacy/application/vault.ts';
import { vaultDatabaseForFile } from './vault-database.ts';

const data = { name: 'Ada Lovelace' };
let pool: pg.Pool;
let keyFile: string;
let vault: Vault;

vaultDatabaseForFile((opened) => {
  ({ pool, keyFile } = opened);
  vault = newVault();
});

const newVault = () => new Vault(new PostgresVaultStore(pool), new WrappingKeyFile(keyFile));
const somebody = () => ({ provider: 'demo', subject: `per_${randomUUID()}` });
const keep = (name: ReturnType<typeof somebody>, event: string, kept = data) =>
  vault.keep(name, { event, stream: 'demo.person-x', data: kept });

describe('[E11] the vault', () => {
  it('opens data to the exact text, salt and commitment', async () => {
    const [name, event] = [somebody(), randomUUID()];
    const commitment = await keep(name, event);
    expect(await vault.open(name, event)).toMatchObject({ text: '{"name":"Ada Lovelace"}', commitment });
    expect(await vault.open(name, randomUUID())).toBeUndefined();
    expect(await vault.open(somebody(), event)).toBeUndefined();
  });

  it('answers one commitment to all who keep the same data for an event at once, and refuses others', async () => {
    const [name, event] = [somebody(), randomUUID()];
    const writers = Array.from({ length: 8 }, newVault);
    const commitments = await Promise.all(writers.map((writer) => writer.keep(name, { event, stream: 'demo.person-x', data })));
    expect(new Set(commitments).size).toBe(1);
    expect((await vault.open(name, event))?.commitment).toBe(commitments[0]);
    expect(await keep(name, event, { name: 'Eve' })).toBeUndefined();
  });

  it('salts: the same data of the same person have another commitment in another event', async () => {
    const name = somebody();
    expect(await keep(name, randomUUID())).not.toBe(await keep(name, randomUUID()));
  });

  it('opens no row, and no key, that was moved to another event or person', async () => {
    const [ada, bob, first, second] = [somebody(), somebody(), randomUUID(), randomUUID()];
    await keep(ada, first);
    await keep(ada, second);
    await keep(bob, first);
    const sealedOf = 'select sealed from personal_data where event_id = $1 and subject = $2';
    await pool.query(
      `update personal_data set (nonce, sealed) = (select nonce, sealed from personal_data where event_id = $1 and subject = $2) where event_id = $3 and subject = $2`,
      [...[first, ada.subject, second]],
    );
    expect((await pool.query(sealedOf, [second, ada.subject])).rows).toEqual((await pool.query(sealedOf, [first, ada.subject])).rows);
    await expect(vault.open(ada, second)).rejects.toThrow('authenticate');
    await pool.query(
      'update personal_data_key as kept set wrapped_key = other.wrapped_key from personal_data_key as other where kept.subject = $1 and other.subject = $2',
      [...[bob.subject, ada.subject]],
    );
    await expect(vault.open(bob, first)).rejects.toThrow('authenticate');
    await vault.destroy(bob); // What was moved would be in the way of the tests below.
  });

  it('gives somebody whose key is destroyed no other one, and keeps nothing of a race', async () => {
    const [name, event] = [somebody(), randomUUID()];
    await keep(name, event);
    const racing = Promise.allSettled(Array.from({ length: 10 }, () => keep(name, randomUUID())));
    await vault.destroy(name);
    await racing;
    await vault.destroy(name);
    expect(await vault.open(name, event)).toBeUndefined();
    await expect(keep(name, randomUUID())).rejects.toThrow(SubjectErasedFault);
    await expect(vault.fingerprint(name, '""' as never)).rejects.toThrow(SubjectErasedFault);
    const { rows } = await pool.query(
      'select wrapping_key, wrapped_key, destroyed_at is not null as destroyed from personal_data_key where subject = $1',
      [name.subject],
    );
    expect(rows).toEqual([{ wrapping_key: null, wrapped_key: null, destroyed: true }]);
    // A row may have come between the key and the rows; nobody can open it.
    const unreadable = await pool.query('select 1 from personal_data where subject = $1', [name.subject]);
    expect(unreadable.rowCount).toBeLessThanOrEqual(10);
  });

  it('makes fingerprints that only the key can make', async () => {
    const [ada, bob] = [somebody(), somebody()];
    const text = '"the same command"' as never;
    expect(await vault.fingerprint(ada, text)).toBe(await newVault().fingerprint(ada, text));
    expect(await vault.fingerprint(ada, text)).not.toBe(await vault.fingerprint(bob, text));
    expect(await vault.fingerprint(ada, text)).not.toBe(await vault.fingerprint(ada, '"another"' as never));
  });

  it('keeps its own key in a file of 0600, and reads it again when a line is added', async () => {
    expect(((await stat(keyFile)).mode & 0o777).toString(8)).toBe('600');
    const [name, event] = [somebody(), randomUUID()];
    await keep(name, event);
    const file = new WrappingKeyFile(keyFile);
    const { id } = await file.current();
    await file.add();
    expect(await file.older()).toEqual([id]);
    // Another process, which knows the old key, wraps new ones under the new key.
    const another = somebody();
    await keep(another, randomUUID());
    const wrappingKey = 'select wrapping_key from personal_data_key where subject = $1';
    expect((await pool.query<{ wrapping_key: string }>(wrappingKey, [another.subject])).rows).toEqual([
      { wrapping_key: (await file.current()).id },
    ]);
    expect(await vault.rewrapFrom(id)).toBeGreaterThan(0);
    expect(await vault.rewrapFrom(id)).toBe(0);
    // The old key opens nothing any more, so that old copies of the table say nothing without the old file.
    await file.dropOlder();
    expect(await readFile(keyFile, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
    expect(((await stat(keyFile)).mode & 0o777).toString(8)).toBe('600');
    expect(await newVault().open(name, event)).toMatchObject({ text: '{"name":"Ada Lovelace"}' });
  });

  it('says which key is missing, and not what is in the file', async () => {
    const [name, event] = [somebody(), randomUUID()];
    await keep(name, event);
    const { id } = await new WrappingKeyFile(keyFile).current();
    const content = await readFile(keyFile, 'utf8');
    await writeFile(keyFile, `${randomBytes(32).toString('hex')}\n`);
    await expect(newVault().open(name, event)).rejects.toThrow(id);
    await writeFile(keyFile, 'not a key');
    await expect(newVault().open(name, event)).rejects.toThrow('64 hex digits');
    await writeFile(keyFile, content);
  });
});
