import { readFile } from 'node:fs/promises';
import { billUsage, parseBillCommandLine } from './bill/bill-command-line.ts';
import { billJsonReport, billTextReport } from './bill/bill-report.ts';
import { verifyBill } from './bill/verify-bill.ts';
import type { Verdict } from './verdict.ts';

const exitCodes: Readonly<Record<Verdict, number>> = { VALID: 0, INVALID: 1, UNVERIFIABLE: 2 };
const exitCodeOfUsage = 2;
const exitCodeOfFailure = 2;

/** The customer's command. Answers the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const commandLine = parseBillCommandLine(args);
  if (commandLine === 'help') {
    console.log(billUsage);
    return 0;
  }
  const text = 'problem' in commandLine ? undefined : await readFile(commandLine.bundle, 'utf8').catch(() => undefined);
  if ('problem' in commandLine || text === undefined) {
    const problem = 'problem' in commandLine ? commandLine.problem : `The file ${commandLine.bundle} cannot be read.`;
    console.error(`${problem}\n\n${billUsage}`);
    return exitCodeOfUsage;
  }
  const { genesis, rpc, asJson } = commandLine;
  const outcome = await verifyBill({ bundle: text, genesisHash: genesis, rpcUrls: rpc });
  console.log(asJson ? billJsonReport(outcome) : billTextReport(outcome));
  return exitCodes[outcome.verdict];
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Not 1, with which node would end: that says INVALID.
  console.error('The verifier failed. This says nothing of the bill.', error);
  process.exitCode = exitCodeOfFailure;
}
