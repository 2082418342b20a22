import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { measureGas } from '../../../bench/support/anchor-gas.ts';
import { measureEscrowGas } from '../../../bench/support/escrow-gas.ts';
import { measureSettlementGas } from '../../../bench/support/settlement-gas.ts';
import { startThrowawayChain, type ThrowawayChain } from '../../../bench/support/throwaway-chain.ts';

interface Measured {
  readonly gas: number;
  readonly budget: number;
}

const committed = JSON.parse(readFileSync(new URL('../../../contracts/gas.json', import.meta.url), 'utf8')) as Record<string, Measured>;
let chain: ThrowawayChain;
beforeAll(async () => void (chain = await startThrowawayChain()), 30_000);
afterAll(() => chain.stop());

describe('gas', () => {
  it('is what contracts/gas.json says, to the unit', async () => {
    const measured = [...(await measureGas(chain)), ...(await measureSettlementGas(chain)), ...(await measureEscrowGas(chain))];
    expect(Object.fromEntries(measured.map(({ name, gas }) => [name, gas]))).toEqual(
      Object.fromEntries(Object.entries(committed).map(([name, { gas }]) => [name, gas])),
    );
  }, 300_000);

  it('stays within every budget', () => {
    for (const [name, { gas, budget }] of Object.entries(committed)) expect([name, gas <= budget]).toEqual([name, true]);
  });
});
