import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MemorySettlementLedger } from '../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../services/settlement/adapters/memory/memory.watcher-store.ts';
import {
  emitted,
  type Lie,
  type RawLog,
  ScriptedChain,
  scriptedContracts,
  type ScriptedNode,
  settled,
  startScriptedNode,
} from '../support/scripted-chain.ts';
import { lookOften, scriptedChainOf, watchOf } from '../support/watched-chain.ts';

const someone = `0x${'b1'.repeat(20)}`;
const other = `0x${'0f'.repeat(32)}`;

/** Changes what a method answers. */
function changed(methods: readonly string[], change: (result: unknown) => unknown): Lie {
  return (method, _params, truth) => (methods.includes(method) ? { result: change(truth()) } : undefined);
}

/** Changes the logs that a node answers with. */
function withLogs(change: (logs: readonly RawLog[]) => readonly RawLog[]): Lie {
  return changed(['eth_getLogs'], (logs) => change(logs as RawLog[]));
}

/** Changes each of them. */
function eachLog(change: (log: RawLog) => Partial<RawLog>): Lie {
  return withLogs((logs) => logs.map((log) => ({ ...log, ...change(log) })));
}

/** Changes the fields of a receipt or a block. */
function fields(method: string, change: object): Lie {
  return changed([method], (result) => (result === null ? null : { ...(result as object), ...change }));
}

/** Answers a method in another way. */
function instead(methods: readonly string[], told: ReturnType<Lie>): Lie {
  return (method) => (methods.includes(method) ? told : undefined);
}

/** The node invents a log, in its receipts as well. */
function invented(): Lie {
  const made = new Map<string, RawLog>();
  const forgedOf = (log: RawLog): RawLog => {
    const { topics, data } = settled(200n + BigInt(made.size), { amount: 1_000_000n });
    const forged = made.get(log.transactionHash) ?? { ...log, topics, data, logIndex: '0x7' };
    made.set(log.transactionHash, forged);
    return forged;
  };
  const lyingLogs = withLogs((logs) => logs.flatMap((log) => [log, forgedOf(log)]).slice(0, 2));
  return (method, params, truth) => {
    const forged = made.get(params[0] as string);
    if (method !== 'eth_getTransactionReceipt' || forged === undefined) return lyingLogs(method, params, truth);
    const receipt = truth() as { logs: RawLog[] };
    return { result: { ...receipt, logs: [...receipt.logs, forged] } };
  };
}

const anyLog = ['eth_getLogs'];
const lies: readonly (readonly [name: string, lie: () => Lie])[] = [
  ['answers without logs', () => withLogs(() => [])],
  ['answers with half of the logs', () => withLogs((logs) => logs.slice(0, logs.length / 2))],
  ['shows an old head', () => changed(['eth_blockNumber'], () => '0x2')],
  [
    'shows an old block as its newest',
    () => (_method, params, truth) => (params[0] === 'latest' ? { result: { ...(truth() as object), number: '0x1' } } : undefined),
  ],
  ['repeats logs', () => withLogs((logs) => [...logs, ...logs])],
  ['turns logs around', () => withLogs((logs) => logs.toReversed())],
  ['gives logs another block', () => eachLog(() => ({ blockHash: other }))],
  ['gives logs another place', () => eachLog(() => ({ logIndex: '0x5' }))],
  ['gives logs other data', () => eachLog(({ data }) => ({ data: `${data}00` }))],
  ['says that logs are removed', () => eachLog(() => ({ removed: true }))],
  ['gives logs of other contracts', () => eachLog(() => ({ address: someone }))],
  ['shows receipts of failure', () => fields('eth_getTransactionReceipt', { status: '0x0' })],
  ['shows receipts of another block', () => fields('eth_getTransactionReceipt', { blockHash: other })],
  ['has no receipts', () => changed(['eth_getTransactionReceipt'], () => null)],
  ['shows other blocks by number', () => fields('eth_getBlockByNumber', { hash: other })],
  ['knows no hashes', () => instead(['eth_getBlockByHash'], { result: null })],
  ['has no log of a hash', () => instead(anyLog, { error: 'unknown block' })],
  ['refuses ranges for ever', () => instead(anyLog, { error: 'query returned more than 10000 results' })],
  ['is throttled', () => () => ({ status: 429 })],
  ['is throttled politely', () => instead(anyLog, { error: 'Too Many Requests: rate limit exceeded' })],
  ['breaks down', () => () => ({ status: 503 })],
  ['hangs up', () => () => 'hang up'],
  ['never answers', () => instead(anyLog, 'silence')],
  ['answers with nonsense', () => () => ({ result: { what: 'ever' } })],
  ['serves another chain', () => changed(['eth_chainId', 'eth_getBlockByNumber'], (truth) => (typeof truth === 'string' ? '0x1' : null))],
];

