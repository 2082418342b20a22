import { describe, expect, it } from '@jest/globals';
import { ChainFault, ChainRefusedFault } from '../../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { RpcWatchedNode } from '../../../services/settlement/adapters/chain/rpc.watched-node.ts';
import { nativeToken } from '../../../services/settlement/application/settlement-chain.ts';
import type { WatchedBlock } from '../../../services/settlement/application/watching/watched-node.ts';
import { emitted, type RawLog, ScriptedChain, scriptedCalls, scriptedContracts } from '../../support/scripted-chain.ts';

const [holder, token, blockHash] = [`0x${'b1'.repeat(20)}`, `0x${'c2'.repeat(20)}`, `0x${'0f'.repeat(32)}`];

/** A node that refuses everything in these words. */
function refusing(message: string): RpcWatchedNode {
  const call = async (method: string): Promise<never> => {
    throw new ChainRefusedFault(method, message, undefined);
  };
  return new RpcWatchedNode('node 1', { call }, { finality: 'tag' });
}

describe('the state of an old block', () => {
  it.each([
    'missing trie node 7f (path ) state 0x7f is not available',
    'historical state 0x7f is not available',
    "state histories haven't been fully indexed yet",
    'pruned history unavailable',
    'No state available for block 45615500 (0x3f9e02...d11b)',
    'old data not available due to pruning: requested block 6134861',
    'seek with txNum=1962853355 but data before txNum=2662500000 is not available',
    'World state unavailable',
    'State at block #11052984 is pruned',
    'no state found for block number 17',
    'distance to target block exceeds maximum proof window',
    'This request is not supported because your node is running with state pruning. Run with --pruning=archive.',
    'header not found',
  ])('is not known to a node that says %j, which stays well', async (message) => {
    const node = refusing(message);
    await expect(node.balance(nativeToken, holder, blockHash)).resolves.toBeUndefined();
    await expect(node.balance(token, holder, blockHash)).resolves.toBeUndefined();
  });

  it.each(['Too Many Requests: rate limit exceeded', 'internal error', 'execution reverted', 'the method eth_getBalance is not available'])(
    'is not what %j is about',
    async (message) => {
      await expect(refusing(message).balance(nativeToken, holder, blockHash)).rejects.toBeInstanceOf(ChainRefusedFault);
    },
  );
});

