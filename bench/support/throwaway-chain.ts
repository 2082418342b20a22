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

/** `slotsInAnEpoch`: twice as many blocks behind the head is final. */
export async function startThrowawayChain({ slotsInAnEpoch = 1 } = {}): Promise<ThrowawayChain> {
  const name = `@foundry-rs/anvil-${platform()}-${arch() === 'x64' ? 'amd64' : arch()}`;
  const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  const args = ['--port', '0', '--slots-in-an-epoch', String(slotsInAnEpoch), '--host', '127.0.0.1'];
  const child = spawn(join(folder, 'bin', 'anvil'), args, { stdio: ['ignore', 'pipe', 'inherit'] });
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
