import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProcessStore } from '../engine.ts';

/** A process with a store of its own, which says what it does line by line. */
export interface StoreProcess {
  readonly child: ChildProcess;
  /** What it prints, and has printed so far: nothing is read before somebody asks. To be asked once. */
  readonly lines: () => AsyncIterable<string>;
  /** Resolves with its exit code, null when it was killed. */
  readonly exited: Promise<number | null>;
}

/** Runs a script of this folder on a store of the engine. What it prints is in the pipe before it goes on, so a kill loses no line. */
export function startProcess(script: string, { module, argument }: ProcessStore, args: readonly string[]): StoreProcess {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), module, argument, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '--no-warnings' },
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, lines: () => createInterface({ input: child.stdout }), exited };
}

/** All it printed, when it has ended by itself. Throws when it failed. */
export async function linesOf({ lines, exited }: StoreProcess): Promise<string[]> {
  const all: string[] = [];
  for await (const line of lines()) all.push(line);
  const code = await exited;
  if (code !== 0) throw new Error(`A process with a store ended with exit code ${code}.`);
  return all;
}
