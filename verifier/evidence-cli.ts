import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { lookUpOnChain } from './evidence/chain-items.ts';
import { checkEvidence } from './evidence/check-evidence.ts';
import { parseEvidence } from './evidence/evidence.ts';

const usage = `Usage: evidence check <file> --genesis <hash> [--rpc <url>]

Checks what verify --evidence wrote, with nothing but the genesis hash, offline. With --rpc anchors and blocks are looked up on their chain.

Exit code: 0 the log is proven INVALID, 1 the file does not hold, 2 it shows what is to be seen by verifying the log, or cannot be read.`;

const exitCodes = { proven: 0, refuted: 1, open: 2 } as const;

/** The command of a third party. Answers the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const options = { genesis: text, rpc: text, help: { type: 'boolean', short: 'h', default: false } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [command, path, ...more] = positionals;
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (command !== 'check' || path === undefined || more.length > 0) throw new RangeError('Give check and one file.');
  if (values.genesis === undefined || !/^(0x)?[0-9a-f]{64}$/i.test(values.genesis)) throw new RangeError('--genesis is not 64 hex digits.');
  const evidence = parseEvidence(readFileSync(path, 'utf8'));
  if (evidence === undefined) throw new RangeError(`${path} is no file of evidence.`);
  const checked = checkEvidence(evidence, values.genesis.toLowerCase().replace(/^0x/, ''));
  if (typeof checked === 'string') {
    console.log(`Nothing is shown: ${checked}`);
    return exitCodes.refuted;
  }
  const items = values.rpc === undefined ? checked.items : await lookUpOnChain(checked, values.rpc);
  console.log(`evidence against ${checked.origin}, head of ${checked.head.size} leaves\n`);
  for (const { item, verdict, why } of items) console.log(`${verdict.padEnd(12)} ${item.check}: ${item.message}\n             ${why}`);
  const verdicts = items.map(({ verdict }) => verdict);
  if (verdicts.includes('refuted')) return exitCodes.refuted;
  return verdicts.includes('proven') ? exitCodes.proven : exitCodes.open;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = exitCodes.open;
}
