import { toBeHex } from 'ethers';
import { describe, expect, it } from '@jest/globals';
import { ChainRefusedFault, ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { ChainTokenScales } from '../../../services/settlement/adapters/chain/chain.token-scales.ts';
import { nativeToken } from '../../../services/settlement/application/settlement-chain.ts';
import { SettlementChains } from '../../../services/settlement/application/settlement-chains.ts';
import { usdc } from './slot.fixtures.ts';

type Answer = string | Error;
let asked: number;

function scalesBy(...answers: readonly Answer[]) {
  const rpcUrls = answers.map((_, index) => `http://node-${index}.example`);
  const contracts = { registry: usdc, settlement: usdc };
  const profile = { finality: 'tag' as const, realMoney: false, confirmations: [] };
  const chain = { chainId: '1', rpcUrls, contracts, codeHashes: {}, deploymentBlock: 0n, tokens: [], profile };
  asked = 0;
  const nodeAt = (url: string): ChainNode => ({
    call: <Result>() => {
      asked++;
      const answer = answers[rpcUrls.indexOf(url)] as Answer;
      return answer instanceof Error ? Promise.reject<Result>(answer) : Promise.resolve(answer as Result);
    },
  });
  return new ChainTokenScales(new SettlementChains([chain]), nodeAt);
}

const says = (decimals: number) => toBeHex(decimals, 32);
const away = new ChainUnavailableFault('The node is away.');

describe('what a token says of its decimals', () => {
  it('is taken from as many nodes as have to agree, once', async () => {
    const scales = scalesBy(away, says(18), says(18));
    expect(await scales.decimalsOf('1', usdc)).toBe(18);
    expect(await scales.decimalsOf('1', usdc)).toBe(18);
    expect(asked).toBe(3);
  });

  it('is known of the native coin', async () => {
    expect(await scalesBy(away).decimalsOf('1', nativeToken)).toBe(18);
    expect(asked).toBe(0);
  });

  it.each<[string, Answer]>([
    ['no contract stands there', '0x'],
    ['it says more than a token can have', says(256)],
    ['it has no such view', new ChainRefusedFault('eth_call', 'execution reverted', '0x')],
  ])('is nothing where %s', async (_, answer) => expect(await scalesBy(answer).decimalsOf('1', usdc)).toBeUndefined());

  it('is asked again where nodes contradict each other, or too few answer', async () => {
    const unavailable = { name: 'ChainUnavailableFault' };
    await expect(scalesBy(says(6), says(18), says(6)).decimalsOf('1', usdc)).rejects.toMatchObject(unavailable);
    const lonely = scalesBy(says(6), away);
    await expect(lonely.decimalsOf('1', usdc)).rejects.toMatchObject(unavailable);
    await expect(lonely.decimalsOf('1', usdc)).rejects.toMatchObject(unavailable);
    await expect(scalesBy(new ChainRefusedFault('eth_call', 'rate limit', undefined)).decimalsOf('1', usdc)).rejects.toMatchObject(
      unavailable,
    );
    expect(await scalesBy(says(6)).decimalsOf('2', usdc)).toBeUndefined();
  });
});
