import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { PostgresLogRegistry } from '../../../services/integrity/adapters/postgres/postgres.log-registry.ts';
import { AdvisoryLock } from '../../../services/integrity/adapters/postgres/advisory-lock.ts';
import { DiscoveredLogs } from '../../../services/integrity/application/discovered-logs.ts';
import { exportLog } from '../../../services/integrity/application/export-log.ts';
import type { Keyring } from '../../../services/integrity/application/keyring.ts';
import { LogFiles } from '../../../services/integrity/application/log-files.ts';
import { ReceiptSigner } from '../../../services/integrity/application/receipt-signer.ts';
import { RotateKeys } from '../../../services/integrity/application/rotate-keys.ts';
import { Sequencer } from '../../../services/integrity/application/sequencer.ts';
import { SystemLog } from '../../../services/integrity/application/system-log.ts';
import { textSignedBy } from '../../../services/integrity/domain/signed-note.ts';
import type { SigningKey } from '../../../services/integrity/domain/signing-key.ts';
import { verifyLog } from '../../../verifier/verify.ts';
import { FolderLogSource } from '../../../verifier/source/folder.log-source.ts';
import { appendCharges, at, derive, type Fixture, openFixture, until } from './log-fixture.ts';

let fixture: Fixture;
let recovery: SigningKey;
const running: (() => Promise<void>)[] = [];

beforeEach(async () => {
  fixture = await openFixture();
  recovery = await fixture.keyring.open('north', 'recovery');
});

afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
  await fixture.close();
});

/** The log as a process that starts now finds it. */
async function discovered(): Promise<DiscoveredLogs> {
  const logs = new DiscoveredLogs(fixture.store, new PostgresLogRegistry(fixture.pool));
  await logs.start();
  running.push(() => logs.stop());
  return logs;
}

async function rotation(keyring: Keyring = fixture.keyring) {
  const logs = await discovered();
  return new RotateKeys({ logs, keyring, heads: fixture.heads, systemLog: new SystemLog(fixture.store, { now: () => at }) });
}

/** Signs until the head covers the store, and stops. */
async function sequence() {
  const { leaves, heads, pool, keyring, store } = fixture;
  const log = (await (await discovered()).find('north'))!;
  const sequencer = new Sequencer(log, { store, leaves, heads, lock: new AdvisoryLock(pool), keyring, headIntervalMsMin: 5 });
  sequencer.start();
  try {
    const { size } = await derive(fixture);
    return await until(async () => {
      if (sequencer.status.state === 'halted') return sequencer.status;
      const head = await heads.published('north');
      return head?.size === size ? head : undefined;
    });
  } finally {
    await sequencer.stop();
  }
}

async function verdict() {
  const logs = await discovered();
  const anchors = { anchors: () => Promise.resolve([]) };
  const { store, leaves, heads, keysFolder, log } = fixture;
  const folder = join(keysFolder, `export-${randomUUID()}`);
  await exportLog(new LogFiles({ store, logs, leaves, heads, anchors }), 'north', folder);
  return verifyLog({ source: new FolderLogSource(folder), genesisHash: log.genesisHash, rpcUrls: [], isOffline: true });
}

const isSigned = (head: unknown, vkey: string) => textSignedBy((head as { note: string }).note, vkey) !== undefined;

