import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { dirname, join } from 'node:path';
import { JsonRpcProvider } from 'ethers';

/** A chain for one run: the native binary, not the wrapper, which would leave it running. */
export interface ThrowawayChain {
  readonly url: string;
  readonly provider: JsonRpcProvider;
  stop(): Promise<void>;
}

export async function startThrowawayChain(): Promise<ThrowawayChain> {
  const name = `@foundry-rs/anvil-${platform()}-${arch() === 'x64' ? 'amd64' : arch()}`;
  const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  const child = spawn(join(folder, 'bin', 'anvil'), ['--port', '0', '--slots-in-an-epoch', '1', '--host', '127.0.0.1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = `http://${await listening(child)}`;
  const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1, pollingInterval: 20 });
  const stop = async () => {
    provider.destroy();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  return { url, provider, stop };
}

/** The address that anvil says it listens on. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.on('data', (text: Buffer) => {
      said += text.toString();
      const address = /Listening on ([0-9.:]+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`The chain ended at its start: ${said}`)));
  });
}
