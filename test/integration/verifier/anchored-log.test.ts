import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { lookUpOnChain } from '../../../verifier/evidence/chain-items.ts';
import { checkEvidence, type CheckedEvidence, type CheckedItem } from '../../../verifier/evidence/check-evidence.ts';
import { collectEvidence } from '../../../verifier/evidence/collect-evidence.ts';
import { parseEvidence } from '../../../verifier/evidence/evidence.ts';
import type { ResumePoint, ResumeStore } from '../../../verifier/state/resume-point.ts';
import { Contract, ContractFactory, JsonRpcProvider, type JsonRpcSigner, keccak256, Network } from 'ethers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ledgerAnchorAbi, ledgerAnchorBytecode } from '../../../contracts/generated/ledger-anchor.ts';
import type { ListedChain } from '../../../services/integrity/domain/log-policy.ts';
import { type Anvil, startAnvil } from '../../support/anvil.ts';
import { LogBuilder, type LogBuilderOptions, type LogFolder } from '../../support/log-builder.ts';
import { MemoryLogSource } from '../../support/memory.log-source.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';

let anvil: Anvil;
let provider: JsonRpcProvider;
let publisher: JsonRpcSigner;
let contract: Contract;
let chain: ListedChain;

beforeAll(async () => {
  anvil = await startAnvil();
  const network = Network.from(31_337);
  provider = new JsonRpcProvider(anvil.url, network, { staticNetwork: network, cacheTimeout: -1 });
  publisher = await provider.getSigner(0);
});

afterAll(async () => {
  provider.destroy();
  await anvil.stop();
});

beforeEach(async () => {
  const deployed = await new ContractFactory([...ledgerAnchorAbi], ledgerAnchorBytecode, publisher).deploy(
    0,
    publisher.address,
    publisher.address,
  );
  const receipt = await deployed.deploymentTransaction()!.wait();
  const address = (await deployed.getAddress()).toLowerCase();
  contract = new Contract(address, [...ledgerAnchorAbi], publisher);
  const codeHash = keccak256(await provider.getCode(address));
  chain = { chainId: '31337', contract: address, fromBlock: String(receipt!.blockNumber), codeHash };
});

/** A log that lists the contract and is registered there. */
async function registeredLog(options: LogBuilderOptions = {}): Promise<LogBuilder> {
  const log = new LogBuilder({ chains: [chain], ...options });
  await (await contract['register']!(`0x${log.logId}`, publisher.address)).wait();
  return log;
}

/** Anchors the first leaves, or what the publisher says that they are. */
async function anchor(log: LogBuilder, size = log.size, root = log.root(size)): Promise<void> {
  const [held] = (await contract['latest']!(`0x${log.logId}`)) as [bigint];
  await (await contract['anchor']!(`0x${log.logId}`, held, size, root, log.consistencyProof(held, size))).wait();
}

/** A round as the anchorer makes them: tick, commitment, anchor. */
async function round(log: LogBuilder): Promise<void> {
  await anvil.mine(3);
  await tick(log);
  log.commitState(log.size, {}, nowText());
  await anchor(log);
  await anvil.mine(3);
}

async function tick(log: LogBuilder): Promise<number> {
  const block = (await provider.getBlock('finalized'))!;
  return log.tick(31_337n, BigInt(block.number), block.hash!, nowText());
}

function nowText(offsetSeconds = 0): string {
  return new Date(Date.now() + offsetSeconds * 1000).toISOString();
}

function verify(log: LogBuilder, files: LogFolder = log.files(), { isLive = false, url = anvil.url } = {}) {
  return verifyFiles(log, files, { source: new MemoryLogSource(files, { isLive }), rpcUrls: [url], contract: chain.contract });
}

