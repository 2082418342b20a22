import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { clearSigningDescriptors } from '../../settlement/adapters/chain/clear-signing.ts';
import { type Environment, readSettings } from '../settings.ts';
import { SettingsFault } from '../settings-fault.ts';

/**
 * `chain descriptors`: writes what hardware wallets need to show a payment as a sentence (ERC-7730), for the contracts that SETTLEMENT_CHAINS
 * names. Who runs the contracts hands the files in at the public registry.
 */
export async function writeDescriptors(args: readonly string[], environment: Environment): Promise<readonly string[]> {
  const { owner, out } = optionsIn(args);
  if (owner === undefined || out === undefined)
    throw new SettingsFault('chain descriptors takes --owner <name of who runs the contracts> and --out <folder>.');
  const { settlementChains } = readSettings([], environment);
  if (settlementChains.length === 0) throw new SettingsFault('chain descriptors needs the contracts that SETTLEMENT_CHAINS names.');
  mkdirSync(out, { recursive: true });
  return Object.entries(clearSigningDescriptors(settlementChains, owner)).map(([name, descriptor]) => {
    writeFileSync(join(out, name), `${JSON.stringify(descriptor, null, 2)}\n`);
    return `written ${join(out, name)}`;
  });
}

function optionsIn(args: readonly string[]): { readonly owner?: string | undefined; readonly out?: string | undefined } {
  try {
    return parseArgs({ args: [...args], options: { owner: { type: 'string' }, out: { type: 'string' } }, allowPositionals: false }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
