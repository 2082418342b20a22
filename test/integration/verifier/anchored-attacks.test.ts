import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AnchoringChain } from '../../support/anchoring-chain.ts';
import { LogBuilder, type LogBuilderOptions } from '../../support/log-builder.ts';
import { type LyingNode, startLyingNode } from '../../support/lying-node.ts';
import { findingsOf, summaryOf, verifyFiles } from '../../support/verify-files.ts';

const hour = 3600;
let fast: AnchoringChain;
let slow: AnchoringChain;
const lying: LyingNode[] = [];

beforeAll(async () => {
  [fast, slow] = await Promise.all([AnchoringChain.start(31_337), AnchoringChain.start(31_338)]);
});

beforeEach(async () => {
  [fast, slow] = await Promise.all([fast.withNewContract(), slow.withNewContract()]);
});

afterEach(() => Promise.all(lying.splice(0).map((node) => node.close())));

afterAll(() => Promise.all([fast.stop(), slow.stop()]));

/** A log that lists both chains and is registered on both. */
async function logOnBoth(options: LogBuilderOptions = {}): Promise<LogBuilder> {
  const log = new LogBuilder({ chains: [fast.listed, { ...slow.listed, heartbeatSeconds: String(48 * hour) }], ...options });
  for (const chain of [fast, slow]) await chain.register(log);
  return log;
}

/** Brings the log, as it is now, into the contract. */
async function anchor(chain: AnchoringChain, log: LogBuilder): Promise<void> {
  await chain.anchor(log);
  await chain.anvil.mine(3);
}

/** The operator forgets the last leaf and tells another one, with the same keys. */
function forkLast(log: LogBuilder): void {
  log.events.pop();
  log.entries.pop();
  log.move('9.00');
}

function verify(log: LogBuilder, rpcUrls: string[] = [fast.anvil.url, slow.anvil.url], files = log.files()) {
  return verifyFiles(log, files, { rpcUrls });
}

/** A node that answers like the real one, but for one method. */
async function lyingNode({ anvil }: AnchoringChain, method: string, lie: (result: unknown) => unknown): Promise<string> {
  const node = await startLyingNode(anvil.url, { [method]: lie });
  lying.push(node);
  return node.url;
}

describe('a log on two chains', () => {
  it('is VALID where anchors of both fit one tree, up to the largest', async () => {
    const log = await logOnBoth();
    log.move('1.00');
    await anchor(slow, log);
    log.move('2.00');
    await anchor(fast, log);
    log.move('3.00');
    await anchor(fast, log);
    const outcome = await verify(log);
    expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: {} });
    expect(outcome).toMatchObject({ provenSize: log.size, lastAnchor: { chain: { chainId: 31_337n } } });
  });

  it('is UNVERIFIABLE as long as one of them has no final anchor, or no node', async () => {
    const log = await logOnBoth();
    log.move('1.00');
    await anchor(fast, log);
    expect(summaryOf(await verify(log))).toEqual({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
    await anchor(slow, log);
    expect(summaryOf(await verify(log, [fast.anvil.url]))).toEqual({ verdict: 'UNVERIFIABLE', results: { V1: 'unverifiable' } });
    expect(summaryOf(await verify(log))).toEqual({ verdict: 'VALID', results: {} });
  });

  it('is held to the silence that each chain promises', async () => {
    const log = await logOnBoth({ heartbeatSeconds: hour, toleranceSeconds: 100 * 24 * hour });
    await anchor(fast, log);
    await anchor(slow, log);
    for (const { anvil } of [fast, slow]) await anvil.rpc.call('evm_increaseTime', 24 * hour + 100 * 24 * hour);
    log.move('1.00');
    await anchor(fast, log);
    await anchor(slow, log);
    const outcome = await verify(log);
    expect(summaryOf(outcome).verdict).toBe('VALID');
    expect(findingsOf(outcome).filter(([name]) => name === 'gap')).toHaveLength(1);
  });
});