// Of refunds and whatever else closes no slot: nothing in the contract bears them out, so what proves a log has to do so alone.
describe('[SET-A33] what one node says of logs', () => {
  type Answers = (method: string, truth: Promise<unknown>, params: readonly unknown[]) => Promise<unknown>;
  const word = (pair: string) => `0x${pair.repeat(32)}`;
  const refunded = (seq: bigint) => emitted(scriptedContracts.settlement, 'Refunded', ['1', seq, holder, seq, token, 5n, word('0a')]);
  const filter = { addresses: [scriptedContracts.settlement], topics: [refunded(1n).topics.slice(0, 1)] };

  function history(): { chain: ScriptedChain; taken: WatchedBlock } {
    const chain = new ScriptedChain();
    const created = emitted(scriptedContracts.registry, 'ProviderCreated', ['1', holder, holder]);
    const taken = chain.mine([refunded(1n), created], [refunded(2n)]);
    chain.mine([refunded(3n)]);
    chain.finalise();
    return { chain, taken };
  }
  const nodeOf = (chain: ScriptedChain, lie: Answers = (_, truth) => truth) => {
    const honest = scriptedCalls(chain);
    const call: ChainNode['call'] = async <Result>(method: string, ...params: readonly unknown[]) =>
      (await lie(method, honest.call(method, ...params), params)) as Result;
    return new RpcWatchedNode('node 1', { call }, { finality: 'tag' });
  };
  const eachLog =
    (change: (log: RawLog) => Partial<RawLog>): Answers =>
    async (method, truth) =>
      method === 'eth_getLogs' ? ((await truth) as RawLog[]).map((log) => ({ ...log, ...change(log) })) : truth;
  const withLogs =
    (change: (logs: RawLog[]) => RawLog[]): Answers =>
    async (method, truth) =>
      method === 'eth_getLogs' ? change((await truth) as RawLog[]) : truth;
  const inReceipts =
    (change: object): Answers =>
    async (method, truth) =>
      method === 'eth_getTransactionReceipt' ? { ...((await truth) as object), ...change } : truth;

  const lies: readonly (readonly [name: string, (chain: ScriptedChain) => Answers])[] = [
    ['has another amount in it', () => eachLog(({ data }) => ({ data: data.replace('5', '6') }))],
    ['is in another place', () => eachLog(() => ({ logIndex: '0x9' }))],
    ['is of another transaction', () => eachLog(() => ({ transactionHash: word('0b') }))],
    ['is of a transaction that failed', () => inReceipts({ status: '0x0' })],
    ['has a receipt of another block', () => inReceipts({ blockHash: word('0c') })],
    ['has a receipt without it', () => inReceipts({ logs: [] })],
    [
      'is of another block, and so is its receipt',
      () => async (method, truth, params) => {
        const logs = await eachLog(() => ({ blockHash: word('0c') }))(method, truth, params);
        return inReceipts({ blockHash: word('0c') })(method, Promise.resolve(logs), params);
      },
    ],
    ['comes twice', () => withLogs((logs) => [...logs, ...logs])],
    ['comes last first', () => withLogs((logs) => logs.toReversed())],
    [
      'nobody asked for',
      (chain) => async (method, truth, params) =>
        method === 'eth_getLogs'
          ? scriptedCalls(chain).call(method, { ...(params[0] as object), address: Object.values(scriptedContracts), topics: [] })
          : truth,
    ],
    [
      'is in a block that it does not know, nor its logs',
      () => async (method, truth, params) => {
        if (method === 'eth_getBlockByHash') return null;
        return method === 'eth_getLogs' && 'blockHash' in (params[0] as object) ? [] : truth;
      },
    ],
  ];

  /** What it tells, or that it tells nothing that counts. */
  async function told<Answer>(asked: Promise<Answer>): Promise<Answer | 'nothing'> {
    try {
      return (await asked) ?? 'nothing';
    } catch (error) {
      if (error instanceof ChainFault) return 'nothing';
      throw error;
    }
  }

  it.each(lies)('is the truth or nothing, where a log %s', async (_name, lie) => {
    const { chain, taken } = history();
    const [honest, liar] = [nodeOf(chain), nodeOf(chain, lie(chain))];
    const range = { from: 0n, to: chain.head.number };
    const [all, some] = [await honest.logsIn(filter, range), await honest.logsOf(filter, taken)];
    expect([all.length, some?.length]).toEqual([3, 2]);
    expect([all, 'nothing']).toContainEqual(await told(liar.logsIn(filter, range)));
    expect([some, 'nothing']).toContainEqual(await told(liar.logsOf(filter, taken)));
  });

  it('is nothing where it has not come so far: its silence is no answer', async () => {
    const { chain } = history();
    const behind: Answers = (method, truth, params) => {
      if (method === 'eth_blockNumber') return Promise.resolve('0x1');
      const upTo = { ...(params[0] as object), toBlock: '0x1' };
      return method === 'eth_getLogs' ? scriptedCalls(chain).call(method, upTo) : truth;
    };
    expect(await told(nodeOf(chain, behind).logsIn(filter, { from: 0n, to: chain.head.number }))).toBe('nothing');
  });

  it('is nothing where it is of blocks outside of those that were asked for', async () => {
    const { chain } = history();
    const more: Answers = (method, truth, params) =>
      method === 'eth_getLogs' ? scriptedCalls(chain).call(method, { ...(params[0] as object), toBlock: '0x9' }) : truth;
    expect(await told(nodeOf(chain, more).logsIn(filter, { from: 0n, to: 1n }))).toBe('nothing');
  });

  describe('of a block that holds more than it answers with', () => {
    const tooMuch = 'query returned more than 1 results';
    /** No more than one log at once, but for receipts. */
    const limited =
      (receipts: (list: readonly object[]) => unknown = (list) => list): Answers =>
      async (method, truth) => {
        if (method === 'eth_getLogs' && ((await truth) as RawLog[]).length > 1) throw new ChainRefusedFault(method, tooMuch, undefined);
        return method === 'eth_getBlockReceipts' ? receipts((await truth) as object[]) : truth;
      };
    const logs = (list: readonly object[]) => list as readonly { logs: RawLog[] }[];

    it('is taken from the receipts of all of its transactions', async () => {
      const { chain, taken } = history();
      const [honest, node] = [nodeOf(chain), nodeOf(chain, limited())];
      const range = { from: 0n, to: chain.head.number };
      expect(await node.logsIn(filter, range)).toEqual(await honest.logsIn(filter, range));
      expect(await node.logsOf(filter, taken)).toEqual(await honest.logsOf(filter, taken));
    });

    it.each<[lie: string, receipts: (list: readonly object[]) => unknown]>([
      ['leaves one out', (list) => list.slice(1)],
      ['has another one in the place of one', ([first]) => [first, first]],
      [
        'leaves out a log between others',
        (list) => logs(list).map((each, at) => (at === 0 ? { ...each, logs: each.logs.slice(1) } : each)),
      ],
      ['says that what has logs has failed', (list) => list.map((each) => ({ ...each, status: '0x0' }))],
      ['is of another block', (list) => list.map((each) => ({ ...each, blockHash: word('0d') }))],
      [
        'has a log of another block',
        (list) => logs(list).map((each) => ({ ...each, logs: each.logs.map((log) => ({ ...log, blockHash: word('0d') })) })),
      ],
      ['knows of none', () => null],
      ['is no list', () => ({})],
    ])('is nothing where its receipts are wrong: it %s', async (_lie, receipts) => {
      const { chain, taken } = history();
      const node = nodeOf(chain, limited(receipts));
      expect(await told(node.logsOf(filter, taken))).toBe('nothing');
      expect(await told(node.logsIn(filter, { from: taken.number, to: taken.number }))).toBe('nothing');
    });

    it('says that it has neither way, so that somebody looks for another node', async () => {
      const { chain, taken } = history();
      const neither: Answers = (method, truth) => {
        if (method !== 'eth_getBlockReceipts') return limited()(method, truth, []);
        return Promise.reject(new ChainRefusedFault(method, 'the method does not exist', undefined));
      };
      const node = nodeOf(chain, neither);
      const asked = node.logsIn(filter, { from: taken.number, to: taken.number });
      await expect(asked).rejects.toThrow(/more than 1 results.*eth_getBlockReceipts: the method does not exist.*need a node/s);
    });
  });
});
