import { readFileSync } from 'node:fs';
import { isHttpUrl, parseCommandLine } from './command-line.ts';
import { temporaryIds } from './ids/temporary-ids.ts';
import { openerFor } from './opening/shared.bundle-opener.ts';
import { compareStatement } from './outside/compare-statement.ts';
import { paymentsOf } from './outside/payments.ts';
import { parseStatement } from './outside/statement.ts';
import { textReport } from './report/text-report.ts';
import { FolderLogSource } from './source/folder.log-source.ts';
import { HttpLogSource } from './source/http.log-source.ts';
import { verifyLog } from './verify.ts';

const usage = `Usage: reconcile --statement <csv> --log <url|folder> --genesis <hash> (--rpc <url> | --offline) [--token <token>] [--policy <file>]
                 [--superseded <url|folder>] [--temporary <folder>]

Verifies the log, and holds what a bank or a payment provider received against its payments (V11). The columns are date, amount, currency,
reference and, if it likes, method.

Exit code: 0 they agree, 1 one has what the other has not, or the log is INVALID, 2 it cannot be said.`;

const exitCodes = { agree: 0, differ: 1, unknown: 2 } as const;
const toldMax = 100;

/** The command of who has a statement. Answers the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const commandLine = parseCommandLine(args, { withStatement: true });
  if (commandLine === 'help') {
    console.log(usage);
    return exitCodes.agree;
  }
  if ('problem' in commandLine) throw new RangeError(commandLine.problem);
  if (commandLine.statement === undefined) throw new RangeError('--statement is missing.');
  const lines = parseStatement(readFileSync(commandLine.statement));
  const { log, superseded: ended, token, genesis, rpc, contract, isOffline, isDeep, witnesses, gaps, temporary } = commandLine;
  const sourceOf = (place: string) => (isHttpUrl(place) ? new HttpLogSource(place, { token }) : new FolderLogSource(place));
  const [source, superseded] = [sourceOf(log), ended.map(sourceOf)];
  const asked = {
    genesisHash: genesis,
    rpcUrls: rpc,
    contract,
    isOffline,
    isDeep,
    witnesses,
    gaps,
    openerFor,
    openIds: temporaryIds(temporary),
  };
  const outcome = await verifyLog({ source, superseded, ...asked });
  if (outcome.verdict !== 'VALID' || 'reason' in outcome) {
    console.log(textReport(outcome, undefined));
    return outcome.verdict === 'INVALID' ? exitCodes.differ : exitCodes.unknown;
  }
  const { matched, missing, extra } = await compareStatement(lines, paymentsOf(outcome));
  console.log(`V11 payments outside: ${matched} of ${lines.length} lines are in the log, leaves 0 to ${outcome.provenSize}`);
  for (const { line, date, amount, currency, reference } of missing.slice(0, toldMax))
    console.log(`missing in the log: line ${line}, ${date}, ${amount} ${currency}, ${JSON.stringify(reference)}`);
  for (const { index, id, date, amount, currency, reference } of extra.slice(0, toldMax))
    console.log(`missing on the statement: leaf ${index}, event ${id}, ${date}, ${amount} ${currency}, ${JSON.stringify(reference)}`);
  const untold = missing.length + extra.length - Math.min(missing.length, toldMax) - Math.min(extra.length, toldMax);
  if (untold > 0) console.log(`and ${untold} more`);
  return missing.length + extra.length === 0 ? exitCodes.agree : exitCodes.differ;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof RangeError ? `${error.message}\n\n${usage}` : error);
  process.exitCode = exitCodes.unknown;
}
