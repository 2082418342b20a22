import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ChainNode } from './chain/chain-node.ts';
import { readAnchorEvent, topicsOf } from './chain/ledger-anchor.ts';
import { type CheckedEvidence, checkEvidence, type CheckedItem } from './evidence/check-evidence.ts';
import { type EvidenceItem, parseEvidence } from './evidence/evidence.ts';
import { logIdOf } from './log/log-id.ts';

const usage = `Usage: evidence check <file> --genesis <hash> [--rpc <url>]

Checks what verify --evidence wrote, with nothing but the genesis hash, offline. With --rpc anchors are looked up on their chain.

Exit code: 0 the log is proven INVALID, 1 the file does not hold, 2 it shows what is to be seen by verifying the log, or cannot be read.`;

const exitCodes = { proven: 0, refuted: 1, open: 2 } as const;

/** The command of a third party. Answers the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const text = { type: 'string' } as const;
  const options = { genesis: text, rpc: text, help: { type: 'boolean', short: 'h', default: false } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const [command, path, ...more] = positionals;
  if (values.help) {
    console.log(usage);
    return 0;
  }
  if (command !== 'check' || path === undefined || more.length > 0) throw new RangeError('Give check and one file.');
  if (values.genesis === undefined || !/^(0x)?[0-9a-f]{64}$/i.test(values.genesis)) throw new RangeError('--genesis is not 64 hex digits.');
  const evidence = parseEvidence(readFileSync(path, 'utf8'));
  if (evidence === undefined) throw new RangeError(`${path} is no file of evidence.`);
  const checked = checkEvidence(evidence, values.genesis.toLowerCase().replace(/^0x/, ''));
  if (typeof checked === 'string') {
    console.log(`Nothing is shown: ${checked}`);
    return exitCodes.refuted;
  }
  const items = values.rpc === undefined ? checked.items : await withAnchors(checked, values.rpc);
  console.log(`evidence against ${checked.origin}, head of ${checked.head.size} leaves\n`);
  for (const { item, verdict, why } of items) console.log(`${verdict.padEnd(12)} ${item.check}: ${item.message}\n             ${why}`);
  const verdicts = items.map(({ verdict }) => verdict);
  if (verdicts.includes('refuted')) return exitCodes.refuted;
  return verdicts.includes('proven') ? exitCodes.proven : exitCodes.open;
}

/** Looks up the anchors that items stand on. */
async function withAnchors({ items, genesis }: CheckedEvidence, url: string): Promise<CheckedItem[]> {
  const node = new ChainNode(url);
  const looked: CheckedItem[] = [];
  for (const checked of items) {
    const isThere = checked.verdict === 'if anchored' && (await isAnchored(node, logIdOf(genesis.policy), checked.item));
    looked.push(isThere ? { ...checked, verdict: 'proven', why: `${checked.why}, and the anchor is on the chain` } : checked);
  }
  return looked;
}

async function isAnchored(node: ChainNode, logId: string, item: EvidenceItem): Promise<boolean> {
  if (item.kind !== 'root' || item.stated.anchor?.block === undefined) return false;
  const { chainId, contract, block, tx } = item.stated.anchor;
  const final = await node.block('finalized');
  if ((await node.chainId()) !== BigInt(chainId) || final === undefined || final.number < BigInt(block)) return false;
  const logs = await node.logs(contract, topicsOf(logId), BigInt(block), BigInt(block));
  return logs.some((log) => {
    const event = readAnchorEvent(log);
    return log.tx === tx && event?.name === 'Anchored' && event.size === BigInt(item.size) && event.root === `0x${item.stated.root}`;
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n\n${usage}`);
  process.exitCode = exitCodes.open;
}
