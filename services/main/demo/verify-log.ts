import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../read-store/project-root.ts';

export interface VerifyRequest {
  /** URL of a live log or an export folder. */
  readonly log: string;
  readonly genesisHash: string;
  readonly rpcUrl: string | undefined;
  readonly token?: string;
}

export interface VerifyAnswer {
  /** 0 VALID, 1 INVALID, 2 UNVERIFIABLE. */
  readonly exitCode: number;
  readonly output: string;
}

/** Runs the auditor's own tool as a child, as an auditor would: nothing of it is loaded here. */
export function verifyLog({ log, genesisHash, rpcUrl, token }: VerifyRequest): Promise<VerifyAnswer> {
  const cli = join(projectRoot(import.meta.dirname), 'verifier', 'cli.ts');
  const chain = rpcUrl === undefined ? ['--offline'] : ['--rpc', rpcUrl];
  const access = token === undefined ? [] : ['--token', token];
  const child = spawn(process.execPath, [cli, '--log', log, '--genesis', genesisHash, ...chain, ...access], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let output = '';
    const hear = (text: Buffer) => (output += text.toString());
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 2, output: output.trimEnd() }));
  });
}
