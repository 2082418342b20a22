import { createPublicKey, hash, verify } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Receipt } from '../../../services/commands/application/receipts.ts';
import { MemoryEventStore } from '../../../services/event-store/adapters/memory/memory.event-store.ts';
import { PemKeyring } from '../../../services/integrity/adapters/keys/pem-keyring.ts';
import { DiscoveredLogs } from '../../../services/integrity/application/discovered-logs.ts';
import { OpenLog } from '../../../services/integrity/application/open-log.ts';
import type { ProviderLog } from '../../../services/integrity/application/provider-logs.ts';
import { ReceiptSigner } from '../../../services/integrity/application/receipt-signer.ts';

const at = '2026-01-02T03:04:05.678Z';
let log: ProviderLog;
let signer: ReceiptSigner;

beforeAll(async () => {
  const store = new MemoryEventStore();
  const keyring = new PemKeyring({ folder: mkdtempSync(join(tmpdir(), 'tallyroot-keys-')) });
  log = await new OpenLog({ store, keyring, clock: { now: () => at }, chains: async () => [] }).openLog({ slug: 'north', chains: [] });
  signer = new ReceiptSigner(new DiscoveredLogs(store), keyring, { admit: () => undefined });
});

describe('a receipt', () => {
  it('promises the leaf by a day after its own time', async () => {
    const receipt = await signer.issue(eventOf(3));
    expect(textOf(receipt)).toBe(
      `{"by":"2026-01-03T03:04:05.678Z","id":"${eventOf(3).id}","issued":"${at}","leaf":"${eventOf(3).leaf}","log":"${log.origin}",` +
        `"rev":"3","stream":"north.account-acc_1","v":"tallyroot-promise/1"}`,
    );
  });

  it('stands alone, without a path, when nobody else asks in the same turn', async () => {
    const receipt = await signer.issue(eventOf(1));
    expect(receipt).toMatchObject({ index: '0', count: '1', path: [] });
    expectGenuine(receipt);
  });

  it('shares one signature with all that are asked for in one turn', async () => {
    const receipts = await Promise.all(Array.from({ length: 100 }, (_, index) => signer.issue(eventOf(index))));
    expect(new Set(receipts.map(({ note }) => note)).size).toBe(1);
    receipts.forEach((receipt, index) => {
      expect(receipt).toMatchObject({ index: `${index}`, count: '100' });
      expectGenuine(receipt);
    });
  });

  it('has the same promise bytes whenever it is asked for', async () => {
    const [first] = await Promise.all([signer.issue(eventOf(1)), signer.issue(eventOf(2))]);
    expect((await signer.issue(eventOf(1))).promise).toBe(first?.promise);
  });
});

function eventOf(revision: number) {
  const id = `00000000-0000-4000-8000-${revision.toString().padStart(12, '0')}`;
  return {
    provider: 'north',
    origin: log.origin,
    id,
    stream: 'north.account-acc_1',
    revision: BigInt(revision),
    leaf: hash('sha256', id, 'hex'),
    at,
  };
}

function textOf({ promise }: Receipt): string {
  return Buffer.from(promise, 'base64').toString();
}

/** Checks a receipt as a stranger would: with the vkey of the genesis and RFC 9162 section 2.1.3.2. */
function expectGenuine({ promise, index, count, path, note }: Receipt): void {
  const [text, signature] = note.split('\n\n') as [string, string];
  const [name, keyHash, typedKey] = (log.policy.receiptVkeys[0] as string).split(/\+(?=[0-9a-f]{8}\+)|(?<=\+[0-9a-f]{8})\+/) as [
    string,
    string,
    string,
  ];
  const [dash, signedBy, encoded] = signature.trimEnd().split(' ') as [string, string, string];
  const bytes = Buffer.from(encoded, 'base64');
  const x = Buffer.from(typedKey, 'base64').subarray(1).toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  expect([dash, signedBy, bytes.subarray(0, 4).toString('hex')]).toEqual(['—', name, keyHash]);
  expect(verify(null, Buffer.from(`${text}\n`), key, bytes.subarray(4))).toBe(true);
  let root = hash('sha256', Buffer.concat([Buffer.of(0), Buffer.from(promise, 'base64')]), 'buffer');
  let fn = Number(index);
  let sn = Number(count) - 1;
  for (const sibling of path.map((hex) => Buffer.from(hex, 'base64'))) {
    const isRight = fn % 2 === 1 || fn === sn;
    root = hash('sha256', Buffer.concat([Buffer.of(1), ...(isRight ? [sibling, root] : [root, sibling])]), 'buffer');
    while (isRight && fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  expect(sn).toBe(0);
  expect(text).toBe(`tallyroot-promises/1\n${log.origin}\n${count}\n${root.toString('base64')}`);
}
