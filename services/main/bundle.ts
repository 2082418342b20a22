import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isPrefixedId } from '../commands/domain/prefixed-id.ts';
import { BillBundles } from '../invoicing/application/bill-bundles.ts';
import { EngineFault } from './embedded/engine-fault.ts';
import { type Environment, SettingsFault } from './settings.ts';
import { withLedger } from './with-ledger.ts';

/**
 * `bundle (--account <id> | --invoice <id>) --out <file> [--data <folder>] [--provider <slug>]`: writes the proof bundle of a customer, the
 * same file as the API gives.
 */
export async function runBundle(args: readonly string[], environment: Environment): Promise<number> {
  const { account, invoice, out, data, provider } = optionsIn(args);
  if (out === undefined) throw new SettingsFault('bundle needs --out <file>.');
  if ((account === undefined) === (invoice === undefined)) throw new SettingsFault('bundle needs --account <id> or --invoice <id>.');
  const id = (account ?? invoice) as string;
  if (!isPrefixedId(id, account === undefined ? 'inv_' : 'acc_')) throw new SettingsFault(`${id} is no id.`);
  return withLedger({ data, provider }, environment, async ({ provider: slug, eventStore, integrity }) => {
    const bundles = new BillBundles(eventStore, integrity.bundles);
    const bundle = await (account === undefined ? bundles.ofInvoice(slug, id) : bundles.ofAccount(slug, id));
    if (bundle === 'not found') throw new EngineFault(`${slug} has no ${id}.`);
    if (bundle === 'not yet')
      throw new EngineFault('The log has not committed to its balances since; a running service does so within a minute.');
    // Whoever may run the command may read the ledger; the file holds one customer's data.
    await writeFile(resolve(out), `${JSON.stringify(bundle)}\n`, { mode: 0o600 });
    process.stdout.write(`Proof bundle of ${id} in ${resolve(out)}; genesis hash ${await integrity.logs.genesisHashOf(slug)}\n`);
    return 0;
  });
}

function optionsIn(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ args: [...args], options: { account: text, invoice: text, out: text, data: text, provider: text } }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
