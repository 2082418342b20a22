import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const cli = join(import.meta.dirname, '..', '..', 'verifier', 'witness', 'cli.ts');

/** A witness as a partner runs it: a process of its own, with its key and its memory in a folder of its own. */
export class WitnessProcess {
  readonly vkey: string;
  readonly folder = mkdtempSync(join(tmpdir(), 'tallyroot-witness-'));
  #child: ChildProcess | undefined;
  #url = '';
  #output = '';

  constructor(name: string) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [cli, '--new-key', name, ...this.files], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    this.vkey = stdout.trim();
  }

  get url(): string {
    return this.#url;
  }

  /** What it wrote since its last start. */
  get output(): string {
    return this.#output;
  }

  get files(): string[] {
    return ['--key', join(this.folder, 'key'), '--state', join(this.folder, 'state')];
  }

  /** Resolves when it listens. After the first start it takes the same port again. */
  async start(logs: readonly string[]): Promise<void> {
    const port = this.#url === '' ? '0' : new URL(this.#url).port;
    const args = [cli, ...logs.flatMap((vkey) => ['--log', vkey]), ...this.files, '--port', port];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#output = '';
    await new Promise<void>((resolve, reject) => {
      const hear = (chunk: Buffer) => {
        this.#output += chunk.toString();
        const [, url] = /listens on (http:\S+)/.exec(this.#output) ?? [];
        if (url === undefined) return;
        this.#url = url;
        resolve();
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.once('exit', () => reject(new Error(this.#output)));
    });
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
