import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import type { Json } from '../../../services/event-store/domain/canonical-json.ts';
import type { StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { PemKeyring } from '../../../services/integrity/adapters/keys/pem-keyring.ts';
import { BeginIncarnation } from '../../../services/integrity/application/begin-incarnation.ts';
import { ChangePolicy } from '../../../services/integrity/application/change-policy.ts';
import { DiscoveredLogs } from '../../../services/integrity/application/discovered-logs.ts';
import { incarnationsOf, numberOf } from '../../../services/integrity/application/incarnations.ts';
import { LogRoots } from '../../../services/integrity/application/log-roots.ts';
import { OpenLog } from '../../../services/integrity/application/open-log.ts';
import type { ProviderLog } from '../../../services/integrity/application/provider-logs.ts';
import type { RememberedHead } from '../../../services/integrity/application/remembered-heads.ts';
import { SystemLog } from '../../../services/integrity/application/system-log.ts';
import { originAfter, policyAfter } from '../../../services/integrity/domain/incarnation.ts';
import { leafOf } from '../../../services/integrity/domain/leaf.ts';
import { type LogPolicy, policySigningText } from '../../../services/integrity/domain/log-policy.ts';
import { noteSigner } from '../../../services/integrity/domain/note.ts';
import { SmallTree } from '../../../services/integrity/domain/tree/small-tree.ts';

const clock = { now: () => '2026-01-02T03:04:05.678Z' };
const chain = { chainId: '1', contract: `0x${'a'.repeat(40)}`, fromBlock: '1', codeHash: `0x${'ab'.repeat(32)}` };

let store: MemoryEventStore;
let keyring: PemKeyring;
let systemLog: SystemLog;
let first: ProviderLog;

beforeEach(async () => {
  store = new MemoryEventStore();
  keyring = new PemKeyring({ folder: mkdtempSync(join(tmpdir(), 'tallyroot-keys-')) });
  systemLog = new SystemLog(store, clock);
  first = await new OpenLog({ store, keyring, clock, chains: async () => [] }).openLog({ slug: 'north', chains: [chain] });
  await systemLog.append({ slug: 'north', origin: first.origin, type: 'TimeTicked/1', fin: { blockNumber: '7' } });
});

/** As a start finds it, which has to agree with what somebody finds who asks by name. */
async function found(): Promise<ProviderLog> {
  const [logs, byName] = [new DiscoveredLogs(store), new DiscoveredLogs(store)];
  await logs.start();
  const [log] = logs.known();
  await logs.stop();
  expect(await byName.find('north')).toEqual(log);
  return log!;
}

const recovery = () => keyring.open('north', 'recovery');

async function begin(remembered: readonly RememberedHead[], frozenBy: readonly string[] = []) {
  const begun = new BeginIncarnation(store, systemLog);
  return begun.begin({ log: await found(), recovery: await recovery(), remembered, frozenBy });
}

const events = (): Promise<StoredEvent[]> => Array.fromAsync(store.readAll());
const lost = (size: bigint): RememberedHead => ({ size, root: Buffer.alloc(32, 1), by: 'somebody' });

describe('[K15] a later genesis', () => {
  it('goes on with the log under the next origin, with all that it promised, and the keys that it has', async () => {
    const hashes = (await events()).map((event) => Buffer.from(leafOf(first.origin, event).hash, 'hex'));
    const root = new SmallTree(hashes).root();
    expect(await begin([lost(5n)])).toEqual({ origin: `${first.origin}/2`, kept: { size: 2n, root }, ahead: [lost(5n)] });
    const second = await found();
    expect(second).toMatchObject({ origin: `${first.origin}/2`, superseded: { origin: first.origin, genesisHash: first.genesisHash } });
    expect(second.policy).toMatchObject({
      chains: [chain],
      vkey: noteSigner(second.origin, await keyring.open('north', 'log')).vkey,
      receiptVkeys: [noteSigner(`${second.origin}/receipts`, await keyring.open('north', 'receipts')).vkey],
      recoveryVkey: noteSigner(`${second.origin}/recovery`, await recovery()).vkey,
      supersedes: { origin: first.origin, genesis: first.genesisHash, size: '2', root: root.toString('hex'), lostFrom: '2' },
    });
    const [, , genesis] = await events();
    expect(JSON.parse(genesis!.metadata!)).toMatchObject({ prev: hashes[1]!.toString('hex') });
    const logs = new DiscoveredLogs(store);
    expect(await Promise.all((await events()).map(({ position }) => logs.originOf('north', position)))).toEqual([
      ...[first.origin, first.origin, second.origin],
    ]);
    expect(await logs.find('north/1')).toEqual(second.superseded);
    expect(await logs.find('north/2')).toBeUndefined();
  });

  it('goes on with one that goes on with another, and keeps what policies were changed to', async () => {
    await begin([lost(5n)]);
    const logs = new DiscoveredLogs(store);
    await new ChangePolicy(logs, recovery, systemLog).change('north', { heartbeatSeconds: '60' });
    expect((await found()).policy).toMatchObject({ heartbeatSeconds: '60', supersedes: { origin: first.origin } });
    expect(await begin([lost(5n)])).toMatchObject({ origin: `${first.origin}/3`, kept: { size: 2n } });
    const third = await found();
    expect(incarnationsOf(third).map(({ origin }) => origin)).toEqual([first.origin, `${first.origin}/2`, `${first.origin}/3`]);
    expect(third.policy).toMatchObject({ heartbeatSeconds: '60', supersedes: { origin: `${first.origin}/2`, size: '2' } });
    expect(originAfter(third.origin, numberOf(third))).toBe(`${first.origin}/4`);
    const roots = new LogRoots();
    for (const event of await events()) roots.add(event);
    expect(roots.heads().get('north')).toMatchObject({ size: 1n });
  });

  it.each<[string, (policy: LogPolicy) => Json, { readonly isForged?: boolean; readonly isUnsigned?: boolean }?]>([
    ['that another key signed', (policy) => policy, { isForged: true }],
    ['that nobody signed', (policy) => policy, { isUnsigned: true }],
    ['of another origin', (policy) => ({ ...policy, origin: `${first.origin}/3`, vkey: policy.vkey.replace('/2', '/3') })],
    ['whose key has another name', (policy) => ({ ...policy, vkey: first.vkey })],
    ['that supersedes nothing', ({ supersedes: _, ...policy }) => policy],
    ['of another log', (policy) => ({ ...policy, supersedes: { ...policy.supersedes!, genesis: '0'.repeat(64) } })],
    ['of another origin before', (policy) => ({ ...policy, supersedes: { ...policy.supersedes!, origin: 'other' } })],
    ['that keeps nothing', (policy) => ({ ...policy, supersedes: { ...policy.supersedes!, size: '0', lostFrom: '0' } })],
    ['that loses what it keeps not', (policy) => ({ ...policy, supersedes: { ...policy.supersedes!, lostFrom: '3' } })],
    ['without a root', (policy) => ({ ...policy, supersedes: { ...policy.supersedes!, root: 'x' } })],
    ['with another prefix', (policy) => ({ ...policy, streamPrefix: 'south.' })],
    ['with other scales', (policy) => ({ ...policy, currencies: policy.currencies.map((one) => ({ ...one, ledgerScale: '9' })) })],
    ['without a currency', (policy) => ({ ...policy, currencies: policy.currencies.slice(1) })],
  ])('%s changes nothing', async (_, change, { isForged = false, isUnsigned = false } = {}) => {
    const origin = `${first.origin}/2`;
    const supersedes = { origin: first.origin, genesis: first.genesisHash, size: '2', root: 'ab'.repeat(32), lostFrom: '2' };
    const fin = change(policyAfter(first.policy, origin, supersedes)) as { readonly [name: string]: Json };
    const signer = await keyring.open('north', isForged ? 'log' : 'recovery');
    const signature = isUnsigned ? {} : { signature: signer.sign(policySigningText(fin)).toString('base64') };
    await systemLog.append({ slug: 'north', origin, type: 'LogGenesis/1', fin: { ...fin, ...signature } });
    expect(await found()).toEqual(first);
  });

  it('is not listened to under a recovery key that nobody gave the log', async () => {
    const thief = await keyring.openOrCreate('south', 'recovery');
    const fin = { ...first.policy, recoveryVkey: noteSigner(`${first.origin}/recovery`, thief).vkey };
    const signature = thief.sign(policySigningText(fin)).toString('base64');
    await systemLog.append({ slug: 'north', origin: first.origin, type: 'LogPolicyChanged/1', fin: { ...fin, signature } });
    expect(await found()).toEqual(first);
  });
});

describe('[K15] a new incarnation', () => {
  it('is begun for what was lost or frozen, and for nothing else', async () => {
    const root = new SmallTree((await events()).map((event) => Buffer.from(leafOf(first.origin, event).hash, 'hex'))).root();
    const whole: RememberedHead = { size: 2n, root, by: 'somebody' };
    const other: RememberedHead = { ...whole, root: Buffer.alloc(32, 2) };
    await expect(begin([whole])).rejects.toThrow(/lacks nothing/);
    await expect(begin([other, lost(5n)])).rejects.toThrow(/another history than the one that was shown: somebody knows 2 leaves/);
    await expect(begin([other], ['the contract'])).rejects.toThrow(/another history/);
    expect(await events()).toHaveLength(2);
    // What a frozen contract holds may be a thief's: it is evidence against him, and stops nobody.
    expect(await begin([whole, { ...other, by: 'the contract' }], ['the contract'])).toMatchObject({ kept: { size: 2n }, ahead: [] });
  });

  it('is signed by the recovery key in force, and by no other', async () => {
    const thief = await keyring.open('north', 'log');
    const begun = new BeginIncarnation(store, systemLog).begin({ log: first, recovery: thief, remembered: [lost(5n)], frozenBy: [] });
    await expect(begun).rejects.toThrow(/not the recovery key of north/);
    expect(await events()).toHaveLength(2);
  });
});
