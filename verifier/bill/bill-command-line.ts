import { parseArgs } from 'node:util';
import { isHttpUrl } from '../command-line.ts';

export interface BillCommandLine {
  /** File. */
  readonly bundle: string;
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
  try {
    return read(args);
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function read(args: readonly string[]): BillCommandLine | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const options = { bundle: text, genesis: text, rpc: { ...text, multiple: true }, json: flag, help: { ...flag, short: 'h' } } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.help) return 'help';
  const { bundle, genesis, rpc = [], json: asJson } = values;
  if (bundle === undefined || bundle === '') throw new RangeError('--bundle is missing.');
  if (genesis === undefined) throw new RangeError('--genesis is missing: without it nobody knows which log this should be.');
  if (!/^(0x)?[0-9a-f]{64}$/i.test(genesis)) throw new RangeError('--genesis is not 64 hex digits.');
  for (const url of rpc) if (!isHttpUrl(url)) throw new RangeError(`--rpc ${url} is no http(s) URL.`);
  return { bundle, genesis: genesis.toLowerCase().replace(/^0x/, ''), rpc, asJson };
}
