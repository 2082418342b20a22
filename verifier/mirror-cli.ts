import { writeFileSync } from 'node:fs';
import { collectEvidence } from './evidence/collect-evidence.ts';
import { type CommandLine, isHttpUrl, parseCommandLine } from './command-line.ts';
import { MirrorFolder } from './mirror/mirror-folder.ts';
import { mirrorLog, type MirrorResult } from './mirror/mirror-log.ts';
import { temporaryIds } from './ids/temporary-ids.ts';
import { openerFor } from './opening/shared.bundle-opener.ts';
import { ProgressLine } from './report/progress-line.ts';
import { textReport } from './report/text-report.ts';
import { FolderLogSource } from './source/folder.log-source.ts';
import { HttpLogSource } from './source/http.log-source.ts';
import type { Progress } from './verify.ts';

const usage = `Usage: mirror --log <url> --genesis <hash> --out <folder> [--token <token>] [--rpc <url>] [--superseded <url|folder>]
              [--policy <file>] [--progress] [--evidence <file>]

Copies a live log to a folder, verifies what it takes, and brings the copy up to date when it is run again. The folder is an export:
verify --log <folder>. It keeps every signed head that the log ever showed it, and what the log lost since.

Exit code: 0 the mirror has the log up to its head, 1 the log is INVALID and the mirror stays as it was, 2 something is missing.`;

const exitCodes: Readonly<Record<MirrorResult['result'], number>> = { accepted: 0, refused: 1, waiting: 2 };
const exitCodeOfUsage = 2;

/** The command of who keeps a copy. Answers the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const commandLine = parseCommandLine(args, { withOut: true });
  if (commandLine === 'help') {
    console.log(usage);
    return 0;
  }
  if ('problem' in commandLine || commandLine.out === undefined) {
    const problem = 'problem' in commandLine ? commandLine.problem : '--out is missing.';
    console.error(`${problem}\n\n${usage}`);
    return exitCodeOfUsage;
  }
  return mirror(commandLine, commandLine.out);
}

async function mirror(
  { log, genesis, token, rpc, contract, superseded, isDeep, gaps, witnesses, hasProgress, evidence, temporary }: CommandLine,
  out: string,
): Promise<number> {
  if (!isHttpUrl(log)) throw new RangeError('--log is the URL of a live log: a folder is copied by any program.');
  const progress = hasProgress || process.stderr.isTTY ? new ProgressLine(process.stderr) : undefined;
  const result = await mirrorLog({
    ...{ live: new HttpLogSource(log, { token }), folder: new MirrorFolder(out, genesis) },
    superseded: superseded.map((other) => (isHttpUrl(other) ? new HttpLogSource(other, { token }) : new FolderLogSource(other))),
    ...{
      genesisHash: genesis,
      rpcUrls: rpc,
      isOffline: rpc.length === 0,
      contract,
      isDeep,
      gaps,
      witnesses,
      openerFor,
      openIds: temporaryIds(temporary),
    },
    ...(progress !== undefined && { onProgress: (done: Progress) => progress.tell(done) }),
  });
  if (evidence !== undefined && result.outcome.verdict === 'INVALID' && !('reason' in result.outcome))
    writeFileSync(evidence, `${JSON.stringify(await collectEvidence(result.outcome), null, 2)}\n`);
  console.log(`${sentenceOf(result)}\n\n${textReport(result.outcome, undefined)}`);
  return exitCodes[result.result];
}

function sentenceOf({ result, refusedIn, bytesRead, keptPayloads }: MirrorResult): string {
  const lines = {
    accepted: `The mirror has the log up to its head; ${bytesRead} bytes came in.`,
    refused: `The mirror stays as it was. What came in is kept in ${refusedIn ?? ''}.`,
    waiting: 'The mirror stays as it was until the rest comes in; run this again.',
  };
  const kept = keptPayloads === 0 ? '' : ` It keeps ${keptPayloads} payloads that the log does not show any more.`;
  return lines[result] + kept;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof RangeError || error instanceof SyntaxError ? error.message : error);
  process.exitCode = 2;
}
