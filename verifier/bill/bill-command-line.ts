import { parseArgs } from 'node:util';
import { isHttpUrl } from '../command-line.ts';

export interface BillCommandLine extends Omit<FileCommandLine, 'file'> {
  /** File. */
  readonly bundle: string;
}

export interface FileCommandLine {
  readonly file: string;
  readonly genesis: string;
  readonly rpc: readonly string[];
  readonly asJson: boolean;
}

export const billUsage = `Usage: verify-bill --bundle <file> --genesis <hash> [--rpc <url>] [--json]

  --bundle <file>   the proof bundle of an account or an invoice, as the operator's API gives it
  --genesis <hash>  hash of the log's genesis, 64 hex digits, from somebody else than the operator's server
  --rpc <url>       JSON-RPC of a node of yours, once for each chain that the log lists; without one no chain
                    is asked, nothing but the file is read, and the verdict says so
  --json            one JSON object for programs

Exit code: 0 VALID, 1 INVALID, 2 UNVERIFIABLE, a wrong command line, or a verifier that failed.`;

/** What was asked for; `help`; or what is wrong with the command line. */
export function parseBillCommandLine(args: readonly string[]): BillCommandLine | 'help' | { readonly problem: string } {
  const parsed = parseFileCommandLine(args, 'bundle');
  return typeof parsed === 'string' || 'problem' in parsed ? parsed : { ...parsed, bundle: parsed.file };
}

/** The same for whatever checks one file, which the option `name` names. */
export function parseFileCommandLine(
  args: readonly string[],
  name: 'bundle' | 'file',
): FileCommandLine | 'help' | { readonly problem: string } {
  try {
    return read(args, name);
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function read(args: readonly string[], name: 'bundle' | 'file'): FileCommandLine | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const shared = { genesis: text, rpc: { ...text, multiple: true }, json: flag, help: { ...flag, short: 'h' } } as const;
  const { values } = parseArgs({ args: [...args], options: { ...shared, [name]: text } });
  if (values.help) return 'help';
  const { genesis, rpc = [], json: asJson } = values;
  const file = (values as Readonly<Record<string, unknown>>)[name];
  if (typeof file !== 'string' || file === '') throw new RangeError(`--${name} is missing.`);
  if (genesis === undefined) throw new RangeError('--genesis is missing: without it nobody knows which log this should be.');
  if (!/^(0x)?[0-9a-f]{64}$/i.test(genesis)) throw new RangeError('--genesis is not 64 hex digits.');
  for (const url of rpc) if (!isHttpUrl(url)) throw new RangeError(`--rpc ${url} is no http(s) URL.`);
  return { file, genesis: genesis.toLowerCase().replace(/^0x/, ''), rpc, asJson };
}