describe('[ATT-06] two histories of one log', () => {
  it('are not both taken by a contract, and the one that is not anchored is INVALID', async () => {
    const log = await logOnBoth();
    log.move('1.00');
    log.move('2.00');
    for (const chain of [fast, slow]) await anchor(chain, log);
    const shown = log.files();
    forkLast(log);
    log.move('3.00');
    await expect(anchor(fast, log)).rejects.toThrow();
    expect(summaryOf(await verify(log, undefined, shown))).toEqual({ verdict: 'VALID', results: {} });
    const forked = await verify(log);
    expect(summaryOf(forked)).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' } });
    expect(JSON.stringify(forked, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))).toContain(
      'anchor 1 on chain',
    );
  });
});

describe('[ATT-07] different trees on different chains', () => {
  it('are INVALID, whichever of them the files show', async () => {
    const log = await logOnBoth();
    log.move('1.00');
    await anchor(fast, log);
    const first = log.files();
    forkLast(log);
    await anchor(slow, log);
    for (const files of [first, log.files()])
      expect(summaryOf(await verify(log, undefined, files))).toMatchObject({ verdict: 'INVALID', results: { V3: 'invalid' } });
  });
});

describe('[ATT-08] a second contract that nobody listed', () => {
  it('counts for nothing, and is INVALID where the auditor is sent to it', async () => {
    const log = new LogBuilder({ chains: [fast.listed] });
    for (const chain of [fast, slow]) await chain.register(log);
    log.move('1.00');
    await anchor(fast, log);
    log.move('2.00');
    await anchor(slow, log);
    const outcome = await verify(log);
    expect(summaryOf(outcome)).toEqual({ verdict: 'VALID', results: {} });
    expect(outcome).toMatchObject({ provenSize: log.size - 1 });
    const sent = await verifyFiles(log, log.files(), { rpcUrls: [slow.anvil.url], contract: slow.listed.contract });
    expect(summaryOf(sent)).toMatchObject({ verdict: 'INVALID', results: { V1: 'invalid' } });
  });
});

describe('[ATT-28] a node that lies to the verifier', () => {
  const dataAs = (change: (data: string) => string) => (logs: unknown) =>
    (logs as { topics: string[]; data: string }[]).map((log) => (log.topics.length === 3 ? { ...log, data: change(log.data) } : log));
  const roots = dataAs((data) => `0x${'7'.repeat(64)}${data.slice(66)}`);
  const garbage = dataAs(() => `0x${'7'.repeat(62)}`);

  it.each([
    ['anchors that are not there', 'eth_getLogs', roots],
    ['an event that no contract makes', 'eth_getLogs', garbage],
    ['no anchor', 'eth_getLogs', () => []],
    ['other code', 'eth_getCode', () => '0x6001'],
    ['another final block', 'eth_getBlockByNumber', (block: unknown) => ({ ...(block as object), hash: `0x${'7'.repeat(64)}` })],
    ['another head of the log', 'eth_call', () => `0x${'0'.repeat(192)}`],
    ['a head that is none', 'eth_call', () => '0x12'],
  ])('about %s makes it UNVERIFIABLE beside an honest one, whoever is asked first', async (_, method, lie) => {
    const log = await logOnBoth();
    log.move('1.00');
    await anchor(fast, log);
    await anchor(slow, log);
    const liar = await lyingNode(fast, method, lie);
    for (const nodes of [
      [liar, fast.anvil.url],
      [fast.anvil.url, liar],
    ])
      expect(summaryOf(await verify(log, [...nodes, slow.anvil.url]))).toMatchObject({
        verdict: 'UNVERIFIABLE',
        results: { V1: 'unverifiable' },
      });
    expect(summaryOf(await verify(log, [fast.anvil.url, fast.anvil.url, slow.anvil.url]))).toEqual({ verdict: 'VALID', results: {} });
  });
});
