import { parseArgs } from 'node:util';
import type { Verdict } from './findings.ts';
import { reportJson, reportText } from './report.ts';
import { verifyLog, type VerifyRequest } from './verify.ts';

/* The auditor's own tool. It shares no code with the service, downloads none, and believes nothing but hashes, signatures and its node. */

const usage = `Usage: bin/tallyroot verify --log <url|folder> --genesis <hash> (--rpc <url> | --offline) [options]

  --log <url|folder>     a live log (https://.../logs/<provider>/) or an export folder
  --genesis <hash>       64 hex digits, got from somebody you trust
  --rpc <url>            your own node; once for each chain that the log lists
  --offline              ask no chain, on purpose
  --contract <address>   the anchor contract that you expect
  --token <token>        opens payloads, and entries where they are not public
  --deep                 also check that every stored text is canonical
  --json                 one JSON object instead of text

Exit code 0: VALID, 1: INVALID, 2: UNVERIFIABLE, or the command line is wrong.
`;

const exitCodes: Readonly<Record<Verdict, number>> = { VALID: 0, INVALID: 1, UNVERIFIABLE: 2 };
const usageExitCode = 2;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return 0;
  }
  const options = readOptions(args);
  if (typeof options === 'string') {
    process.stderr.write(`verify: ${options}\n\n${usage}`);
    return usageExitCode;
  }
  const verification = await verifyLog(options.request);
  process.stdout.write(`${options.json ? reportJson(verification) : reportText(verification)}\n`);
  return exitCodes[verification.verdict];
}

interface Options {
  readonly request: VerifyRequest;
  readonly json: boolean;
}

/** The options, or what is wrong with them. */
function readOptions(args: readonly string[]): Options | string {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return (error as Error).message;
  }
  const { log, genesis, rpc = [], contract, token, offline = false, deep = false, json = false } = values;
  if (log === undefined) return '--log is missing.';
  if (genesis === undefined) return '--genesis is missing.';
  const genesisHash = genesis.toLowerCase().replace(/^0x/, '');
  if (!/^[0-9a-f]{64}$/.test(genesisHash)) return '--genesis takes 64 hex digits.';
  if (contract !== undefined && !/^0x[0-9a-fA-F]{40}$/.test(contract)) return '--contract takes 0x and 40 hex digits.';
  for (const url of rpc)
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return `--rpc takes an http or https URL, not ${JSON.stringify(url)}.`;
  if (offline && rpc.length > 0) return '--offline and --rpc exclude each other.';
  const request = { log, genesisHash, rpcUrls: rpc, offline, deep };
  return {
    request: { ...request, ...(contract !== undefined && { contract: contract.toLowerCase() }), ...(token !== undefined && { token }) },
    json,
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: false,
    options: {
      log: { type: 'string' },
      genesis: { type: 'string' },
      rpc: { type: 'string', multiple: true },
      contract: { type: 'string' },
      token: { type: 'string' },
      offline: { type: 'boolean' },
      deep: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  }).values;
}
