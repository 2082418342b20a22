import { describe, expect, it } from '@jest/globals';
import { ChainRefusedFault, ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { RpcWatchedNode } from '../../../services/settlement/adapters/chain/rpc.watched-node.ts';
import { ChainSlotWitness } from '../../../services/settlement/adapters/chain/slot-witness.chain.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { purchased, ScriptedChain, scriptedCalls, scriptedChainId, scriptedContracts, settled } from '../../support/scripted-chain.ts';

const profile = { finality: 'tag' as const, realMoney: false, confirmations: [] };
const slot = {
  ...{ module: 'settlement' as const, provider: 'demo', providerId: '1', seq: '300' },
  ...{ chainId: scriptedChainId, contract: scriptedContracts.settlement },
};

function witnessOf(nodes: readonly ChainNode[], cancelledIn?: { number: string; hash: string; time: string }) {
  const rpcUrls = nodes.map((_, index) => `http://node-${index}.example`);
  const chain = {
    chainId: scriptedChainId,
    rpcUrls,
    contracts: scriptedContracts,
    codeHashes: {},
    deploymentBlock: 0n,
    tokens: [],
    profile,
  };
  return new ChainSlotWitness({
    chains: new SettlementChains([chain]),
    nodesOf: () => nodes.map((node, index) => new RpcWatchedNode(`node ${index + 1}`, node, profile)),
    payments: { cancellationAt: () => Promise.resolve(cancelledIn) },
  });
}

/** As most nodes are: it has the state of the newest blocks alone, and gives no logs of many blocks. */
function forgetful(chain: ScriptedChain): ChainNode {
  const node = scriptedCalls(chain);
  return {
    call: (method, ...params) => {
      const { blockHash } = (params[1] ?? {}) as { blockHash?: string };
      if (method === 'eth_getLogs') throw new ChainRefusedFault(method, 'block range is too wide', undefined);
      if (method === 'eth_call' && blockHash !== chain.head.hash) throw new ChainRefusedFault(method, 'missing trie node', undefined);
      return node.call(method, ...params);
    },
  };
}

const away: ChainNode = { call: () => Promise.reject(new ChainUnavailableFault('The node is away.')) };

function chainOf(...blocks: Parameters<ScriptedChain['mine']>): ScriptedChain {
  const chain = new ScriptedChain();
  for (const block of blocks) chain.mine(block);
  chain.mineEmpty(900);
  chain.finalise(890n);
  return chain;
}

describe('what a chain says of a slot', () => {
  it('is unpaid as of the last final block, where no node knows the state of that block any more', async () => {
    const chain = chainOf([settled(299n)], [settled(301n)], [settled(300n, { providerId: '2' })]);
    const { number, hash, timestamp } = chain.at(chain.finalizedNumber)!;
    const block = { number: number.toString(), hash, time: new Date(Number(timestamp) * 1000).toISOString() };
    expect(await witnessOf([forgetful(chain)]).evidenceOf(slot)).toEqual({ kind: 'unpaid', block });
  });

  it('is nothing once any block holds a payment, final or not', async () => {
    const chain = chainOf([purchased(300n, 9n)]);
    expect(await witnessOf([forgetful(chain)]).evidenceOf(slot)).toMatchObject({ kind: 'unpaid' });
    const inEscrow = { ...slot, module: 'escrow' as const, contract: scriptedContracts.escrow };
    expect(await witnessOf([forgetful(chain)]).evidenceOf(inEscrow)).toBeUndefined();
    chain.mine([settled(300n)]);
    expect(await witnessOf([forgetful(chain)]).evidenceOf(slot)).toBeUndefined();
  });

  it('is the oldest final block of as many nodes as have to agree, and nothing where one of them saw a payment', async () => {
    const [chain, behind, paid] = [chainOf(), chainOf(), chainOf([settled(300n)])];
    behind.finalise(899n);
    const agreed = await witnessOf([forgetful(chain), forgetful(behind)]).evidenceOf(slot);
    expect(agreed).toMatchObject({ kind: 'unpaid', block: { number: behind.finalizedNumber.toString() } });
    expect(await witnessOf([forgetful(chain), forgetful(paid)]).evidenceOf(slot)).toBeUndefined();
    expect(await witnessOf([away, forgetful(chain), forgetful(chain)]).evidenceOf(slot)).toMatchObject({ kind: 'unpaid' });
    await expect(witnessOf([away, forgetful(chain)]).evidenceOf(slot)).rejects.toMatchObject({ name: 'ChainUnavailableFault' });
    expect(await witnessOf([forgetful(chain)]).evidenceOf({ ...slot, chainId: '1' })).toBeUndefined();
  });

  it('is a cancellation where the books hold one as final, whatever nodes say', async () => {
    const block = { number: '7', hash: `0x${'07'.repeat(32)}`, time: '2026-03-01T12:00:00.000Z' };
    expect(await witnessOf([away], block).evidenceOf(slot)).toEqual({ kind: 'cancelled', block });
  });
});
