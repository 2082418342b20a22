import { join, resolve } from 'node:path';
import type { HardhatRuntimeEnvironment } from 'hardhat/types/hre';
import { deploySettlement, type SettlementParameters } from './deploy-settlement.ts';
import { noteDeployment } from './settlement-chains-file.ts';

/** `hardhat deploy-settlement`: compiles, deploys on the network of `--network`, notes what stands where in the file of `--chains` and prints it. */
export default async function deploySettlementAction(
  { chains: file, ...parameters }: SettlementParameters & { readonly chains: string },
  hre: HardhatRuntimeEnvironment,
): Promise<void> {
  await hre.tasks.getTask('build').run({ quiet: true });
  const { provider, networkConfig } = await hre.network.create();
  const id = BigInt((await provider.request({ method: 'eth_chainId' })) as string);
  // A chain in this process ends with it, and so does its journal.
  const folder = networkConfig.type === 'http' && { folder: join(hre.config.paths.root, 'ignition', 'deployments', `settlement-${id}`) };
  const artifacts = {
    loadArtifact: (name: string) => hre.artifacts.readArtifact(name),
    getBuildInfo: () => Promise.resolve(undefined),
  };
  const deployed = await deploySettlement({ provider, artifacts, ...folder }, parameters);
  if (networkConfig.type === 'http') await noteDeployment(resolve(file), deployed);
  process.stdout.write(`${JSON.stringify(deployed)}\n`);
}
