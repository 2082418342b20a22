import { createPublicKey, hash, verify } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { parseCanonicalJson } from '../../../services/event-store/domain/canonical-json.ts';
import type { StoredEvent } from '../../../services/event-store/domain/event-store.ts';
import { KeyFault, PemKeyring } from '../../../services/integrity/adapters/keys/pem-keyring.ts';
import { ChangePolicy } from '../../../services/integrity/application/change-policy.ts';
import { DiscoveredLogs } from '../../../services/integrity/application/discovered-logs.ts';
import { OpenLog } from '../../../services/integrity/application/open-log.ts';
import { ProviderUnknownFault } from '../../../services/integrity/application/provider-logs.ts';
import { SystemLog } from '../../../services/integrity/application/system-log.ts';
import { leafOf, zeroHash } from '../../../services/integrity/domain/leaf.ts';
import { policySigningText } from '../../../services/integrity/domain/log-policy.ts';

const clock = { now: () => '2026-01-02T03:04:05.678Z' };
const chain = {
  chainId: '31337',
  contract: '0x5fbdb2315678afecb367f032d93f642f64180aa3',
  fromBlock: '1',
  codeHash: `0x${'ab'.repeat(32)}`,
};

let folder: string;
let store: MemoryEventStore;
let keyring: PemKeyring;
let opener: OpenLog;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyroot-keys-'));
  store = new MemoryEventStore();
  keyring = new PemKeyring({ folder });
  opener = new OpenLog({ store, keyring, clock, chains: async () => [] });
});

describe('keys', () => {
  it('are PKCS#8 PEM that nobody else can read, and stay what they are', async () => {
    const [first, second] = await Promise.all([keyring.openOrCreate('north', 'log'), keyring.openOrCreate('north', 'log')]);
    const path = join(folder, 'north', 'log.pem');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(second.publicKey).toEqual(first.publicKey);
    expect((await keyring.open('north', 'log')).publicKey).toEqual(first.publicKey);
    expect(readdirSync(join(folder, 'north'))).toEqual(['log.pem']);
  });

  it('are never replaced where one is missing', async () => {
    await expect(keyring.open('north', 'log')).rejects.toThrow(KeyFault);
  });

  it('may lie in a file of their own', async () => {
    const elsewhere = new PemKeyring({ folder, files: { recovery: join(folder, 'safe', '{slug}.pem') } });
    await elsewhere.openOrCreate('north', 'recovery');
    expect(readdirSync(join(folder, 'safe'))).toEqual(['north.pem']);
  });
});

