import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../services/read-store/project-root.ts';
import type { TileTree } from '../verifier/tree/tile-tree.ts';
import { type BenchContext, percentile } from './report.ts';
import { type SyntheticLog, writeSyntheticLog } from './support/synthetic-log.ts';
import { peakOfVerifying } from './support/verifier-memory.ts';
import { VerifyingProcess } from './support/verifying.ts';

interface LogInMemory extends SyntheticLog {
  readonly entries: readonly Buffer[];
  /** Lines of the payload files. */
  readonly lines: readonly string[];
}

const rounds = 3;
const memorySizes = [100_000, 1_000_000];
const hashBytes = 32;
const tileWidth = 256;

/**
 * Verifies an export from files as the command does, in a process with its flags and with worker threads on the cores beside its own: V2 to
 * V5, V7 and V8; the same in depth, and in one thread. The baseline is the bare loop over the same entries in memory, in one thread: hash the leaf and a node, open
 * both commitments, add up the postings. Option: how many events (150,000).
 *
 * `memory` verifies logs of 100,000 and 1,000,000 events of the same 2,000 accounts, each in a fresh process: the most that each was
 * resident, and the first one's as the baseline. Options: other numbers of events. A million take 2 GB of disk meanwhile.
 */
export async function run({ report, options }: BenchContext): Promise<void> {
  if (options[0] === 'memory') return reportMemory(report, options.length > 1 ? options.slice(1).map(Number) : memorySizes);
  const folder = mkdtempSync(join(tmpdir(), 'tallyroot-bench-'));
  const verifier = new VerifyingProcess();
  try {
    const entries: Buffer[] = [];
    const lines: string[] = [];
    const written = writeSyntheticLog(folder, Number(options[0] ?? 150_000), (entry, line) => {
      entries.push(entry);
      lines.push(line);
    });
    const log = { ...written, entries, lines };
    const verify = async ({ isDeep = false, isAlone = false } = {}) =>
      (written.size * 1000) / (await verifier.verify({ ...written, isDeep, isAlone }));
    const bare: number[] = [];
    const verified: number[] = [];
    const deep: number[] = [];
    const alone: number[] = [];
    const hashed: number[] = [];
    for (let round = 0; round < rounds; round++) {
      bare.push(await eventsPerSecond(log, () => bareLoop(log)));
      verified.push(await verify());
      deep.push(await verify({ isDeep: true }));
      alone.push(await verify({ isAlone: true }));
      hashed.push(await eventsPerSecond(log, () => hashTree(log)));
    }
    const baseline = percentile(bare, 0.5);
    report({ name: 'verifier', figure: percentile(verified, 0.5), unit: 'events/s', baseline });
    report({ name: 'verifier.deep', figure: percentile(deep, 0.5), unit: 'events/s', baseline });
    report({ name: 'verifier.one-thread', figure: percentile(alone, 0.5), unit: 'events/s', baseline });
    report({ name: 'verifier.hash', figure: percentile(hashed, 0.5), unit: 'events/s' });
  } finally {
    verifier.stop();
    rmSync(folder, { recursive: true });
  }
}

async function reportMemory(report: BenchContext['report'], sizes: readonly number[]): Promise<void> {
  let baseline: number | undefined;
  for (const size of sizes) {
    const figure = await peakOfVerifying(size);
    report({ name: `verifier.memory.${size}`, figure, unit: 'MB', baseline: (baseline ??= figure) });
  }
}

async function eventsPerSecond({ size }: SyntheticLog, work: () => unknown): Promise<number> {
  const begun = performance.now();
  await work();
  return (size * 1000) / (performance.now() - begun);
}

/** From its source: the verifier is never built. */
function verifierModule(...path: string[]): Promise<unknown> {
  return import(pathToFileURL(join(projectRoot(import.meta.dirname), 'verifier', ...path)).href);
}

/** V3 alone: leaf hashes of all entries, and the tree over them. */
async function hashTree({ entries }: Pick<LogInMemory, 'entries'>): Promise<void> {
  const { TileTree: Tree } = (await verifierModule('tree', 'tile-tree.ts')) as { TileTree: typeof TileTree };
  const tree = new Tree();
  const tile = Buffer.alloc(tileWidth * hashBytes);
  const message = Buffer.alloc(4097);
  entries.forEach((entry, index) => {
    entry.copy(message, 1);
    const at = (index % tileWidth) * hashBytes;
    tile.write(hash('sha256', message.subarray(0, entry.length + 1), 'binary'), at, hashBytes, 'latin1');
    if (index % tileWidth === tileWidth - 1) tree.append(tile);
  });
}

/** What cannot be left out, in its plainest form. */
function bareLoop({ entries, lines }: LogInMemory): void {
  const node = Buffer.alloc(65, 1);
  const prefix = Buffer.of(0);
  const salt = Buffer.alloc(49);
  const balances = new Map<string, bigint>();
  entries.forEach((entry, index) => {
    const leaf = hash('sha256', Buffer.concat([prefix, entry]), 'binary');
    node.write(leaf, 1 + hashBytes, 'latin1');
    hash('sha256', node, 'binary');
    const line = JSON.parse(lines[index] as string) as { data: string; metadata: string };
    const data = Buffer.from(line.data, 'base64');
    const metadata = Buffer.from(line.metadata, 'base64');
    hash('sha256', Buffer.concat([salt, data]), 'hex');
    hash('sha256', Buffer.concat([salt, metadata]), 'hex');
    JSON.parse(metadata.toString());
    const { fin } = JSON.parse(data.toString()) as { fin: { postings?: { account: string; amount: string; direction: string }[] } };
    for (const { account, amount, direction } of fin.postings ?? []) {
      const units = BigInt(amount.replace('.', ''));
      balances.set(account, (balances.get(account) ?? 0n) + (direction === 'debit' ? units : -units));
    }
  });
}
