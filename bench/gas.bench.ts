import type { BenchContext } from './report.ts';
import { measureGas } from './support/anchor-gas.ts';
import { startThrowawayChain } from './support/throwaway-chain.ts';

/** Gas of LedgerAnchor against its budgets: a ratio above 1 is a miss. The figures are committed in contracts/gas.json. */
export async function run({ report }: BenchContext): Promise<void> {
  const chain = await startThrowawayChain();
  try {
    for (const { name, gas, budget } of await measureGas(chain))
      report({ name: `gas.${name}`, figure: gas, unit: 'gas', baseline: budget });
  } finally {
    await chain.stop();
  }
}
