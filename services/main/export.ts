import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ExportRefusedFault, exportLog } from '../integrity/application/export-log.ts';
import { EngineFault } from './embedded/engine-fault.ts';
import { exportHledger } from './export-hledger.ts';
import { type Environment, SettingsFault } from './settings.ts';
import { withLedger } from './with-ledger.ts';

/**
 * `export --out <folder> [--data <folder>] [--provider <slug>]`: writes the published files of a log for an auditor. With `--hledger` it
 * writes the books as one hledger journal instead. Beside a running service, or on a folder on which nothing runs.
 */
export async function runExport(args: readonly string[], environment: Environment): Promise<number> {
  const { out, data, provider, hledger } = optionsIn(args);
  if (out === undefined) throw new SettingsFault('export needs --out <folder>.');
  return withLedger({ data, provider }, environment, async ({ provider: slug, eventStore, integrity: { files, logs } }) => {
    if (hledger) {
      const count = await exportHledger(eventStore, slug, out);
      process.stdout.write(`${count} transactions of ${slug} in ${resolve(out)}\n`);
      return 0;
    }
    try {
      const count = await exportLog(files, slug, resolve(out));
      process.stdout.write(`${count} files of ${slug} in ${resolve(out)}; genesis hash ${await logs.genesisHashOf(slug)}\n`);
      return 0;
    } catch (error) {
      throw error instanceof ExportRefusedFault ? new EngineFault(error.message) : error;
    }
  });
}

function optionsIn(args: readonly string[]) {
  try {
    const text = { type: 'string' } as const;
    const options = { out: text, data: text, provider: text, hledger: { type: 'boolean', default: false } } as const;
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
