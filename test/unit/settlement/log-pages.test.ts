import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LogPages } from '../../../services/settlement/adapters/chain/log-pages.ts';
import { RpcWatchedNode } from '../../../services/settlement/adapters/chain/rpc.watched-node.ts';
import { ScriptedChain, scriptedContracts, type ScriptedNode, settled, startScriptedNode } from '../../support/scripted-chain.ts';
import { impatientRpc } from '../../support/watched-chain.ts';

/** The block that pages of this table begin at. */
const from = 0x100n;

describe('pages of logs', () => {
  it.each([
    ['query returned more than 10000 results. Try with this block range [0x100, 0x122].', 35n],
    ['Query returned more than 10000 results. Try with this block range [0x999, 0x9ff].', 250n],
    [
      'Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the response size, or ' +
        'you can request any block range with a cap of 10K logs in the response. Based on your parameters and the response size limit, ' +
        'this block range should work: [0x100, 0x133]',
      52n,
    ],
    ['Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range.', 10n],
    ['eth_getLogs is limited to a 100 range', 100n],
    ['eth_getLogs block range too large, range: 500, max: 128', 128n],
    ['exceed maximum block range: 200', 200n],
    ['query exceeds max block range 100', 100n],
    ['block range is too wide', 250n],
    ['Block range limit exceeded. See more details at https://docs.example', 250n],
    ['query exceeds max results 20000, retry with the range 256-300', 250n],
    ['logs matched by query exceeds limit of 10000', 250n],
    ['ranges over 10000 blocks are not supported on freetier', 250n],
    ['backend response too large', 250n],
    ['query timeout exceeded', 250n],
    ['response size should not greater than 10485760 bytes', 250n],
  ])('become smaller at %j', (message, blocks) => {
    const pages = new LogPages();
    expect(pages.shrink(message, from)).toBe(true);
    expect(pages.blocks).toBe(blocks);
  });

  it.each([
    'Too Many Requests: rate limit exceeded',
    'Your app has exceeded its compute units per second capacity',
    'unknown block',
    'internal error',
  ])('stay as they are at %j', (message) => {
    const pages = new LogPages();
    expect(pages.shrink(message, from)).toBe(false);
    expect(pages.blocks).toBe(500n);
  });

  it('grow by a twentieth up to the most, and shrink down to one block', () => {
    const pages = new LogPages(550);
    pages.grow();
    expect(pages.blocks).toBe(525n);
    pages.grow();
    expect(pages.blocks).toBe(550n);
    for (let halves = 0; halves < 9; halves++) pages.shrink('block range is too wide', from);
    expect(pages.blocks).toBe(1n);
    expect(pages.shrink('block range is too wide', from)).toBe(false);
    pages.grow();
    expect(pages.blocks).toBe(2n);
  });
});

describe('a node with a limit', () => {
  let chain: ScriptedChain;
  let server: ScriptedNode;

  beforeEach(async () => {
    chain = new ScriptedChain();
    server = await startScriptedNode(chain);
  });
  afterEach(() => server.close());

  it('is read whole, each log once, whatever it allows', async () => {
    for (let seq = 0n; seq < 40n; seq++) chain.mine([settled(seq)]);
    chain.finalise();
    server.lie = (method, params) => {
      const { fromBlock, toBlock } = (params[0] ?? {}) as { fromBlock: string; toBlock: string };
      const isTooWide = method === 'eth_getLogs' && BigInt(toBlock) - BigInt(fromBlock) >= 7n;
      return isTooWide ? { error: 'query returned more than 7 results' } : undefined;
    };
    const node = new RpcWatchedNode('node', impatientRpc(server.url), { finality: 'tag' });
    const logs = await node.logsIn({ addresses: [scriptedContracts.settlement], topics: [] }, { from: 1n, to: 40n });
    expect(logs.map(({ block }) => block.number)).toEqual(Array.from({ length: 40 }, (_, index) => BigInt(index + 1)));
  });

  it('is not believed about blocks that it has not come to', async () => {
    chain.mineEmpty(5);
    chain.finalise();
    server.lag = 2n;
    const node = new RpcWatchedNode('node', impatientRpc(server.url), { finality: 'tag' });
    await expect(node.logsIn({ addresses: [], topics: [] }, { from: 1n, to: 5n })).rejects.toMatchObject({ name: 'NodeBehindFault' });
  });
});
