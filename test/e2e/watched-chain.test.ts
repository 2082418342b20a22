import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { providerIdOf } from '../../services/settlement/domain/chain-number.ts';
import { ScriptedChain, scriptedContracts, type ScriptedNode, settled, startScriptedNode } from '../support/scripted-chain.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { scriptedChainOf } from '../support/watched-chain.ts';

let chain: ScriptedChain;
let node: ScriptedNode;
let api: TestService;

beforeAll(async () => {
  chain = new ScriptedChain();
  node = await startScriptedNode(chain);
  api = await startTestService({ settlementChains: [scriptedChainOf([node.url])] });
});

afterAll(async () => {
  await api.close();
  await node.close();
});

async function typesIn(stream: string): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of api.service.eventStore.readStream(stream)) types.push(type);
  return types;
}

describe('a chain that providers are paid on', () => {
  it('brings what happens there into the log of the provider, and nothing of other providers', async () => {
    const providerId = providerIdOf('demo');
    const stream = (id: bigint) => `demo.settlement-77.${scriptedContracts.settlement}.slot.${id}`;
    chain.mine([settled(5n, { providerId }), settled(6n, { providerId: '4711' })]);
    chain.mineEmpty(1);
    chain.finalise();
    for (const deadline = Date.now() + 30_000; (await typesIn(stream(5n)).catch(() => [])).length < 2 && Date.now() < deadline;)
      await sleep(50);
    // No quote for it was ever issued.
    expect((await typesIn(stream(5n))).at(-1)).toBe('ReceiptUnmatched/1');
    await expect(typesIn(stream(6n))).rejects.toMatchObject({ name: 'StreamNotFoundFault' });
    const operator = { authorization: `Bearer ${api.operatorToken}` };
    expect((await api.get('/v1/settlement/watcher', operator)).body).toMatchObject({
      healthy: true,
      chains: [{ chainId: '77', state: 'following', delayed: false, nodes: [{ name: 'node 1', state: 'well' }] }],
    });
    expect(await api.get('/ready')).toMatchObject({ status: 200, body: { ready: true, chains: [{ chainId: '77', state: 'following' }] } });
    expect((await api.get('/v1/settlement/watcher')).status).toBe(403);
  });
});