describe('an anchored log', () => {
  it('is VALID below its last final anchor, and tells of its tail', async () => {
    const log = await registeredLog();
    log.move('1.00');
    await round(log);
    log.move('2.00', { at: nowText() });
    await round(log);
    const anchored = log.size;
    log.move('3.00', { at: nowText() });
    for (const isLive of [false, true]) {
      const outcome = await verify(log, log.files(), { isLive });
      expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: {} });
      expect(outcome).toMatchObject({ provenSize: anchored, size: anchored + 1, lastAnchor: { seq: 2n, size: BigInt(anchored) } });
    }
  });

  it('is verified on from where an earlier verification was, to the same outcome', async () => {
    const log = await registeredLog();
    while (log.size < 300) log.move('1.00', { at: nowText() });
    await round(log);
    let kept: ResumePoint | undefined;
    const resume: ResumeStore = {
      load: () => kept && { point: kept, isBound: true },
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
      await round(log);
      expect(summaryOf(await verifyOn(anvil.url))).toEqual({ verdict: 'VALID', results: {} });
    }
    expect(begun.map(([from]) => from)).toEqual([0, 256, 512]);
    await anvil.undo(12); // The last two anchors are gone, from a chain that was final.
    await anvil.mine(3);
    await verifyOn(anvil.url);
    expect(begun.at(-1)).toEqual([0, expect.stringContaining('are others than then')]);
  }, 60_000);

  it('is UNVERIFIABLE as long as no anchor is final', async () => {
    const log = await registeredLog();
    await anchor(log);
    const outcome = await verify(log);
    expect(summaryOf(outcome)).toEqual({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
    expect(outcome).toMatchObject({ provenSize: 0 });
  });

  it('is found on a chain that only a later policy lists', async () => {
    const log = new LogBuilder();
    await (await contract['register']!(`0x${log.logId}`, publisher.address)).wait();
    log.move('1.00');
    log.changePolicy({ chains: [chain] });
    await round(log);
    const outcome = await verify(log);
    expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: {} });
    expect(outcome).toMatchObject({ provenSize: log.size });
  });

  it('is UNVERIFIABLE without an answer of its chain', async () => {
    const log = await registeredLog();
    await round(log);
    const away = await verify(log, log.files(), { url: 'http://127.0.0.1:9' });
    expect(summaryOf(away)).toEqual({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable', V6: 'unverifiable' } });
    const without = await verifyFiles(log, log.files(), { rpcUrls: [] });
    expect(summaryOf(without)).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
    expect(summaryOf(await verifyFiles(log, log.files()))).toEqual({ verdict: 'VALID', results: { V1: 'not checked', V6: 'not checked' } });
  });

  it('is VALID with a node that keeps no older state, which is said', async () => {
    const log = await registeredLog();
    await round(log);
    const node = await forgetfulNode();
    try {
      const outcome = await verify(log, log.files(), { url: node.url });
      expect([outcome.verdict, findingsOf(outcome)]).toEqual(['VALID', [['node-without-history', undefined]]]);
    } finally {
      node.close();
    }
  });
});

describe('[ATT-01] [ATT-02] history written anew', () => {
  it('is INVALID under an anchor, with the transaction as evidence', async () => {
    const log = await registeredLog();
    const index = log.move('1.00');
    await round(log);
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
    const log = await registeredLog();
    await round(log);
    const files = log.files(log.size - 1);
    expect(summaryOf(await verify(log, files, { isLive: true }))).toMatchObject({ verdict: 'INVALID', results: { V2: 'invalid' } });
    expect(summaryOf(await verify(log, files))).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V3: 'unverifiable' } });
  });
});

