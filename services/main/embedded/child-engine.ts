import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { beginningOf } from './process-identity.ts';

export interface EngineStart {
  readonly program: string;
  readonly args: readonly string[];
  /** Gets what the program prints; begun anew with each start. */
  readonly log: string;
  readonly options: Pick<SpawnOptions, 'cwd' | 'uid' | 'gid' | 'env'>;
}

/**
 * Starts a program in a process group of its own, so that a terminal's Ctrl-C does not reach it: it is stopped when nobody needs it any
 * more. It goes on when this process is killed, and does not keep this one from ending.
 */
export async function spawnEngine({ program, args, log, options }: EngineStart): Promise<ChildProcess> {
  const output = openSync(log, 'w', 0o600);
  try {
    const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', output, output], windowsHide: true });
    await new Promise((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

/** Answers whether the process ended in time. Works for processes that are not our children. */
export async function hasEnded(pid: number, msMax: number): Promise<boolean> {
  for (const deadline = Date.now() + msMax; beginningOf(pid) !== undefined;) {
    if (Date.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

export function tailOf(log: string): string {
  try {
    return readFileSync(log, 'utf8').trim().split('\n').slice(-3).join(' | ');
  } catch {
    return '';
  }
}
