import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectRoot } from '../../services/read-store/project-root.ts';
import { writeSyntheticLog } from './synthetic-log.ts';
import { verifierFlags } from './verifying.ts';

/** Makes a process say at its end what it took at most, in KiB. */
const tellPeak = `data:text/javascript,process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))`;

/** The most memory, in MB, that the command takes to verify a log of so many charges from files, in a process of its own. */
export async function peakOfVerifying(charges: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyroot-bench-'));
  try {
    const { genesisHash } = writeSyntheticLog(folder, charges);
    const verifier = join(projectRoot(import.meta.dirname), 'verifier');
    const args = [
      '--no-warnings',
      ...verifierFlags(),
      '--import',
      tellPeak,
      join(verifier, 'cli.ts'),
      '--log',
      folder,
      '--genesis',
      genesisHash,
      '--offline',
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [said, told] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    const peak = /^peak (\d+)$/m.exec(told)?.[1];
    if (!said.startsWith('VALID') || peak === undefined) throw new Error(`A log of ${charges} charges was not found VALID: ${said}${told}`);
    return (Number(peak) * 1024) / 1e6;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
