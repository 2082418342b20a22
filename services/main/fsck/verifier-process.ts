import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LogFiles } from '../../integrity/application/log-files.ts';
import type { PublishedHead } from '../../integrity/domain/tree-head.ts';
import { projectRoot } from '../../read-store/project-root.ts';

export interface LogToVerify {
  /** Slug of the log. */
  readonly log: string;
  /** Keys of the logs that it goes on with, the last one first. */
  readonly earlier: readonly string[];
  readonly genesisHash: string;
  readonly files: LogFiles;
  /** Nodes of its chains; none to ask no chain. */
  readonly rpcUrls: readonly string[];
  readonly onProgress: (done: bigint, of: bigint) => void;
}

/** The report of the verifier, as `verify --json` prints it; as much of it as is read here. */
export interface VerifierReport {
  readonly verdict: string;
  /** Of a log that could not even be opened. */
  readonly reason?: string;
  readonly firstBadEvent?: BadEvent;
  readonly checks: readonly VerifierCheck[];
}

interface BadEvent {
  readonly index: string;
  readonly check: string;
  readonly stream?: string;
  readonly revision?: string;
  readonly id?: string;
}

export interface VerifierCheck {
  readonly id: string;
  readonly name: string;
  readonly result: 'ok' | 'invalid' | 'unverifiable' | 'not applicable' | 'not checked';
  readonly reason?: string;
  readonly findings: readonly { readonly name: string; readonly index?: string; readonly message: string }[];
  readonly findingCount: string;
  /** What is missing above the size that is under the verifier's verdict, which here is of the same interest. */
  readonly unverifiableInTail: readonly VerifierProblem[];
  /** What is wrong first, then what is missing. */
  readonly evidence: readonly VerifierProblem[];
}

interface VerifierProblem {
  readonly index?: string;
  readonly message: string;
  readonly evidence?: Readonly<Record<string, string>>;
}

type Message =
  | { readonly kind: 'read'; readonly id: number; readonly log: string; readonly path: string }
  | { readonly kind: 'progress'; readonly leaves: number; readonly size: number }
  | { readonly kind: 'report'; readonly json: string };

/** The verifier ended without a report: this says nothing of the log. */
export class VerifierFault extends Error {
  override readonly name = 'VerifierFault';
}

/**
 * Runs the auditor's own verifier as a child and hands it the files of the log as the databases give them now, under one head. Nothing of it is
 * loaded here, so that it stays independent; nothing is written or opened to others, since the two speak over a pipe of their own.
 */
export async function runVerifier(options: LogToVerify): Promise<VerifierReport> {
  const verifier = join(projectRoot(import.meta.dirname), 'verifier');
  const execArgv = JSON.parse(readFileSync(join(verifier, 'node-flags.json'), 'utf8')) as string[];
  const child = fork(join(verifier, 'child.ts'), [], { serialization: 'advanced', execArgv, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  try {
    return await reportOf(child, options);
  } finally {
    child.kill('SIGKILL');
  }
}

function reportOf(child: ChildProcess, { log, earlier, genesisHash, files, rpcUrls, onProgress }: LogToVerify): Promise<VerifierReport> {
  const logs = [log, ...earlier];
  const doors = new Map(logs.map((key) => [key, new LogDoor(files, key)]));
  let errors = '';
  child.stderr?.on('data', (text: Buffer) => (errors = (errors + text.toString()).slice(-2_000)));
  return new Promise((resolve, reject) => {
    const handOver = async ({ id, log: key, path }: Extract<Message, { kind: 'read' }>) =>
      answer(child, { kind: 'file', id, log: key, ...(await doors.get(key)?.read(path)) });
    const hear = (message: Message) => {
      if (message.kind === 'read') void handOver(message);
      else if (message.kind === 'progress') onProgress(BigInt(message.leaves), BigInt(message.size));
      else resolve(JSON.parse(message.json) as VerifierReport);
    };
    child.on('message', (message: Message) => {
      try {
        hear(message);
      } catch (error) {
        reject(error instanceof Error ? error : new VerifierFault(String(error)));
      }
    });
    child.once('error', reject);
    child.once('close', () => reject(new VerifierFault(`The verifier failed: ${errors.trim() || 'it was ended'}`)));
    answer(child, { kind: 'verify', logs, genesisHash, rpcUrls });
  });
}

/** A child that is gone is met as one that ended. */
function answer(child: ChildProcess, message: object): void {
  child.send(message, () => undefined);
}

/** The files of a log while it grows: all under the head that was shown last. */
class LogDoor {
  readonly #files: LogFiles;
  readonly #log: string;
  #head: PublishedHead | undefined;

  constructor(files: LogFiles, log: string) {
    this.#files = files;
    this.#log = log;
  }

  /** The verifier asks the chain first and for the head then, so that the head covers what the chain holds. */
  async read(path: string): Promise<{ readonly bytes?: Buffer; readonly problem?: string }> {
    try {
      if (path === 'checkpoint') this.#head = await this.#files.head(this.#log);
      const head = this.#head === undefined ? {} : { head: this.#head };
      const file = await this.#files.read(this.#log, path, { payloads: true, ...head });
      return file === undefined ? {} : { bytes: file.bytes };
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  }
}
