import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lookUpOnChain } from '../../../verifier/evidence/chain-items.ts';
import { checkEvidence, type CheckedEvidence, type CheckedItem } from '../../../verifier/evidence/check-evidence.ts';
import { collectEvidence } from '../../../verifier/evidence/collect-evidence.ts';
import { parseEvidence } from '../../../verifier/evidence/evidence.ts';
import { KeptIds } from '../../../verifier/state/kept.id-store.ts';
import type { ResumePoint, ResumeStore } from '../../../verifier/state/resume-point.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AnchoringChain, nowText } from '../../support/anchoring-chain.ts';
import { LogBuilder, type LogFolder } from '../../support/log-builder.ts';
import { type Lies, type LyingNode, Refusal, startLyingNode } from '../../support/lying-node.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';

let folder: string;
let chain: AnchoringChain;
const lying: LyingNode[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyroot-anchored-'));
  chain = await AnchoringChain.start();
});

beforeEach(async () => {
  chain = await chain.withNewContract();
});

afterEach(() => Promise.all(lying.splice(0).map((node) => node.close())));

afterAll(() => {
  rmSync(folder, { recursive: true });
  return chain.stop();
});

function verify(log: LogBuilder, files: LogFolder = log.files(), { isLive = false, url = chain.anvil.url } = {}) {
  return verifyFiles(log, files, { source: new MemoryLogSource(files, { isLive }), rpcUrls: [url], contract: chain.listed.contract });
}

describe('an anchored log', () => {
  it('is VALID below its last final anchor, and tells of its tail', async () => {
    const log = await chain.log();
    log.move('1.00');
    await chain.round(log);
    log.move('2.00', { at: nowText() });
    await chain.round(log);
    const anchored = log.size;
    log.move('3.00', { at: nowText() });
    for (const isLive of [false, true]) {
      const outcome = await verify(log, log.files(), { isLive });
      expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: {} });
      expect(outcome).toMatchObject({ provenSize: anchored, size: anchored + 1, lastAnchor: { seq: 2n, size: BigInt(anchored) } });
    }
  });

  it('is verified on from where an earlier verification was, to the same outcome', async () => {
    const log = await chain.log();
    while (log.size < 300) log.move('1.00', { at: nowText() });
    await chain.round(log);
    let kept: ResumePoint | undefined;
    const ids = new KeptIds(join(folder, 'state'));
    const resume: ResumeStore = {
      load: () => kept && { point: kept, isBound: true },
      openIds: (known, from) => ids.open(known, from),
      isDue: () => true,
      save: (point) => (kept = structuredClone(point)),
      bind: () => undefined,
      discard: () => undefined,
    };
    const begun: (readonly [number, string | undefined])[] = [];
    const verifyOn = (url: string) =>
      verifyFiles(log, log.files(), {
        ...{ rpcUrls: [url], resume },
        onProgress: ({ leaves, size, from, anewBecause }) => leaves === size && begun.push([from, anewBecause]),
      });
    for (const size of [300, 600, 700]) {
      while (log.size < size) log.move('1.00', { at: nowText() });
      await chain.round(log);
      expect(summaryOf(await verifyOn(chain.anvil.url))).toEqual({ verdict: 'VALID', results: {} });
    }
    expect(begun.map(([from]) => from)).toEqual([0, 256, 512]);
    await chain.anvil.undo(12); // The last two anchors are gone, from a chain that was final.
    await chain.anvil.mine(3);
    await verifyOn(chain.anvil.url);
    expect(begun.at(-1)).toEqual([0, expect.stringContaining('are others than then')]);
  });

  it('is UNVERIFIABLE as long as no anchor is final', async () => {
    const log = await chain.log();
    await chain.anchor(log);
    const outcome = await verify(log);
    expect(summaryOf(outcome)).toEqual({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
    expect(outcome).toMatchObject({ provenSize: 0 });
  });

  it('is found on a chain that only a later policy lists', async () => {
    const log = new LogBuilder();
    await chain.register(log);
    log.move('1.00');
    log.changePolicy({ chains: [chain.listed] });
    await chain.round(log);
    const outcome = await verify(log);
    expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: {} });
    expect(outcome).toMatchObject({ provenSize: log.size });
  });

  it('is UNVERIFIABLE without an answer of its chain', async () => {
    const log = await chain.log();
    await chain.round(log);
    const away = await verify(log, log.files(), { url: 'http://127.0.0.1:9' });
    expect(summaryOf(away)).toEqual({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable', V6: 'unverifiable' } });
    const without = await verifyFiles(log, log.files(), { rpcUrls: [] });
    expect(summaryOf(without)).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
    expect(summaryOf(await verifyFiles(log, log.files()))).toEqual({ verdict: 'VALID', results: { V1: 'not checked', V6: 'not checked' } });
  });

  it('is VALID with a node that keeps no older state, which is said', async () => {
    const log = await chain.log();
    await chain.round(log);
    const outcome = await verify(log, log.files(), { url: await forgetfulNode() });
    expect([outcome.verdict, findingsOf(outcome)]).toEqual(['VALID', [['node-without-history', undefined]]]);
  });
});