describe('a log', () => {
  it('begins with a genesis that says all its verifiers need', async () => {
    const log = await opener.openLog({ slug: 'north', chains: [chain] });
    const events = await stored('north.log-0');
    expect(events).toHaveLength(1);
    const { fin } = parseCanonicalJson((events[0] as StoredEvent).data) as { fin: Record<string, unknown> };
    const { publicKey } = await keyring.open('north', 'log');
    expect(log.origin).toBe(`tallyroot.local/${hash('sha256', publicKey, 'hex').slice(0, 16)}/north`);
    expect(Object.keys(fin).sort()).toEqual([
      ...['chains', 'currencies', 'fold', 'heartbeatSeconds', 'mergeDelaySeconds', 'origin', 'receiptVkeys'],
      ...['recoveryVkey', 'streamPrefix', 'toleranceSeconds', 'vkey'],
    ]);
    expect(fin).toMatchObject({
      chains: [chain],
      fold: 'ledger-fold/1',
      mergeDelaySeconds: '86400',
      origin: log.origin,
      streamPrefix: 'north.',
    });
    expect(fin['currencies']).toContainEqual({ code: 'EUR', ledgerScale: '6', payableScale: '2' });
    expect(fin['vkey']).toMatch(new RegExp(`^${log.origin}\\+[0-9a-f]{8}\\+AQ?[A-Za-z0-9+/]+=*$`));
    expect(log.genesisHash).toBe(leafOf(log.origin, events[0] as StoredEvent).hash);
    expect(leafOf(log.origin, events[0] as StoredEvent).malformed).toBe(false);
  });

  it('is opened once, however often and by however many it is asked for', async () => {
    const other = new OpenLog({ store, keyring: new PemKeyring({ folder }), clock, chains: async () => [chain] });
    const logs = await Promise.all([opener.openLog({ slug: 'north', chains: [] }), other.openLog({ slug: 'north', chains: [chain] })]);
    await opener.open('north');
    expect(logs[1]).toEqual(logs[0]);
    expect(await stored('north.log-0')).toHaveLength(1);
  });

  it('chains its system leaves by prev, also when several processes write at once', async () => {
    const { origin } = await opener.openLog({ slug: 'north', chains: [] });
    const writers = Array.from({ length: 8 }, () => new SystemLog(store, clock));
    await Promise.all(
      writers.map((writer, index) => writer.append({ slug: 'north', origin, type: 'TimeTicked/1', fin: { blockNumber: `${index}` } })),
    );
    const events = await stored('north.log-0');
    expect(events).toHaveLength(9);
    const previous = events.map((event) => (parseCanonicalJson(event.metadata as string) as { prev: string }).prev);
    expect(previous).toEqual([zeroHash, ...events.slice(0, -1).map((event) => leafOf(origin, event).hash)]);
  });

  it('writes a system leaf with a given id once', async () => {
    const { origin } = await opener.openLog({ slug: 'north', chains: [] });
    const systemLog = new SystemLog(store, clock);
    const leaf = {
      slug: 'north',
      origin,
      type: 'TimeTicked/1',
      fin: { blockNumber: '7' },
      id: '00000000-0000-4000-8000-000000000007',
    } as const;
    const first = await systemLog.append(leaf);
    await systemLog.append({ slug: 'north', origin, type: 'TimeTicked/1', fin: { blockNumber: '8' } });
    expect(await systemLog.append(leaf)).toEqual(first);
    expect(await stored('north.log-0')).toHaveLength(3);
  });

  it('changes its policy under the signature of the recovery key', async () => {
    await opener.openLog({ slug: 'north', chains: [] });
    const logs = new DiscoveredLogs(store);
    await logs.start();
    const change = new ChangePolicy(logs, (slug) => keyring.open(slug, 'recovery'), new SystemLog(store, clock));
    await change.change('north', { chains: [chain] });
    const { fin } = parseCanonicalJson((await stored('north.log-0'))[1]?.data as string) as { fin: Record<string, string> };
    const { publicKey } = await keyring.open('north', 'recovery');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' });
    expect(verify(null, Buffer.from(policySigningText(fin)), key, Buffer.from(fin['signature'] as string, 'base64'))).toBe(true);
    await untilTrue(() => logs.known()[0]?.policy.chains.length === 1);
    expect(await change.change('north', { chains: [chain] })).toBeUndefined();
    expect(await stored('north.log-0')).toHaveLength(2);
    await logs.stop();
  });
});

describe('discovery', () => {
  it('knows the logs that stand and notices new ones', async () => {
    await opener.openLog({ slug: 'north', chains: [] });
    const logs = new DiscoveredLogs(store);
    await logs.start();
    const seen: string[] = [];
    logs.onKnown(({ slug }) => seen.push(slug));
    const south = await opener.openLog({ slug: 'south', chains: [] });
    expect(await logs.originOf('south')).toBe(south.origin);
    await untilTrue(() => seen.length === 2);
    expect(seen).toEqual(['north', 'south']);
    await logs.stop();
  });

  it('refuses a provider without a log', async () => {
    await expect(new DiscoveredLogs(store).originOf('nobody')).rejects.toThrow(ProviderUnknownFault);
  });
});

async function stored(stream: string): Promise<StoredEvent[]> {
  return Array.fromAsync(store.readStream(stream));
}

async function untilTrue(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('The condition did not come true in time.');
    await new Promise((resolve) => setImmediate(resolve));
  }
}