describe('[E1] a rotation of the log key', () => {
  it('stands under heads that both keys sign, and then the new one alone; a verifier follows it', async () => {
    await appendCharges(fixture, 'north.account-1', 3);
    await sequence();
    const { vkey, isNew } = await (await rotation()).rotateLogKey('north', recovery);
    expect(isNew).toBe(true);
    const overlapping = await sequence();
    expect([isSigned(overlapping, fixture.log.vkey), isSigned(overlapping, vkey)]).toEqual([true, true]);
    expect(await verdict()).toMatchObject({ verdict: 'VALID' });

    rmSync(join(fixture.keysFolder, 'north', 'log.pem'));
    await appendCharges(fixture, 'north.account-1', 1);
    const after = await sequence();
    expect([isSigned(after, fixture.log.vkey), isSigned(after, vkey)]).toEqual([false, true]);
    expect(await verdict()).toMatchObject({ verdict: 'VALID' });
  });

  it('can be done again and again, and no key comes back', async () => {
    const vkeys = [fixture.log.vkey];
    for (let round = 0; round < 3; round++) {
      await sequence();
      vkeys.push((await (await rotation()).rotateLogKey('north', recovery)).vkey);
    }
    expect(new Set(vkeys).size).toBe(4);
    const head = await sequence();
    expect(vkeys.map((vkey) => isSigned(head, vkey))).toEqual([true, true, true, true]);
    expect((await (await discovered()).find('north'))?.vkeys).toEqual(vkeys);
    // Also for a process that asks by name and reads no events.
    const byName = new DiscoveredLogs(fixture.store, new PostgresLogRegistry(fixture.pool));
    expect((await byName.find('north'))?.vkeys).toEqual(vkeys);
    expect(await verdict()).toMatchObject({ verdict: 'VALID' });
  });

  it('needs the recovery key: a thief of the log key is refused, and a leaf that it did not sign for changes nothing', async () => {
    const thief = await fixture.keyring.open('north', 'log');
    await expect((await rotation()).rotateLogKey('north', thief)).rejects.toMatchObject({ name: 'RotationRefusedFault' });
    const systemLog = new SystemLog(fixture.store, { now: () => at });
    const forged = { vkey: fixture.log.vkey.replace(/\+.*/, `+00000000+${Buffer.alloc(33, 1).toString('base64')}`), signature: 'AAAA' };
    await systemLog.append({ slug: 'north', origin: fixture.log.origin, type: 'KeyRotated/1', fin: forged });
    expect((await (await discovered()).find('north'))?.vkeys).toEqual([fixture.log.vkey]);
    expect(isSigned(await sequence(), fixture.log.vkey)).toBe(true);
    expect(await verdict()).toMatchObject({ verdict: 'INVALID' });
  });

  it('that was cut off before or behind its leaf is the same one when it is asked for again', async () => {
    await sequence();
    const doomed = {
      ...{ open: fixture.keyring.open.bind(fixture.keyring), openOrCreate: fixture.keyring.openOrCreate.bind(fixture.keyring) },
      all: fixture.keyring.all.bind(fixture.keyring),
      add: async (...parameters: Parameters<typeof fixture.keyring.add>) => {
        await fixture.keyring.add(...parameters);
        throw new Error('killed');
      },
    };
    await expect((await rotation(doomed)).rotateLogKey('north', recovery)).rejects.toThrow('killed');
    expect((await (await discovered()).find('north'))?.vkeys).toHaveLength(1);
    const { vkey } = await (await rotation()).rotateLogKey('north', recovery);
    expect(await (await rotation()).rotateLogKey('north', recovery)).toEqual({ vkey, isNew: false });
    expect((await readdir(join(fixture.keysFolder, 'north'))).filter((name) => name.startsWith('log'))).toHaveLength(2);
    expect(isSigned(await sequence(), vkey)).toBe(true);
  });

  it('halts the sequencer that does not have the new key', async () => {
    await sequence();
    await (await rotation()).rotateLogKey('north', recovery);
    for (const name of await readdir(join(fixture.keysFolder, 'north')))
      if (name.startsWith('log-')) rmSync(join(fixture.keysFolder, 'north', name));
    expect(await sequence()).toMatchObject({ state: 'halted', reason: expect.stringMatching(/is not at hand/) });
  });
});

it('[E1] a rotation of the receipts key lists the new one first, and keeps the old one', async () => {
  const { vkey } = await (await rotation()).rotateReceiptsKey('north', recovery);
  const logs = await discovered();
  const { policy } = (await logs.find('north'))!;
  expect(policy.receiptVkeys).toEqual([vkey, fixture.log.policy.receiptVkeys[0]]);
  const signer = new ReceiptSigner(logs, fixture.keyring, { admit: () => undefined });
  expect((await signer.signerOf('north')).vkey).toBe(vkey);
  await sequence();
  expect(await verdict()).toMatchObject({ verdict: 'VALID' });
});