describe('[ATT-09] [ATT-10] claimed times', () => {
  it('are INVALID before the tick that they follow', async () => {
    const log = await registeredLog();
    await round(log);
    log.move('1.00', { at: nowText() });
    const index = log.move('1.00', { at: nowText(-3600) });
    log.move('1.00', { at: nowText(-7200) });
    await round(log);
    const outcome = await verify(log);
    expect(summaryOf(outcome)).toEqual({ verdict: 'INVALID', results: { V6: 'invalid' }, firstBad: index });
    expect(await evidenceOf(outcome, log)).toEqual({ offline: ['before tick shown'], looked: ['before tick shown'], isConfirmed: true });
    expect(await evidenceOf(outcome, log, { toleranceSeconds: 86_400 })).toMatchObject({ looked: ['before tick refuted'] });
  });

  it('are INVALID behind the anchor that covers them', async () => {
    const log = await registeredLog();
    const index = log.move('1.00', { at: nowText(3600) });
    await round(log);
    await round(log);
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
    const looked = await lookUpOnChain({ ...checked, ...change }, anvil.url);
    return {
      offline: told(checked.items),
      looked: told(looked),
      isConfirmed: looked.every(({ why }) => why.endsWith('the chain confirms it')),
    };
  }

  it('may be off by the tolerance that the log promises', async () => {
    const log = await registeredLog({ toleranceSeconds: 7200 });
    log.move('1.00', { at: nowText(3600) });
    await round(log);
    log.move('1.00', { at: nowText(-3600) });
    await round(log);
    expect(summaryOf(await verify(log))).toEqual({ verdict: 'VALID', results: {} });
  });

  it('count for nothing with a tick of a block that is not on the chain, or older than the tick before', async () => {
    const log = await registeredLog();
    await anvil.mine(3);
    const forged = log.tick(31_337n, 2n, `0x${'a'.repeat(64)}`, nowText());
    await round(log);
    expect(summaryOf(await verify(log))).toEqual({ verdict: 'INVALID', results: { V6: 'invalid' }, firstBad: forged });
    const second = await registeredLog();
    await round(second);
    const block = (await provider.getBlock(1))!;
    const older = second.tick(31_337n, 1n, block.hash!, nowText());
    await round(second);
    expect(summaryOf(await verify(second))).toEqual({ verdict: 'INVALID', results: { V6: 'invalid' }, firstBad: older });
  });
});

describe('[ATT-23] [ATT-25] [ATT-26] the contract', () => {
  it('shows a publisher who anchors what the log never had', async () => {
    const log = await registeredLog();
    await anchor(log, 1, Buffer.alloc(32, 7));
    await anvil.mine(3);
    expect(summaryOf(await verify(log))).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' } });
  });

  it('is INVALID with other code than the listed one, and UNVERIFIABLE where there is none', async () => {
    const codeHash = `0x${'a'.repeat(64)}`;
    const log = new LogBuilder({ chains: [{ ...chain, codeHash }] });
    await anvil.mine(3);
    expect(summaryOf(await verify(log))).toMatchObject({ verdict: 'INVALID', results: { V1: 'invalid' } });
    const nowhere = new LogBuilder({ chains: [{ ...chain, contract: `0x${'1'.repeat(40)}` }] });
    const outcome = await verifyFiles(nowhere, nowhere.files(), { rpcUrls: [anvil.url] });
    expect(summaryOf(outcome)).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
  });

  it('proves nothing by an anchor that was undone with its block', async () => {
    const log = await registeredLog();
    log.move('1.00');
    await anvil.mine(3);
    await anchor(log);
    const files = log.files();
    await anvil.undo(1);
    await anvil.mine(3);
    expect(summaryOf(await verify(log, files))).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
  });

  it('makes a stated anchor that it does not have a finding', async () => {
    const log = await registeredLog();
    await round(log);
    log.move('1.00', { at: nowText() });
    log.anchors.push({ chainId: '31337', contract: chain.contract, size: BigInt(log.size) });
    const outcome = await verify(log);
    expect([outcome.verdict, findingsOf(outcome)]).toEqual(['VALID', [['anchor-not-on-chain', undefined]]]);
  });
});

describe('[ATT-30] silence', () => {
  it('leaves a live log UNVERIFIABLE, and is a finding once it ended', async () => {
    const log = await registeredLog({ heartbeatSeconds: 0, toleranceSeconds: 10 });
    await round(log);
    await anvil.rpc.call('evm_increaseTime', 60);
    await anvil.mine(1);
    log.move('1.00', { at: nowText(55) });
    await anchor(log);
    await anvil.mine(3);
    const outcome = await verify(log);
    expect([outcome.verdict, findingsOf(outcome)]).toEqual(['VALID', [['gap', undefined]]]);
    const silent = await registeredLog({ heartbeatSeconds: 0, toleranceSeconds: 0 });
    await anchor(silent);
    await anvil.mine(3);
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
    const log = await registeredLog();
    await round(log);
    const lies: readonly ((method: string, result: unknown) => unknown)[] = [
      (method, result) => (method === 'eth_getLogs' ? [] : result),
      (method, result) => (method === 'eth_getCode' ? '0x00' : result),
      (method, result) => (method === 'eth_call' ? `0x${'0'.repeat(192)}` : result),
      (method, result) =>
        method === 'eth_getLogs'
          ? JSON.parse(JSON.stringify(result).replaceAll(log.root(log.size).toString('hex'), 'a'.repeat(64)))
          : result,
      (method, result) => (method === 'eth_getBlockByNumber' ? { ...(result as object), timestamp: '0x1' } : result),
    ];
    for (const lie of lies) {
      const liar = await nodeThat(lie);
      try {
        for (const urls of [
          [anvil.url, liar.url],
          [liar.url, anvil.url],
        ])
          expect(summaryOf(await verifyBy(log, ...urls))).toMatchObject({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
      } finally {
        liar.close();
      }
    }
  });

  it('that tell the same leave it VALID, and one that is silent beside them is told', async () => {
    const log = await registeredLog();
    await round(log);
    const honest = await nodeThat((_, result) => result);
    const silent = await nodeThat((method, result) => (method === 'eth_chainId' ? result : undefined));
    try {
      const both = await verifyBy(log, anvil.url, honest.url);
      expect([both.verdict, findingsOf(both)]).toEqual(['VALID', []]);
      const one = await verifyBy(log, silent.url, anvil.url);
      expect([one.verdict, findingsOf(one)]).toEqual(['VALID', [['node-silent', undefined]]]);
    } finally {
      honest.close();
      silent.close();
    }
  });

  it('cannot make the verifier fail, whatever they answer', async () => {
    const log = await registeredLog();
    await round(log);
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
    for (const lying of methods) {
      for (const answer of answers) {
        const liar = await nodeThat((method, result) => (method === lying ? answer : result));
        try {
          const { verdict } = await verifyBy(log, liar.url);
          expect([lying, answer, ['UNVERIFIABLE', 'INVALID'].includes(verdict)]).toEqual([lying, answer, true]);
        } finally {
          liar.close();
        }
      }
    }
  }, 120_000);
});

/** The node, but for what it answers to some questions; undefined for an answer without a result. */
function nodeThat(answerOf: (method: string, result: unknown) => unknown): Promise<{ url: string; close: () => void }> {
  return nodeBehind(async (body) => {
    const { method } = JSON.parse(body) as { method: string };
    const answer = await (await fetch(anvil.url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })).json();
    const { result, ...rest } = answer as { result?: unknown };
    return JSON.stringify(result === undefined ? rest : { ...rest, result: answerOf(method, result) });
  });
}

/** The node as it is after a restart: it has its blocks and logs, and no state but the latest. */
function forgetfulNode(): Promise<{ url: string; close: () => void }> {
  return nodeBehind(async (body) => {
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] };
    const isOld = (method === 'eth_call' || method === 'eth_getCode') && params.at(-1) !== 'latest';
    if (isOld) return JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message: 'BlockOutOfRangeError' } });
    return (await fetch(anvil.url, { method: 'POST', body, headers: { 'content-type': 'application/json' } })).text();
  });
}

async function nodeBehind(answerTo: (body: string) => Promise<string>): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answerTo(Buffer.concat(chunks).toString()).then((text) => response.setHeader('content-type', 'application/json').end(text));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => void server.close() };
}
