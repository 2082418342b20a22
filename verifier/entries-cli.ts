import { readFile } from 'node:fs/promises';
import { parseFileCommandLine } from './bill/bill-command-line.ts';
import { jsonReport } from './bill/bill-report.ts';
import { entriesTextReport } from './entries/entries-report.ts';
import { verifyEntries } from './entries/verify-entries.ts';
import type { Verdict } from './verdict.ts';

const usage = `Usage: verify-entries --file <file> --genesis <hash> [--rpc <url>] [--json]

  --file <file>     entries of a log, as a search or an entry is exported: a JSON document, or JSON lines
  --genesis <hash>  hash of the log's genesis, 64 hex digits, from somebody else than the operator's server
  --rpc <url>       JSON-RPC of a node of yours, once for each chain that the log lists; without one no chain
                    is asked, nothing but the file is read, and the verdict says so
  --json            one JSON object for programs

Exit code: 0 VALID, 1 INVALID, 2 UNVERIFIABLE, a wrong command line, or a verifier that failed.`;
const exitCodes: Readonly<Record<Verdict, number>> = { VALID: 0, INVALID: 1, UNVERIFIABLE: 2 };
const exitCodeOfUsage = 2;
const exitCodeOfFailure = 2;

/** Checks entries that somebody took home. Answers the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const commandLine = parseFileCommandLine(args, 'file');
  if (commandLine === 'help') {
    console.log(usage);
    return 0;
  }
  const text = 'problem' in commandLine ? undefined : await readFile(commandLine.file, 'utf8').catch(() => undefined);
  if ('problem' in commandLine || text === undefined) {
    console.error(`${'problem' in commandLine ? commandLine.problem : `The file ${commandLine.file} cannot be read.`}\n\n${usage}`);
    return exitCodeOfUsage;
  }
  const outcome = await verifyEntries({ file: text, genesisHash: commandLine.genesis, rpcUrls: commandLine.rpc });
  console.log(commandLine.asJson ? jsonReport(outcome) : entriesTextReport(outcome));
  return exitCodes[outcome.verdict];
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Not 1, with which node would end: that says INVALID.
  console.error('The verifier failed. This says nothing of the entries.', error);
  process.exitCode = exitCodeOfFailure;
}
