import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { ProofBundle } from '../integrity/application/proof-bundle.ts';
import { type OwnUsage, rerateBill } from '../invoicing/application/rerate-bill.ts';
import { SettingsFault } from './settings.ts';

const exitCodeOfDifference = 1;

/**
 * `rerate --bundle <file> [--usage <file>]`: computes the bill of a proof bundle once more by the operator's published rules. Unlike
 * `verify-bill` it runs this repository's own rating, and says so. The usage is CSV: `usageRecord,band,quantity`.
 */
export async function runRerate(args: readonly string[]): Promise<number> {
  const { bundle, usage } = optionsIn(args);
  if (bundle === undefined) throw new SettingsFault('rerate needs --bundle <file>.');
  const { leaves } = bundleIn(await textOf(bundle));
  const own = usage === undefined ? undefined : usageIn(await textOf(usage));
  const { charges, takenBack, invoices, differences } = rerateBill(leaves, own);
  const source = own === undefined ? 'the usage that the charges state' : `${own.length} records of your own`;
  const lines = [
    differences.length === 0 ? 'THE SAME BILL' : 'ANOTHER BILL',
    `Recomputed with the operator's published rules: ${charges} rated charges by the price versions in the log, from ${source}.`,
    ...invoices.map(({ number, invoice, total, currency }) => `  ${number} (${invoice}): ${total} ${currency}`),
    ...differences.map((difference) => `  different: ${difference}`),
    ...takenBack.map((charge) => `  taken back: ${charge}`),
    'Whether these events are in the log is what bin/tallyroot verify-bill says of the same file.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  return differences.length === 0 ? 0 : exitCodeOfDifference;
}

function bundleIn(text: string): ProofBundle {
  try {
    const bundle = JSON.parse(text) as ProofBundle;
    if ((bundle as { readonly v: string }).v === 'tallyroot-bundle/1' && Array.isArray(bundle.leaves)) return bundle;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new SettingsFault('The file of --bundle is no proof bundle.');
}

const header = 'usageRecord,band,quantity';
const decimal = /^(0|[1-9][0-9]*)(\.[0-9]+)?$/;

function usageIn(text: string): OwnUsage[] {
  const [first, ...rows] = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (first !== header) throw new SettingsFault(`The first line of --usage is not ${header}.`);
  return rows.map((row, place) => {
    const [usageRecord = '', band = '', quantity = '', ...more] = row.split(',');
    if (usageRecord === '' || band === '' || !decimal.test(quantity) || more.length > 0)
      throw new SettingsFault(`Line ${place + 2} of --usage is not ${header}.`);
    return { usageRecord, band, quantity };
  });
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new SettingsFault(`${file} cannot be read: ${(error as Error).message}.`);
  }
}

function optionsIn(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: { bundle: { type: 'string' }, usage: { type: 'string' } } }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