/** What nodes do that no look at one node alone can tell from the truth. */
const hardest = lies.filter(([name]) => /without logs|half|by number|hangs up|throttled$|another chain|no receipts/.test(name));

let chain: ScriptedChain;
let nodes: ScriptedNode[];
let ledger: MemorySettlementLedger;

/** What is final on the chain, by key and place. */
function truth(): string[] {
  return chain
    .canonical(chain.finalizedNumber)
    .flatMap(({ hash, transactions }) =>
      transactions.flat().map(({ slot }, at) => (slot === undefined ? [] : [`${slot.seq} ${hash} ${at}`])),
    )
    .flat();
}

const ledgerHolds = () =>
  ledger
    .finalised()
    .filter(({ effect }) => effect === 'slot')
    .map(({ key, block, logIndex }) => `${key} ${block.hash} ${logIndex}`);
const countsOf = () => [...ledger.facts().values()].map((facts) => facts.map(({ type }) => type).join());

beforeEach(() => {
  chain = new ScriptedChain();
  nodes = [];
  ledger = new MemorySettlementLedger();
});

afterEach(() => Promise.all(nodes.map((node) => node.close())));

async function watchWith(count: number) {
  for (let index = 0; index < count; index++) nodes.push(await startScriptedNode(chain));
  chain.mine([emitted(scriptedContracts.registry, 'ProviderCreated', ['1', someone, someone])]);
  chain.mine([settled(0n)]);
  chain.mineEmpty(1);
  chain.finalise();
  return watchOf(scriptedChainOf(nodes.map(({ url }) => url)), { ledger, store: new MemoryWatcherStore() });
}

/** Payments go on while the first node lies, in final blocks and behind them. */
async function payWhile(lie: Lie, watch: Awaited<ReturnType<typeof watchWith>>): Promise<unknown[]> {
  await watch.look();
  nodes[0]!.lie = lie;
  chain.mine([settled(1n), settled(2n)], [settled(3n)]);
  chain.mineEmpty(2);
  chain.finalise(1n);
  chain.mine([settled(4n)], [settled(5n)]);
  const failures = await lookOften(watch, 2);
  const isTrue = ledgerHolds().every((held) => truth().includes(held));
  expect(isTrue).toBe(true);
  nodes[0]!.lie = undefined;
  chain.mine([settled(6n)]);
  chain.mineEmpty(1);
  chain.finalise();
  await lookOften(watch, 3);
  return failures;
}

describe('the watcher holds in the end what is on the chain, each payment once [SET-A33]', () => {
  it.each(lies)('when the only node %s', async (_name, lie) => {
    const watch = await watchWith(1);
    await payWhile(lie(), watch);
    expect(ledgerHolds()).toEqual(truth());
    for (const types of countsOf()) expect(types).toMatch(/^observed(,reorged,observed)*,finalized$/);
  });

  it.each([...hardest, ['invents a payment with its receipt', invented] as const])('when one of three nodes %s', async (_name, lie) => {
    const watch = await watchWith(3);
    await payWhile(lie(), watch);
    expect(ledgerHolds()).toEqual(truth());
    expect(new Set(countsOf())).toEqual(new Set(['observed,finalized']));
  });

  it('and stops where the only node invents a payment, before the ledger hears of it', async () => {
    const watch = await watchWith(1);
    const failures = await payWhile(invented(), watch);
    expect(failures).toEqual([
      expect.objectContaining({ code: 'event_without_bit' }),
      expect.objectContaining({ code: 'event_without_bit' }),
    ]);
    expect(ledgerHolds().map((held) => held.split(' ')[0])).toEqual(['0']);
  });

  it('and waits while nodes contradict each other, whoever is in the majority', async () => {
    const watch = await watchWith(3);
    const failures = await payWhile(
      withLogs(() => []),
      watch,
    );
    expect(failures).toEqual([1, 2].map(() => expect.objectContaining({ name: 'NodesDisagreeFault' })));
  });
});
