import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../services/read-store/project-root.ts';
import { type BenchContext, percentile } from './report.ts';

const starts = 5;

/** From the command line to a ledger that answers, on a data folder that is there already; the first start is left out. */
export async function run({ report }: BenchContext): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyroot-bench-start-'));
  try {
    await startMs(folder);
    const taken: number[] = [];
    for (let start = 0; start < starts; start++) taken.push(await startMs(folder));
    report({ name: 'start', figure: percentile(taken, 0.5), unit: 'ms' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startMs(folder: string): Promise<number> {
  const began = performance.now();
  const starter = join(projectRoot(import.meta.dirname), 'bin', 'tallyroot');
  const child = spawn(process.execPath, [starter, 'start', '--data', join(folder, 'data'), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  let readyMs: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('Tallyroot is ready')) continue;
    readyMs = performance.now() - began;
    child.kill('SIGTERM');
  }
  await ended;
  if (readyMs === undefined) throw new Error('The service did not start.');
  return readyMs;
}
