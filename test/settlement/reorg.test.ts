import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { NonceManager } from 'ethers';
import { settlementOn, type SettlementChain as Contracts } from '../../bench/support/settlement-chain.ts';
import { startThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import { MemorySettlementLedger } from '../../services/settlement/adapters/memory/memory.settlement-ledger.ts';
import { MemoryWatcherStore } from '../../services/settlement/adapters/memory/memory.watcher-store.ts';
import type { ChainWatch } from '../../services/settlement/application/watching/chain-watch.ts';
import type { SettlementChain } from '../../services/settlement/application/settlement-chain.ts';
import { watchOf } from '../support/watched-chain.ts';

const slotsInAnEpoch = 4;
const finalDepth = 2 * slotsInAnEpoch;

let on: Contracts;
let chain: SettlementChain;
let ledger: MemorySettlementLedger;
let watch: ChainWatch;
let seq = 0n;

beforeAll(async () => {
  on = await settlementOn(await startThrowawayChain({ slotsInAnEpoch }));
  const addressOf = async (contract: { getAddress(): Promise<string> }) => (await contract.getAddress()).toLowerCase();
  chain = {
    ...{ chainId: '31337', rpcUrls: [on.chain.url], codeHashes: {}, deploymentBlock: 1n, tokens: [] },
    contracts: { registry: await addressOf(on.registry), settlement: await addressOf(on.settlement) },
    profile: { finality: 'tag', realMoney: false, confirmations: [] },
  };
});

afterAll(() => on.chain.stop());

beforeEach(async () => {
  ledger = new MemorySettlementLedger({ confirmBlocks: 2n });
  watch = watchOf(chain, { ledger, store: new MemoryWatcherStore() });
  await mine(2 * finalDepth);
  await watch.look();
  seq++;
});

async function mine(blocks: number): Promise<void> {
  await on.chain.provider.send('anvil_mine', [blocks]);
}

/** Takes the last blocks away and puts as many empty ones in their place. */
async function reorg(blocks: number): Promise<void> {
  await on.chain.provider.send('anvil_reorg', [blocks, []]);
}

/** The payer pays the slot of this test with dollars. */
async function pay(): Promise<void> {
  const quote = on.quote({ seq });
  const payer = new NonceManager(on.hands.payer);
  await (await on.dollar.connect(payer).getFunction('approve')(await on.settlement.getAddress(), quote.amount)).wait();
  const paid = await on.settlement.connect(payer).getFunction('payToken')(quote, on.hands.signer.address, await on.sign(quote));
  await paid.wait();
}

const typesOf = () =>
  [...ledger.facts().values()].filter(([first]) => first?.effect.key === String(seq)).map((facts) => facts.map(({ type }) => type));

describe('a reorganisation on a real chain [SET-A32]', () => {
  it('takes back a payment that was observed, or confirmed, and it is never final', async () => {
    await pay();
    await watch.look();
    await mine(2);
    await watch.look();
    expect(typesOf()).toEqual([['observed', 'confirmed']]);
    await reorg(5);
    await watch.look();
    await mine(3 * finalDepth);
    await watch.look();
    await watch.look();
    expect(typesOf()).toEqual([['observed', 'confirmed', 'reorged']]);
    expect(await on.settlement.getFunction('isSettled')(1, seq)).toBe(false);
  });

  it('leaves the slot to be paid again, which is then final once', async () => {
    await pay();
    await watch.look();
    await reorg(3);
    await pay();
    await watch.look();
    await mine(finalDepth);
    await watch.look();
    await watch.look();
    expect(typesOf()).toEqual([['observed', 'reorged', 'observed', 'finalized']]);
  });

  it('takes back what a chain that became shorter has lost, once another block stands there', async () => {
    const snapshot = (await on.chain.provider.send('evm_snapshot', [])) as string;
    await pay();
    await mine(2);
    await watch.look();
    await on.chain.provider.send('evm_revert', [snapshot]);
    await watch.look();
    await mine(1);
    await watch.look();
    expect(typesOf()).toEqual([['observed', 'confirmed', 'reorged']]);
  });

  it('below what was final stops the chain, and takes nothing back', async () => {
    await pay();
    await mine(finalDepth + 1);
    await watch.look();
    expect(typesOf()).toEqual([['observed', 'finalized']]);
    await reorg(finalDepth + 4);
    await mine(1);
    for (let looks = 0; looks < 2; looks++)
      await expect(watch.look()).rejects.toMatchObject({ name: 'WatcherAlarm', code: 'finality_failed' });
    expect(typesOf()).toEqual([['observed', 'finalized']]);
  });
});
