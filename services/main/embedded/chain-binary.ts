import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { EngineFault } from './engine-fault.ts';

/**
 * The native program, not the wrapper that npm links: killing that one leaves the node running.
 * Throws EngineFault where npm has none for this platform.
 */
export function chainBinary(): string {
  const processor = process.arch === 'x64' ? 'amd64' : process.arch;
  const name = `@foundry-rs/anvil-${process.platform}-${processor}`;
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    return join(folder, 'bin', process.platform === 'win32' ? 'anvil.exe' : 'anvil');
  } catch {
    throw new EngineFault(
      `The package ${name} with the local chain is not installed; set CHAIN_RPC_URL to a chain of your own, or to "none" to go without anchoring.`,
    );
  }
}
