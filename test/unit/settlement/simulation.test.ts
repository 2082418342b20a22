import { expect, it } from '@jest/globals';
import { ChainRefusedFault, ChainUnavailableFault } from '../../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../../services/chain/application/chain-node.ts';
import { settlementContract } from '../../../services/settlement/adapters/chain/contract-interfaces.ts';
import { simulate } from '../../../services/settlement/adapters/chain/simulation.ts';
import type { WalletTransaction } from '../../../services/settlement/application/checkout/payer-desk.ts';

const early = settlementContract.encodeErrorResult('ProviderSettlementQuoteNotYetValid', [7]);
const late = settlementContract.encodeErrorResult('ProviderSettlementQuoteExpired', [7]);
const reverted = (data: string | undefined) => new ChainRefusedFault('eth_call', 'execution reverted', data);
const transaction = {} as WalletTransaction;

/** A node that refuses calls in the newest block, and says something else of the next one; and what it was asked. */
function nodeOf(latest: Error, pending: Error | undefined) {
  const asked: string[] = [];
  const call = (_: string, __: unknown, block: string) => {
    asked.push(block);
    const fault = block === 'latest' ? latest : pending;
    return fault === undefined ? Promise.resolve('0x') : Promise.reject(fault);
  };
  return { node: { call: call as ChainNode['call'] }, asked };
}
const refused = async (latest: Error, pending?: Error) => (await simulate(nodeOf(latest, pending).node, transaction))?.code;

it('a payment whose quote is good from now on is tried out in the next block as well', async () => {
  expect(await refused(reverted(early))).toBeUndefined();
  expect(await refused(reverted(early), reverted(early))).toBe('ProviderSettlementQuoteNotYetValid');
  expect(await refused(reverted(early), reverted(late))).toBe('ProviderSettlementQuoteExpired');
});

it('a node that makes up no next block is believed for the newest one', async () => {
  expect(await refused(reverted(early), reverted(undefined))).toBe('ProviderSettlementQuoteNotYetValid');
  await expect(refused(reverted(early), new ChainUnavailableFault('gone'))).rejects.toThrow(ChainUnavailableFault);
});

it('nothing else that is refused is tried again', async () => {
  const { node, asked } = nodeOf(reverted(late), undefined);
  expect((await simulate(node, transaction))?.code).toBe('ProviderSettlementQuoteExpired');
  expect(asked).toEqual(['latest']);
});
