import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface DoubleProcessOptions {
  /** Keeps the log here, so that a restart finds every answered append. */
  readonly file?: string;
}

/** The double in a process of its own, for what only a process can suffer: SIGKILL, SIGSTOP, a busy neighbour. */
export class DoubleProcess {
  readonly #options: DoubleProcessOptions;
  #child: ChildProcess;
  connectionString = '';

  private constructor(options: DoubleProcessOptions) {
    this.#options = options;
    this.#child = this.#spawn();
  }

  static async start(options: DoubleProcessOptions = {}): Promise<DoubleProcess> {
    const started = new DoubleProcess(options);
    await started.#greeting();
    return started;
  }

  /** Resolves when the process is gone; with SIGTERM after its time of grace. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill(signal);
    await gone;
  }

  /** Starts again on the same port. */
  async restart(): Promise<void> {
    await this.kill();
    this.#child = this.#spawn();
    await this.#greeting();
  }

  /** The whole process stands still: not even a ping is answered. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  #spawn(): ChildProcess {
    const { file } = this.#options;
    const port = this.connectionString === '' ? '0' : new URL(this.connectionString).port;
    const args = [join(import.meta.dirname, 'main.ts'), '--attached', '--port', port, ...(file === undefined ? [] : ['--file', file])];
    return spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } });
  }

  async #greeting(): Promise<void> {
    const lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    const [line] = (await Promise.race([once(lines, 'line'), once(this.#child, 'exit').then(() => [''])])) as [string];
    if (line === '') throw new Error('The double did not start.');
    this.connectionString = line;
  }
}
