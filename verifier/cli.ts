import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type CommandLine, isHttpUrl, parseCommandLine, usage } from './command-line.ts';
import { collectEvidence } from './evidence/collect-evidence.ts';
import { headsFileOf } from './mirror/mirror-folder.ts';
import { IdsFileError } from './ids/ids-file.ts';
import { temporaryIds } from './ids/temporary-ids.ts';
import { openerFor } from './opening/shared.bundle-opener.ts';
import { parsePersonalOpenings, type PersonalOpening } from './log/personal-data.ts';
import { nameEvent } from './report/bad-event.ts';
import { jsonReport } from './report/json-report.ts';
import { ProgressLine } from './report/progress-line.ts';
import { textReport } from './report/text-report.ts';
import { FolderLogSource, isFolder } from './source/folder.log-source.ts';
import { HttpLogSource } from './source/http.log-source.ts';
import type { LogSource } from './source/log-source.ts';
import { HeadsFile, headsIn } from './state/heads-file.ts';
import { takeProcessLock } from './state/process-lock.ts';
import { StateFile, StateFileError } from './state/state-file.ts';
import type { Outcome, Unopened, Verdict } from './verdict.ts';
import { type Progress, verifyLog } from './verify.ts';

const exitCodes: Readonly<Record<Verdict, number>> = { VALID: 0, INVALID: 1, UNVERIFIABLE: 2 };
const exitCodeOfUsage = 2;
const exitCodeOfFailure = 2;

/** The auditor's command. Answers the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const commandLine = parseCommandLine(args);
  if (commandLine === 'help') {
    console.log(usage);
    return 0;
  }
  if ('problem' in commandLine) return refuse(commandLine.problem);
  const sources: LogSource[] = [];
  for (const log of [commandLine.log, ...commandLine.superseded]) {
    const source = await sourceOf(log, commandLine);
    if ('problem' in source) return refuse(source.problem);
    sources.push(source);
  }
  const claims = await claimsOf(commandLine);
  if ('problem' in claims) return refuse(claims.problem);
  const personalData = personalDataOf(commandLine);
  if ('problem' in personalData) return refuse(personalData.problem);
  const [source, ...superseded] = sources as [LogSource, ...LogSource[]];
  return verify(commandLine, { source, superseded, personalData, ...claims });
}

/** What is to be held against the log, beside the log itself. */
interface Claims {
  readonly answers: string | undefined;
  readonly receipts: string | undefined;
}

interface Materials extends Claims {
  readonly source: LogSource;
  readonly superseded: readonly LogSource[];
  readonly personalData: readonly PersonalOpening[];
}

async function claimsOf({ answers, receipts }: CommandLine): Promise<Claims | { readonly problem: string }> {
  try {
    const read = (file: string | undefined) => (file === undefined ? undefined : readFile(file, 'utf8'));
    return { answers: await read(answers), receipts: await read(receipts) };
  } catch (error) {
    return { problem: `A file cannot be read: ${(error as Error).message}.` };
  }
}

function refuse(problem: string): number {
  console.error(`${problem}\n\n${usage}`);
  return exitCodeOfUsage;
}

async function sourceOf(log: string, { token }: Pick<CommandLine, 'token'>): Promise<LogSource | { readonly problem: string }> {
  if (isHttpUrl(log)) return new HttpLogSource(log, { token });
  return (await isFolder(log)) ? new FolderLogSource(log) : { problem: `There is no folder ${log}.` };
}

function personalDataOf({ personalData: file }: CommandLine): readonly PersonalOpening[] | { readonly problem: string } {
  try {
    return file === undefined ? [] : parsePersonalOpenings(readFileSync(file, 'utf8'));
  } catch (error) {
    return { problem: `--personal-data ${file}: ${(error as Error).message}` };
  }
}

/** One process at a time works with a state. */
async function verify(commandLine: CommandLine, materials: Materials): Promise<number> {
  const { state } = commandLine;
  if (state === undefined) return verifyAlone(commandLine, materials);
  const release = takeProcessLock(`${state}.lock`, (pid) => {
    throw new StateFileError(`Process ${pid} works with the state ${state}.`);
  });
  try {
    return await verifyAlone(commandLine, materials);
  } finally {
    release();
  }
}

async function verifyAlone(commandLine: CommandLine, materials: Materials): Promise<number> {
  const { genesis, rpc, contract, isOffline, isDeep, asJson, witnesses, gaps } = commandLine;
  const { state, temporary, hasProgress } = commandLine;
  const ofMirror = isHttpUrl(commandLine.log) ? undefined : headsFileOf(commandLine.log);
  const heads = [...commandLine.heads, ...(ofMirror === undefined ? [] : [ofMirror])].flatMap((path) =>
    headsIn(readFileSync(path, 'utf8'), path),
  );
  const headsSeen = state === undefined ? undefined : new HeadsFile(`${state}.heads.jsonl`);
  const progress = hasProgress || process.stderr.isTTY ? new ProgressLine(process.stderr) : undefined;
  const outcome = await verifyLog({
    ...{ genesisHash: genesis, rpcUrls: rpc, contract, isOffline, isDeep, openerFor, witnesses, gaps },
    ...materials,
    openIds: temporaryIds(temporary),
    heads: [...heads, ...(headsSeen?.heads ?? [])],
    ...(headsSeen !== undefined && { onHead: (note: Buffer) => headsSeen.add(note) }),
    // Data that were handed over are held against every leaf, from the first on.
    ...(state !== undefined && materials.personalData.length === 0 && { resume: new StateFile(state) }),
    ...(progress !== undefined && { onProgress: (done: Progress) => progress.tell(done) }),
  });
  const badEvent = 'firstBad' in outcome && outcome.firstBad !== undefined ? await nameEvent(outcome, outcome.firstBad.index) : undefined;
  if (commandLine.evidence !== undefined && outcome.verdict === 'INVALID') await writeEvidence(commandLine.evidence, outcome);
  console.log(asJson ? jsonReport(outcome, badEvent) : textReport(outcome, badEvent));
  return exitCodes[outcome.verdict];
}

/** A log that could not even be opened has nothing to show but its own files. */
async function writeEvidence(path: string, outcome: Outcome | Unopened): Promise<void> {
  if ('reason' in outcome) console.error(`There is no evidence to write: ${outcome.reason}`);
  else writeFileSync(path, `${JSON.stringify(await collectEvidence(outcome), null, 2)}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // Not 1, with which node would end: that says INVALID.
  const isPlain = error instanceof IdsFileError || error instanceof StateFileError;
  console.error('The verifier failed. This says nothing of the log.', isPlain ? error.message : error);
  process.exitCode = exitCodeOfFailure;
}
