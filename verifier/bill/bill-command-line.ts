import { parseArgs, type ParseArgsOptionDescriptor } from 'node:util';
import { isHttpUrl } from '../command-line.ts';

export interface BillCommandLine extends Omit<FileCommandLine, 'file'> {
  /** File. */
  readonly bundle: string;
  /** Files. */
  readonly terms: readonly string[];
  /** 0x and 64 lower-case hex. */
  readonly termsHashes: readonly string[];
  readonly usage: string | undefined;
}

export interface FileCommandLine {
  readonly file: string;
  readonly genesis: string;
  readonly rpc: readonly string[];
  readonly asJson: boolean;
}

export const billUsage = `Usage: verify-bill --bundle <file> --genesis <hash> [--rpc <url>] [--json]
                   [--terms <file> [--terms-hash <hash>] [--usage <file>]]

  --bundle <file>   the proof bundle of an account or an invoice, as the operator's API gives it
  --genesis <hash>  hash of the log's genesis, 64 hex digits, from somebody else than the operator's server
  --rpc <url>       JSON-RPC of a node of yours, once for each chain that the log lists; without one no chain
                    is asked, nothing but the file is read, and the verdict says so
  --terms <file>    terms of an offer, as the operator's API gives them; the bill is computed once more from all that
                    are given, with code of this verifier's own, and every charge must come to the same, but those
                    that were taken back before they were billed
  --terms-hash <hash>  what you agreed to: refuses any other terms; once for each --terms
  --usage <file>    your own records, CSV "usageRecord,band,quantity"; without it, what the charges say was used
  --json            one JSON object for programs

Exit code: 0 VALID, 1 INVALID, 2 UNVERIFIABLE, a wrong command line, or a verifier that failed.`;

/** What was asked for; `help`; or what is wrong with the command line. */
export function parseBillCommandLine(args: readonly string[]): BillCommandLine | 'help' | { readonly problem: string } {
  try {
    const parsed = read(args, 'bundle', billOptions);
    if (parsed === 'help') return parsed;
    const { terms = [], 'terms-hash': hashes = [], usage } = parsed.values as BillValues;
    for (const hash of hashes)
      if (!/^0x[0-9a-f]{64}$/i.test(hash)) throw new RangeError(`--terms-hash ${hash} is not 0x and 64 hex digits.`);
    if (terms.length === 0 && (hashes.length > 0 || usage !== undefined)) throw new RangeError('--terms-hash and --usage need --terms.');
    const { file, genesis, rpc, asJson } = parsed;
    return { bundle: file, genesis, rpc, asJson, terms, termsHashes: hashes.map((hash) => hash.toLowerCase()), usage };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

const billOptions = {
  terms: { type: 'string', multiple: true },
  'terms-hash': { type: 'string', multiple: true },
  usage: { type: 'string' },
} as const;

interface BillValues {
  readonly terms?: readonly string[];
  readonly 'terms-hash'?: readonly string[];
  readonly usage?: string;
}

/** The same for whatever checks one file, which the option `name` names. */
export function parseFileCommandLine(
  args: readonly string[],
  name: 'bundle' | 'file',
): FileCommandLine | 'help' | { readonly problem: string } {
  try {
    const parsed = read(args, name, {});
    if (parsed === 'help') return parsed;
    const { file, genesis, rpc, asJson } = parsed;
    return { file, genesis, rpc, asJson };
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function read(
  args: readonly string[],
  name: 'bundle' | 'file',
  more: Readonly<Record<string, ParseArgsOptionDescriptor>>,
): (FileCommandLine & { readonly values: Readonly<Record<string, unknown>> }) | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const shared = { genesis: text, rpc: { ...text, multiple: true }, json: flag, help: { ...flag, short: 'h' } } as const;
  const { values } = parseArgs({ args: [...args], options: { ...shared, [name]: text, ...more } });
  if (values.help) return 'help';
  const { genesis, rpc = [], json: asJson } = values;
  const file = (values as Readonly<Record<string, unknown>>)[name];
  if (typeof file !== 'string' || file === '') throw new RangeError(`--${name} is missing.`);
  if (genesis === undefined) throw new RangeError('--genesis is missing: without it nobody knows which log this should be.');
  if (!/^(0x)?[0-9a-f]{64}$/i.test(genesis)) throw new RangeError('--genesis is not 64 hex digits.');
  for (const url of rpc) if (!isHttpUrl(url)) throw new RangeError(`--rpc ${url} is no http(s) URL.`);
  return { file, genesis: genesis.toLowerCase().replace(/^0x/, ''), rpc, asJson, values };
}
