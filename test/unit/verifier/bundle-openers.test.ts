import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EntryReader } from '../../../verifier/log/entry.ts';
import { type BundleOpener, LocalBundleOpener } from '../../../verifier/opening/bundle-opener.ts';
import { LeafOpener } from '../../../verifier/opening/leaf-opener.ts';
import { openedBundlesOf } from '../../../verifier/opening/opened-bundles.ts';
import type { LogToOpen, SealedBundle } from '../../../verifier/opening/opened-leaf.ts';
import { packLeaves, unpackLeaves } from '../../../verifier/opening/packed-leaves.ts';
import { openerFor, SharedBundleOpener } from '../../../verifier/opening/shared.bundle-opener.ts';
import { startOpenerWorker, WorkerBundleOpener } from '../../../verifier/opening/worker.bundle-opener.ts';
import type { VerifyOptions } from '../../../verifier/verify.ts';
import { LogBuilder, type LogFolder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';

const money = { account: 'asset:cash:ключ', amount: '5.00', currency: 'EUR', direction: 'debit' };
const counter = { ...money, account: 'revenue:tv', direction: 'credit' };

/** A log of some bundles with every kind of leaf in it, well formed and not. */
function motleyLog(): LogBuilder {
  const log = new LogBuilder();
  const metadata = JSON.stringify({ at: log.instant(), body: {}, ms: 'a'.repeat(64), prev: '0'.repeat(64), ps: 'b'.repeat(64) });
  const stored = (index: number, data: string, meta?: string) =>
    log.appendStored({
      ...{ id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`, stream: `north.bad-${index}`, revision: 0n, type: 'Bad/1' },
      ...{ data, metadata: meta },
    });
  while (log.size < 600) {
    log.move(`${log.size}.00`, { account: `acc_${log.size % 7}` });
    if (log.size % 90 === 1) log.commitState();
    if (log.size % 110 === 1) log.append({ stream: 'north.series-main', type: 'NumberAssigned/1', fin: { sequence: String(log.size) } });
  }
  log.changePolicy({ heartbeatSeconds: '60' });
  log.rotateKey();
  log.append({ stream: 'north.account-acc_1', type: 'PaymentReceived/1', fin: { postings: [money, counter] } });
  log.append({ stream: 'north.account-acc_1', type: 'PaymentReceived/1', fin: { postings: [money, { ...counter, amount: '4.00' }] } });
  log.append({ stream: 'north.account-acc_1', type: 'PaymentReceived/1', fin: { postings: [money, { ...counter, direction: 'up' }] } });
  log.append({ stream: 'north.account-acc_1', type: 'PaymentReceived/1', fin: { postings: 'none' } });
  stored(1, 'nonsense', metadata);
  stored(2, '', metadata);
  stored(3, '{ "fin": 1 }', metadata);
  stored(4, '{"fin":{}}');
  stored(5, '{"fin":{}}', `${metadata} `);
  stored(6, JSON.stringify({ fin: { postings: [{ ...money, currency: 'EU\ud800' }] } }), metadata);
  log.appendStored({ ...log.events[3]!, stream: 'north.account-acc_9', revision: 0n });
  log.commitState();
  return log;
}

const log = motleyLog();
const files = log.files();
const logToOpen: LogToOpen = { origin: log.origin, isDeep: false };

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 4;
  return bytes;
}

const withFile = (name: string, change: (bytes: Buffer) => Buffer): LogFolder =>
  new Map(files).set(name, change(Buffer.from(files.get(name)!)));
const withLine = (index: number, line: string) =>
  withFile('payloads/000.jsonl', (bytes) => Buffer.from(bytes.toString().split('\n').with(index, line).join('\n')));
const without = (prefix: string): LogFolder => new Map([...files].filter(([name]) => !name.startsWith(prefix)));
const lastBundle = `tile/entries/002.p/${log.size - 512}`;

const copies: readonly (readonly [string, LogFolder])[] = [
  ['as it is', files],
  ['with a byte of a tile changed', withFile('tile/0/001', (bytes) => flip(bytes, 3_000))],
  ['with a byte of an entry changed', withFile('tile/entries/001', (bytes) => flip(bytes, 30_000))],
  ['with the length of an entry changed', withFile('tile/entries/001', (bytes) => flip(bytes, 1))],
  ['with a bundle that ends within an entry', withFile(lastBundle, (bytes) => bytes.subarray(0, 20_000))],
  ['with an empty bundle', withFile('tile/entries/001', () => Buffer.alloc(0))],
  ['with another event in a line', withLine(7, log.payloadLine(8))],
  ['with a byte of an event changed', withLine(7, log.payloadLine(7).replace('"data":"ey', '"data":"fy'))],
  ['with an event that is missing', withLine(7, JSON.stringify({ ...JSON.parse(log.payloadLine(7)), data: 'missing' }))],
  ['with an event that is withheld', withLine(7, JSON.stringify({ ...JSON.parse(log.payloadLine(7)), data: null }))],
  ['with a line that is none', withLine(7, 'nonsense')],
  ['with an empty line', withLine(7, '')],
  ['with fewer lines', withFile('payloads/001.jsonl', (bytes) => bytes.subarray(0, 50_000))],
  ['with lines that are no UTF-8', withFile('payloads/001.jsonl', (bytes) => bytes.fill(0xff, 40_000, 40_010))],
  ['without a file of payloads', without('payloads/001')],
  ['without any payload', without('payloads/')],
  ['without a bundle', without('tile/entries/001')],
  ['without a tile', without('tile/0/001')],
];

/** All that the verifier says, and what it asked for; but for the source itself. */
async function verified(copy: LogFolder, options: Pick<VerifyOptions, 'isDeep' | 'openerFor'>) {
  const source = new MemoryLogSource(copy);
  const outcome = await verifyFiles(log, copy, { source, ...options });
  return { outcome: { ...outcome, source: undefined }, asked: source.asked };
}

/** An opener that stays open for the next log. */
function kept(opener: BundleOpener): () => BundleOpener {
  return () => ({ open: (bundle) => opener.open(bundle), close: async () => undefined });
}

/** Bundles that can be given away. */
function sealed(): SealedBundle[] {
  return ['000', '001', `002.p/${log.size - 512}`].map((name, place) => {
    const entries = Buffer.from(files.get(`tile/entries/${name}`)!);
    const payloads = Buffer.from(files.get(`payloads/00${place}.jsonl`)!);
    return { start: place * 256, width: Math.min(256, log.size - place * 256), entries, payloads };
  });
}

it('reads the log to its end, with all that is in it', async () => {
  const outcome = await verifyFiles(log, files, { isDeep: true });
  expect(outcome).toMatchObject({ size: log.size, counts: { leaves: log.size, opened: log.size } });
  expect(new Set(findingsOf(outcome).map(([name]) => name))).toEqual(new Set(['format', 'duplicate-id']));
  expect(summaryOf(outcome)).toMatchObject({ results: { V7: 'invalid', V8: 'invalid' } });
});

describe.each([false, true])('a log (deep: %s)', (isDeep) => {
  let worker: WorkerBundleOpener;
  let shared: SharedBundleOpener;

  beforeAll(async () => {
    worker = new WorkerBundleOpener(log.origin, startOpenerWorker({ ...logToOpen, isDeep }));
    shared = new SharedBundleOpener(new LocalBundleOpener({ ...logToOpen, isDeep }), [worker]);
    await worker.open(sealed()[0]!);
    expect(worker.isReady).toBe(true);
  });

  afterAll(() => shared.close());

  it.each(copies)('%s is judged the same whoever opens it', async (_, copy) => {
    const here = await verified(copy, { isDeep });
    expect(await verified(copy, { isDeep, openerFor: kept(worker) })).toEqual(here);
    expect(await verified(copy, { isDeep, openerFor: kept(shared) })).toEqual(here);
  });

  it('with any bits changed arrives from another thread as it was opened there', () => {
    const opener = new LeafOpener({ ...logToOpen, isDeep });
    const flips = fc.array(fc.record({ file: fc.constantFrom('entries', 'payloads'), at: fc.nat(), bit: fc.nat(7) }), { maxLength: 5 });
    const law = fc.property(fc.nat(2), flips, (place, changes) => {
      const bundle = sealed()[place]!;
      for (const { file, at, bit } of changes) {
        const bytes = bundle[file]!;
        bytes[at % bytes.length]! ^= 1 << bit;
      }
      const leaves = [...opener.open(bundle)];
      const packed = structuredClone(packLeaves(leaves, Uint8Array.from(bundle.entries)));
      expect([...unpackLeaves(packed, new EntryReader(log.origin))]).toEqual(leaves);
    });
    fc.assert(law, { numRuns: 60 });
  });
});

describe('bundles that are shared', () => {
  it('are opened here until the worker has started, and in both threads then', async () => {
    const worker = new WorkerBundleOpener(log.origin, startOpenerWorker(logToOpen));
    const local = new LocalBundleOpener(logToOpen);
    const openedHere: number[] = [];
    const counting: BundleOpener = { open: (bundle) => (openedHere.push(bundle.start), local.open(bundle)), close: () => local.close() };
    const shared = new SharedBundleOpener(counting, [worker]);
    await shared.open(sealed()[0]!);
    expect([worker.isReady, openedHere]).toEqual([false, [0]]);
    await worker.open(sealed()[0]!);
    const many = Array.from({ length: 12 }, (_, place) => ({ ...sealed()[1]!, start: 256 * (place + 1) }));
    await Promise.all(many.map((bundle) => shared.open(bundle)));
    expect(openedHere.length).toBeGreaterThan(1);
    expect(openedHere.length).toBeLessThan(1 + many.length);
    await shared.close();
  });

  it('are at most eight at a time, however long the log is', async () => {
    let unread = 0;
    let most = 0;
    const open = async () => {
      most = Math.max(most, ++unread);
      return [];
    };
    const opener: BundleOpener = { open, close: async () => undefined };
    const source = { isLive: false, name: 'endless', read: async () => Buffer.alloc(8_192) };
    const unwanted = { entries: undefined, payloads: undefined };
    let bundles = 0;
    for await (const { start } of openedBundlesOf({ source, size: 100 * 256, opener, unwanted })) {
      expect(start).toBe(256 * bundles++);
      unread--;
    }
    expect([bundles, unread, most]).toEqual([100, 0, 8]);
  });

  it('are for a log that is long enough, and a machine that has the cores', async () => {
    expect(openerFor(logToOpen, 16_383)).toBeInstanceOf(LocalBundleOpener);
    const opener = openerFor(logToOpen, 16_384);
    expect(opener).toBeInstanceOf(availableParallelism() > 1 ? SharedBundleOpener : LocalBundleOpener);
    await opener.close();
  });
});

describe('a worker', () => {
  const dying = (code: string) =>
    new Worker(`const { parentPort } = require('node:worker_threads'); parentPort.postMessage('ready'); ${code}`, { eval: true });

  it('ends with the verification', async () => {
    const thread = startOpenerWorker(logToOpen);
    expect(await verified(files, { openerFor: () => new WorkerBundleOpener(log.origin, thread) })).toEqual(await verified(files, {}));
    expect(thread.threadId).toBe(-1);
  });

  it.each([
    ['throws', "parentPort.once('message', () => { throw new Error('no memory'); });", 'Error: no memory'],
    ['exits', "parentPort.once('message', () => process.exit(3));", 'exit code 3'],
    ['does not start', "throw new Error('no memory');", 'Error: no memory'],
  ])('that %s is an error, and no verdict', async (_, code, reason) => {
    const thread = dying(code);
    const verifying = verified(files, { openerFor: () => new WorkerBundleOpener(log.origin, thread) });
    await expect(verifying).rejects.toThrow(`A worker thread of the verifier died: ${reason}`);
    expect(thread.threadId).toBe(-1);
  });

  it('that dies is an error also where others could do its work', async () => {
    const thread = dying("parentPort.once('message', () => process.exit(3));");
    const worker = new WorkerBundleOpener(log.origin, thread);
    await expect(worker.open(sealed()[0]!)).rejects.toThrow('exit code 3');
    const shared = new SharedBundleOpener(new LocalBundleOpener(logToOpen), [worker]);
    await expect(verified(files, { openerFor: () => shared })).rejects.toThrow('exit code 3');
  });
});
