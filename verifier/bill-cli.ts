import { readFile } from 'node:fs/promises';
import { type BillCommandLine, billUsage, parseBillCommandLine } from './bill/bill-command-line.ts';
import { billJsonReport, billTextReport } from './bill/bill-report.ts';
import type { TermsFiles } from './bill/terms-files.ts';
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
  const computedFrom = await filesOf(commandLine);
  if (typeof computedFrom === 'string') {
    console.error(`${computedFrom}\n\n${billUsage}`);
    return exitCodeOfUsage;
  }
  const outcome = await verifyBill({ bundle: text, genesisHash: genesis, rpcUrls: rpc, ...(computedFrom && { computedFrom }) });
  console.log(asJson ? billJsonReport(outcome) : billTextReport(outcome));
  return exitCodes[outcome.verdict];
}

/** Undefined where no terms were given; else their text, or which file cannot be read. */
async function filesOf({ terms: files, termsHashes, usage: file }: BillCommandLine): Promise<TermsFiles | string | undefined> {
  if (files.length === 0) return undefined;
  const terms: string[] = [];
  for (const each of files) {
    const text = await readFile(each, 'utf8').catch(() => undefined);
    if (text === undefined) return `The file ${each} cannot be read.`;
    terms.push(text);
  }
  const usage = file === undefined ? undefined : await readFile(file, 'utf8').catch(() => null);
  return usage === null ? `The file ${file} cannot be read.` : { terms, termsHashes, usage };
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Not 1, with which node would end: that says INVALID.
  console.error('The verifier failed. This says nothing of the bill.', error);
  process.exitCode = exitCodeOfFailure;
}
