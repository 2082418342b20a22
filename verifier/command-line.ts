import { parseArgs } from 'node:util';

export interface CommandLine {
  /** URL or folder. */
  readonly log: string;
  readonly genesis: string;
  readonly rpc: readonly string[];
  readonly contract: string | undefined;
  readonly token: string | undefined;
  readonly isOffline: boolean;
  readonly isDeep: boolean;
  readonly asJson: boolean;
}

export const usage = `Usage: verify --log <url|folder> --genesis <hash> (--rpc <url> | --offline) [options]

  --log <url|folder>    a live log, for example http://127.0.0.1:8080/logs/<slug>/, or an exported folder
  --genesis <hash>      hash of the log's genesis, 64 hex digits, from somebody else than the log
  --rpc <url>           JSON-RPC of your own node; once for each chain that the log lists
  --offline             ask no chain; the verdict says so
  --contract <address>  the anchor contract that you expect
  --token <token>       opens payloads of a live log, and entries where they are not public
  --deep                check the canonical form of everything too
  --json                one JSON object for programs

Exit code: 0 VALID, 1 INVALID, 2 UNVERIFIABLE, a wrong command line, or a verifier that failed.`;

/** What was asked for; `help`; or what is wrong with the command line. */
export function parseCommandLine(args: readonly string[]): CommandLine | 'help' | { readonly problem: string } {
  try {
    return read(args);
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

function read(args: readonly string[]): CommandLine | 'help' {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...{ log: text, genesis: text, contract: text, token: text, rpc: { ...text, multiple: true } },
      ...{ offline: flag, deep: flag, json: flag, help: { ...flag, short: 'h' } },
    },
  });
  if (values.help) return 'help';
  const { log, genesis, contract, token, rpc = [], offline: isOffline, deep: isDeep, json: asJson } = values;
  if (log === undefined || log === '') throw new RangeError('--log is missing.');
  if (genesis === undefined) throw new RangeError('--genesis is missing: without it nobody knows which log this should be.');
  if (!/^(0x)?[0-9a-f]{64}$/i.test(genesis)) throw new RangeError('--genesis is not 64 hex digits.');
  if (contract !== undefined && !/^0x[0-9a-f]{40}$/i.test(contract)) throw new RangeError('--contract is no address.');
  if (isOffline && rpc.length > 0) throw new RangeError('--rpc and --offline exclude each other.');
  for (const url of rpc) if (!isHttpUrl(url)) throw new RangeError(`--rpc ${url} is no http(s) URL.`);
  if (/^[a-z]+:\/\//i.test(log) && !isHttpUrl(log)) throw new RangeError(`--log ${log} is neither an http(s) URL nor a folder.`);
  const genesisHash = genesis.toLowerCase().replace(/^0x/, '');
  return { log, genesis: genesisHash, rpc, contract: contract?.toLowerCase(), token, isOffline, isDeep, asJson };
}

export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}
