import { describe, expect, it } from '@jest/globals';
import { ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import { NodeQuorum } from '../../../services/settlement/application/watching/node-quorum.ts';
import type { WatchedBlock, WatchedNode } from '../../../services/settlement/application/watching/watched-node.ts';
import { NodesDisagreeFault } from '../../../services/settlement/application/watching/watcher-faults.ts';

const blockOf = (hash: string): WatchedBlock => ({ number: 7n, hash, parentHash: '0x06', timestamp: 7n });
const demands = { finalFloor: 0n, pins: new Map<string, string>() };

/** Answers for the block of a height when it is told to; everything else at once. */
class SlowNode {
  readonly answer = Promise.withResolvers<WatchedBlock>();
  asked = 0;
  readonly node: WatchedNode;

  constructor(name: string, heads: () => Promise<void> = () => Promise.resolve()) {
    const known = {
      name,
      chainId: () => Promise.resolve('1'),
      heads: async () => {
        await heads();
        return { latest: blockOf('0x07'), finalized: blockOf('0x07') };
      },
      block: () => {
        this.asked++;
        return this.answer.promise;
      },
    };
    this.node = known as unknown as WatchedNode;
  }
}

function quorumOf(nodes: readonly WatchedNode[], graceMs = 1): NodeQuorum {
  const clock = { now: () => '2026-03-01T12:00:00.000Z' };
  return new NodeQuorum({ chainId: '1', nodes, quorum: 2, profile: {}, clock, backoffMsMax: 0, graceMs });
}

async function three(graceMs?: number) {
  const [one, two, slow] = [new SlowNode('node 1'), new SlowNode('node 2'), new SlowNode('node 3')];
  const quorum = quorumOf(
    [slow, one, two].map(({ node }) => node),
    graceMs,
  );
  await quorum.look(demands);
  for (const each of [one, two]) each.answer.resolve(blockOf('0x07'));
  return { quorum, one, two, slow };
}

describe('a node that is much slower than the quorum', () => {
  it('is not waited for, and not asked more until it has answered', async () => {
    const { quorum, slow, one } = await three();
    for (let question = 0; question < 3; question++) expect((await quorum.finalBlock(7n)).hash).toBe('0x07');
    expect([slow.asked, one.asked]).toEqual([1, 3]);
    slow.answer.resolve(blockOf('0x07'));
    await slow.answer.promise;
    await quorum.look(demands);
    await quorum.finalBlock(7n);
    expect(slow.asked).toBe(2);
  });

  it('is heard in the end: what contradicts what was believed is told by the next look, once', async () => {
    const { quorum, slow } = await three();
    await quorum.finalBlock(7n);
    slow.answer.resolve(blockOf('0x99'));
    await slow.answer.promise;
    await Promise.resolve();
    await expect(quorum.look(demands)).rejects.toThrow(NodesDisagreeFault);
    await quorum.look(demands);
  });

  it('contradicts at once where it answers within the moment that it is given', async () => {
    const { quorum, slow } = await three(600_000);
    const asked = quorum.finalBlock(7n);
    slow.answer.resolve(blockOf('0x99'));
    await expect(asked).rejects.toThrow(NodesDisagreeFault);
  });

  it('is waited for where the others are too few', async () => {
    const { quorum, slow, two } = await three();
    await quorum.finalBlock(7n);
    two.node.block = () => Promise.reject(new ChainUnavailableFault('Away.'));
    const asked = quorum.finalBlock(7n);
    slow.answer.resolve(blockOf('0x07'));
    await expect(asked).rejects.toThrow(/1 of 3 nodes tell of final block 7; it takes 2. node 2: Away./);
    expect((await quorum.finalBlock(7n)).hash).toBe('0x07');
  });

  it('keeps no look waiting', async () => {
    const never = new SlowNode('node 3', () => new Promise(() => undefined));
    const quorum = quorumOf([never, new SlowNode('node 1'), new SlowNode('node 2')].map(({ node }) => node));
    for (let look = 0; look < 3; look++) expect((await quorum.look(demands)).head).toBe(7n);
    expect(quorum.standings().map(({ state }) => state)).toEqual(['away', 'well', 'well']);
  });
});
