import { join } from 'node:path';
import type { HardhatRuntimeEnvironment } from 'hardhat/types/hre';
import { deployLedgerAnchor } from './deploy-ledger-anchor.ts';

interface Options {
  readonly admin: string;
  readonly guardian: string;
  readonly adminDelay: bigint;
}

/** `hardhat deploy-anchor`: compiles, deploys on the network of `--network` and prints what a log's genesis lists of the contract. */
export default async function deployAnchor(options: Options, hre: HardhatRuntimeEnvironment): Promise<void> {
  await hre.tasks.getTask('build').run({ quiet: true });
  const { provider, networkConfig } = await hre.network.create();
  const chainId = BigInt((await provider.request({ method: 'eth_chainId' })) as string);
  // A chain in this process ends with it, and so does its journal.
  const folder = networkConfig.type === 'http' && { folder: join(hre.config.paths.root, 'ignition', 'deployments', `chain-${chainId}`) };
  const artifacts = {
    loadArtifact: (name: string) => hre.artifacts.readArtifact(name),
    getBuildInfo: () => Promise.resolve(undefined),
  };
  process.stdout.write(`${JSON.stringify(await deployLedgerAnchor({ provider, artifacts, ...folder }, options))}\n`);
}
