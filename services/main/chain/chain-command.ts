import type { Environment } from '../settings.ts';
import { SettingsFault } from '../settings-fault.ts';
import { type ChainAction, contractActions } from './contract-actions.ts';
import { writeDescriptors } from './descriptors.ts';
import { localPayments } from './local-payments.ts';
import { logActions } from './log-actions.ts';

const usage =
  'chain takes one of: logs, list --provider <slug>, unlist --provider <slug> --contract <address>, each with [--data <folder>]; ' +
  'latest, register --publisher <address>, propose --next <address>, accept, freeze, each with --rpc <url> --contract <address> ' +
  '--log <log id>, and all but latest with --key-file <file>. CHAIN_RPC_URL in the environment does for --rpc. ' +
  'local-payments --rpc <url> [--data <folder>] [--again] makes the local chain one that payments are taken on. ' +
  'descriptors --owner <name> --out <folder> writes what hardware wallets need for the contracts of SETTLEMENT_CHAINS.';

/** `chain ...`: what an operator, an admin and a guardian do with chains by hand (docs/guides/anchor-on-a-public-chain.md). */
export async function runChain([action = '', ...args]: readonly string[], environment: Environment): Promise<number> {
  const actions: Readonly<Record<string, ChainAction>> = {
    ...logActions,
    ...contractActions,
    'local-payments': localPayments,
    descriptors: writeDescriptors,
  };
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  if (run === undefined) throw new SettingsFault(usage);
  const lines = await run(args, environment);
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
}
