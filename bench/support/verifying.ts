import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { projectRoot } from '../../services/read-store/project-root.ts';
import type { SyntheticLog } from './synthetic-log.ts';

export interface Verification extends SyntheticLog {
  readonly isDeep: boolean;
  /** In one thread. */
  readonly isAlone: boolean;
}

/** Flags of the runtime that `bin/tallyroot verify` gives. */
export function verifierFlags(): string[] {
  return JSON.parse(readFileSync(join(projectRoot(import.meta.dirname), 'verifier', 'node-flags.json'), 'utf8')) as string[];
}

/** A process of its own that verifies logs, so that what else the bench holds in memory is not collected with it. */
export class VerifyingProcess {
  readonly #child = fork(join(import.meta.dirname, `verifier.process${extname(import.meta.filename)}`), {
    execArgv: ['--no-warnings', ...verifierFlags()],
  });

  /** Milliseconds. */
  async verify(verification: Verification): Promise<number> {
    this.#child.send(verification);
    const ended = once(this.#child, 'exit').then(() => Promise.reject(new Error('The verifying process ended.')));
    const [milliseconds] = (await Promise.race([once(this.#child, 'message'), ended])) as [number];
    return milliseconds;
  }

  stop(): void {
    this.#child.kill();
  }
}
