import type { BenchContext } from './report.ts';
import { measureGas } from './support/anchor-gas.ts';
import { measureEscrowGas } from './support/escrow-gas.ts';
import { measureSettlementGas } from './support/settlement-gas.ts';
import { startThrowawayChain } from './support/throwaway-chain.ts';

/** Gas of the contracts against their budgets: a ratio above 1 is a miss. The figures are committed in contracts/gas.json. */
export async function run({ report }: BenchContext): Promise<void> {
  const chain = await startThrowawayChain();
  try {
    const figures = [...(await measureGas(chain)), ...(await measureSettlementGas(chain)), ...(await measureEscrowGas(chain))];
    for (const { name, gas, budget } of figures) report({ name: `gas.${name}`, figure: gas, unit: 'gas', baseline: budget });
  } finally {
    await chain.stop();
  }
}