describe('[ATT-01] [ATT-02] history written anew', () => {
  it('is INVALID under an anchor, with the transaction as evidence', async () => {
    const log = await chain.log();
    const index = log.move('1.00');
    await chain.round(log);
    const honest = log.files();
    const other = log.entries[index]!;
    log.entries[index] = other.replace(/"pay":"(.)/, (_, digit) => `"pay":"${digit === 'f' ? '0' : 'f'}`);
    const outcome = await verify(log);
    log.entries[index] = other;
    expect(summaryOf(outcome)).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' }, firstBad: index });
    expect(JSON.stringify(outcome, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).toContain('"tx":"0x');
    expect(summaryOf(await verify(log, honest))).toEqual({ verdict: 'VALID', results: {} });
  });
});

describe('[ATT-04] a head below the last anchor', () => {
  it('is INVALID for a log that goes on, and UNVERIFIABLE for a copy, which may be old', async () => {
    const log = await chain.log();
    await chain.round(log);
    const files = log.files(log.size - 1);
    expect(summaryOf(await verify(log, files, { isLive: true }))).toMatchObject({ verdict: 'INVALID', results: { V2: 'invalid' } });
    expect(summaryOf(await verify(log, files))).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V3: 'unverifiable' } });
  });
});

describe('[ATT-09] [ATT-10] claimed times', () => {
  it('are INVALID before the tick that they follow', async () => {
    const log = await chain.log();
    await chain.round(log);
    log.move('1.00', { at: nowText() });
    const index = log.move('1.00', { at: nowText(-3600) });
    log.move('1.00', { at: nowText(-7200) });
    await chain.round(log);
    const outcome = await verify(log);
    expect(summaryOf(outcome)).toEqual({ verdict: 'INVALID', results: { V6: 'invalid' }, firstBad: index });
    expect(await evidenceOf(outcome, log)).toEqual({ offline: ['before tick shown'], looked: ['before tick shown'], isConfirmed: true });
    expect(await evidenceOf(outcome, log, { toleranceSeconds: 86_400 })).toMatchObject({ looked: ['before tick refuted'] });
  });

  it('are INVALID behind the anchor that covers them', async () => {
    const log = await chain.log();
    const index = log.move('1.00', { at: nowText(3600) });
    await chain.round(log);
    await chain.round(log);
    const outcome = await verify(log);
    expect(summaryOf(outcome)).toEqual({ verdict: 'INVALID', results: { V6: 'invalid' }, firstBad: index });
    expect(await evidenceOf(outcome, log)).toEqual({
      offline: ['behind anchor shown'],
      looked: ['behind anchor shown'],
      isConfirmed: true,
    });
    expect(await evidenceOf(outcome, log, { toleranceSeconds: 86_400 })).toMatchObject({ looked: ['behind anchor refuted'] });
  });

  /** What others make of it, without a chain and with one. */
  async function evidenceOf(
    outcome: Awaited<ReturnType<typeof verify>>,
    { genesisHash }: LogBuilder,
    change: Partial<CheckedEvidence> = {},
  ) {
    if ('reason' in outcome) throw new Error(outcome.reason);
    const checked = checkEvidence(parseEvidence(JSON.stringify(await collectEvidence(outcome)))!, genesisHash);
    if (typeof checked === 'string') throw new Error(checked);
    const told = (items: readonly CheckedItem[]) => items.map(({ item, verdict }) => `${item.kind} ${verdict}`);
    const looked = await lookUpOnChain({ ...checked, ...change }, chain.anvil.url);
    return {
      offline: told(checked.items),
      looked: told(looked),
      isConfirmed: looked.every(({ why }) => why.endsWith('the chain confirms it')),
    };
  }

  it('may be off by the tolerance that the log promises', async () => {
    const log = await chain.log({ toleranceSeconds: 7200 });
    log.move('1.00', { at: nowText(3600) });
    await chain.round(log);
    log.move('1.00', { at: nowText(-3600) });
    await chain.round(log);
    expect(summaryOf(await verify(log))).toEqual({ verdict: 'VALID', results: {} });
  });

  it('count for nothing with a tick of a block that is not on the chain, or older than the tick before', async () => {
    const log = await chain.log();
    await chain.anvil.mine(3);
    const forged = log.tick(31_337n, 2n, `0x${'a'.repeat(64)}`, nowText());
    await chain.round(log);
    expect(summaryOf(await verify(log))).toEqual({ verdict: 'INVALID', results: { V6: 'invalid' }, firstBad: forged });
    const second = await chain.log();
    await chain.round(second);
    const older = second.tick(31_337n, 1n, (await chain.block(1)).hash, nowText());
    await chain.round(second);
    expect(summaryOf(await verify(second))).toEqual({ verdict: 'INVALID', results: { V6: 'invalid' }, firstBad: older });
  });
});

describe('[ATT-23] [ATT-25] [ATT-26] the contract', () => {
  it('shows a publisher who anchors what the log never had', async () => {
    const log = await chain.log();
    await chain.anchor(log, 1, Buffer.alloc(32, 7));
    await chain.anvil.mine(3);
    expect(summaryOf(await verify(log))).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' } });
  });

  it('is INVALID with other code than the listed one, and UNVERIFIABLE where there is none', async () => {
    const codeHash = `0x${'a'.repeat(64)}`;
    const log = new LogBuilder({ chains: [{ ...chain.listed, codeHash }] });
    await chain.anvil.mine(3);
    expect(summaryOf(await verify(log))).toMatchObject({ verdict: 'INVALID', results: { V1: 'invalid' } });
    const nowhere = new LogBuilder({ chains: [{ ...chain.listed, contract: `0x${'1'.repeat(40)}` }] });
    const outcome = await verifyFiles(nowhere, nowhere.files(), { rpcUrls: [chain.anvil.url] });
    expect(summaryOf(outcome)).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
  });

  it('proves nothing by an anchor that was undone with its block', async () => {
    const log = await chain.log();
    log.move('1.00');
    await chain.anvil.mine(3);
    await chain.anchor(log);
    const files = log.files();
    await chain.anvil.undo(1);
    await chain.anvil.mine(3);
    expect(summaryOf(await verify(log, files))).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
  });

  it('makes a stated anchor that it does not have a finding', async () => {
    const log = await chain.log();
    await chain.round(log);
    log.move('1.00', { at: nowText() });
    log.anchors.push({ chainId: '31337', contract: chain.listed.contract, size: BigInt(log.size) });
    const outcome = await verify(log);
    expect([outcome.verdict, findingsOf(outcome)]).toEqual(['VALID', [['anchor-not-on-chain', undefined]]]);
  });
});

describe('[ATT-30] silence', () => {
  it('leaves a live log UNVERIFIABLE, and is a finding once it ended', async () => {
    const log = await chain.log({ heartbeatSeconds: 0, toleranceSeconds: 10 });
    await chain.round(log);
    await chain.anvil.rpc.call('evm_increaseTime', 60);
    await chain.anvil.mine(1);
    log.move('1.00', { at: nowText(55) });
    await chain.anchor(log);
    await chain.anvil.mine(3);
    const outcome = await verify(log);
    expect([outcome.verdict, findingsOf(outcome)]).toEqual(['VALID', [['gap', undefined]]]);
    const silent = await chain.log({ heartbeatSeconds: 0, toleranceSeconds: 0 });
    await chain.anchor(silent);
    await chain.anvil.mine(3);
    const past = Date.now;
    Date.now = () => past() + 3_600_000;
    try {
      const live = await verify(silent, silent.files(), { isLive: true });
      expect(summaryOf(live)).toEqual({ verdict: 'UNVERIFIABLE', results: { V6: 'unverifiable' } });
    } finally {
      Date.now = past;
    }
  });
});

describe('[ATT-28] nodes that lie', () => {
  const verifyBy = (log: LogBuilder, ...urls: string[]) =>
    verifyFiles(log, log.files(), { source: new MemoryLogSource(log.files()), rpcUrls: urls });

  it('leave the log UNVERIFIABLE where two contradict each other, whatever the lie is', async () => {
    const log = await chain.log();
    await chain.round(log);
    const root = log.root(log.size).toString('hex');
    const lies: readonly Lies[] = [
      { eth_getLogs: () => [] },
      { eth_getCode: () => '0x00' },
      { eth_call: () => `0x${'0'.repeat(192)}` },
      { eth_getLogs: (logs) => JSON.parse(JSON.stringify(logs).replaceAll(root, 'a'.repeat(64))) as unknown },
      { eth_getBlockByNumber: (block) => ({ ...(block as object), timestamp: '0x1' }) },
    ];
    for (const lie of lies) {
      const liar = await nodeThat(lie);
      for (const urls of [
        [chain.anvil.url, liar],
        [liar, chain.anvil.url],
      ])
        expect(summaryOf(await verifyBy(log, ...urls))).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
    }
  });

  it('that tell the same leave it VALID, and one that is silent beside them is told', async () => {
    const log = await chain.log();
    await chain.round(log);
    const both = await verifyBy(log, chain.anvil.url, await nodeThat({}));
    expect([both.verdict, findingsOf(both)]).toEqual(['VALID', []]);
    const silent = await nodeThat((method, result) => (method === 'eth_chainId' ? result : undefined));
    const one = await verifyBy(log, silent, chain.anvil.url);
    expect([one.verdict, findingsOf(one)]).toEqual(['VALID', [['node-silent', undefined]]]);
  });

  it('cannot make the verifier fail, whatever they answer', async () => {
    const log = await chain.log();
    await chain.round(log);
    const answers: readonly unknown[] = [
      null,
      0,
      '',
      '0x',
      '0xzz',
      [],
      [null],
      [{}],
      {},
      { number: '0x1' },
      `0x${'f'.repeat(64)}`,
      `0x${'f'.repeat(200)}`,
      { number: `0x${'f'.repeat(64)}`, hash: `0x${'a'.repeat(64)}`, timestamp: `0x${'f'.repeat(64)}` },
    ];
    const methods = ['eth_chainId', 'eth_getBlockByNumber', 'eth_getCode', 'eth_getLogs', 'eth_call'];
    for (const method of methods) {
      for (const answer of answers) {
        const { verdict } = await verifyBy(log, await nodeThat({ [method]: () => answer }));
        expect([method, answer, ['UNVERIFIABLE', 'INVALID'].includes(verdict)]).toEqual([method, answer, true]);
      }
    }
  }, 120_000);
});

/** Stands before the chain's node until the test ends. */
async function nodeThat(lies: Lies): Promise<string> {
  const node = await startLyingNode(chain.anvil.url, lies);
  lying.push(node);
  return node.url;
}

/** The node as it is after a restart: it has its blocks and logs, and no state but the latest. */
function forgetfulNode(): Promise<string> {
  return nodeThat((method, result, params) => {
    const isOld = (method === 'eth_call' || method === 'eth_getCode') && params.at(-1) !== 'latest';
    if (isOld) throw new Refusal('BlockOutOfRangeError');
    return result;
  });
}
