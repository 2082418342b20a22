import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { GapRules } from './checks/cadence.ts';
import type { WitnessQuorum } from './checks/witnesses.check.ts';
import { isWritableFolder } from './ids/temporary-ids.ts';
import { type AuditPolicy, parseAuditPolicy } from './policy/audit-policy.ts';

export interface CommandLine {
  /** URL or folder. */
  readonly log: string;
  readonly genesis: string;
  readonly rpc: readonly string[];
  readonly contract: string | undefined;
  readonly token: string | undefined;
  /** URLs or folders, the last superseded log first. */
  readonly superseded: readonly string[];
  readonly isOffline: boolean;
  readonly isDeep: boolean;
  /** Files. */
  readonly answers: string | undefined;
  readonly receipts: string | undefined;
  /** File of personal data that were handed over. */
  readonly personalData: string | undefined;
  readonly asJson: boolean;
  readonly witnesses: WitnessQuorum | undefined;
  readonly gaps: GapRules | undefined;
  /** Files of heads that others were shown. */
  readonly heads: readonly string[];
  /** File that remembers where a verification is. */
  readonly state: string | undefined;
  /** Folder for what is kept while the command runs. */
  readonly temporary: string | undefined;
  /** File to write what shows a third party that the log is INVALID. */
  readonly evidence: string | undefined;
  /** CSV of a bank or a payment provider. */
  readonly statement: string | undefined;
  /** Folder of a mirror. */
  readonly out: string | undefined;
  /** Told on standard error even where that is no terminal. */
  readonly hasProgress: boolean;
}

export const usage = `Usage: verify --log <url|folder> --genesis <hash> (--rpc <url> | --offline) [options]

  --log <url|folder>    a live log, for example http://127.0.0.1:8080/logs/<slug>/, a mirror, or an exported folder
  --genesis <hash>      hash of the log's genesis, 64 hex digits, from somebody else than the log
  --rpc <url>           JSON-RPC of your own node; for each chain that the log lists; several must tell the same
  --offline             ask no chain; the verdict says so
  --contract <address>  the anchor contract that you expect
  --token <token>       opens payloads of a live log, and entries where they are not public
  --policy <file>       what you ask of a log: genesis, nodes, contract, witnesses, gaps; options go before it
  --head <file>         a signed head that somebody else was shown, or a file of them; may be repeated
  --state <file>        remember there how far this is and which heads were seen, and go on from there
  --temporary <folder>  keep event ids there meanwhile, 24 bytes each; else in the system's folder for such files, or beside --state
  --evidence <file>     where the log is INVALID, write there what shows it to others: evidence check <file>
  --answers <file>      signed answers of the API, one a line: each must be what the log says
  --receipts <file>     receipts, or answers to commands, one a line: each must have its leaf
  --superseded <url|folder>  the log that this one goes on with, where its genesis names one; again for the one before
  --personal-data <file>
                        personal data with their salts, one a line: each must be what the log commits to
  --deep                check the canonical form of everything too
  --json                one JSON object for programs
  --progress            tell how far it is on standard error, also where that is no terminal

Exit code: 0 VALID, 1 INVALID, 2 UNVERIFIABLE, a wrong command line, or a verifier that failed.`;

interface Commands {
  /** The command writes to a folder, `--out`. */
  readonly withOut?: boolean;
  /** The command reads a statement, `--statement`. */
  readonly withStatement?: boolean;
}

/** What was asked for; `help`; or what is wrong with the command line. */
export function parseCommandLine(args: readonly string[], commands: Commands = {}): CommandLine | 'help' | { readonly problem: string } {
  try {
    return read(args, commands);
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function read(args: readonly string[], { withOut = false, withStatement = false }: Commands): CommandLine | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ log: text, genesis: text, contract: text, token: text, answers: text, receipts: text, rpc: { ...text, multiple: true } },
      superseded: { ...text, multiple: true },
      ...{ policy: text, state: text, temporary: text, evidence: text, 'personal-data': text, head: { ...text, multiple: true } },
      ...(withOut && { out: text }),
      ...(withStatement && { statement: text }),
      ...{ offline: flag, deep: flag, json: flag, progress: flag, help: { ...flag, short: 'h' } },
    },
  });
  if (values.help) return 'help';
  const policy = values.policy === undefined ? undefined : readPolicy(values.policy);
  const { token, head: heads = [], superseded = [], answers, receipts, state, temporary, evidence } = values;
  const { offline: isOffline, deep: isDeep, json: asJson, progress: hasProgress } = values;
  const { out, statement } = values as { readonly out?: string; readonly statement?: string };
  const personalData = values['personal-data'];
  const log = values.log ?? policy?.log;
  const genesis = genesisOf(values.genesis, policy?.genesis);
  const contract = values.contract ?? policy?.contract;
  const rpc = values.rpc ?? (isOffline ? [] : (policy?.rpc ?? []));
  if (log === undefined || log === '') throw new RangeError('--log is missing.');
  if (contract !== undefined && !/^0x[0-9a-f]{40}$/i.test(contract)) throw new RangeError('--contract is no address.');
  if (temporary !== undefined && !isWritableFolder(temporary))
    throw new RangeError(`--temporary ${temporary} is no folder that can be written to.`);
  if (isOffline && rpc.length > 0) throw new RangeError('--rpc and --offline exclude each other.');
  for (const url of rpc) if (!isHttpUrl(url)) throw new RangeError(`--rpc ${url} is no http(s) URL.`);
  if (/^[a-z]+:\/\//i.test(log) && !isHttpUrl(log)) throw new RangeError(`--log ${log} is neither an http(s) URL nor a folder.`);
  return {
    ...{ log, genesis, rpc, contract: contract?.toLowerCase(), token, superseded, isOffline, isDeep, personalData, asJson },
    ...{
      witnesses: policy?.witnesses,
      gaps: policy?.gaps,
      heads,
      state,
      temporary,
      evidence,
      hasProgress,
      out,
      statement,
      answers,
      receipts,
    },
  };
}

function genesisOf(given: string | undefined, ofPolicy: string | undefined): string {
  if (given === undefined && ofPolicy === undefined)
    throw new RangeError('--genesis is missing: without it nobody knows which log this should be.');
  if (given !== undefined && !/^(0x)?[0-9a-f]{64}$/i.test(given)) throw new RangeError('--genesis is not 64 hex digits.');
  const genesis = given?.toLowerCase().replace(/^0x/, '');
  if (genesis !== undefined && ofPolicy !== undefined && genesis !== ofPolicy)
    throw new RangeError('--genesis and the genesis of the policy differ.');
  return genesis ?? (ofPolicy as string);
}

function readPolicy(path: string): AuditPolicy {
  try {
    return parseAuditPolicy(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new RangeError(`--policy ${path}: ${(error as Error).message}`, { cause: error });
  }
}

export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
