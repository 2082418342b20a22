import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deploy, type DeploymentResult, type EIP1193Provider } from '@nomicfoundation/ignition-core';
import { isAddress, keccak256 } from 'ethers';
import { ppvEscrowBytecode } from '../contracts/generated/ppv-escrow.ts';
import { prepaidCreditFactoryBytecode } from '../contracts/generated/prepaid-credit-factory.ts';
import { providerRegistryBytecode } from '../contracts/generated/provider-registry.ts';
import { providerSettlementBytecode } from '../contracts/generated/provider-settlement.ts';
import { committedOnly } from './committed-artifacts.ts';
import type { DeploymentTarget } from './deploy-ledger-anchor.ts';
import settlementModule from './modules/settlement.ts';
import type { DeployedSettlement } from './settlement-chains-file.ts';

export interface SettlementParameters {
  readonly admin: string;
  readonly guardian: string;
  readonly feeAdmin: string;
  readonly feeReceiver: string;
  readonly permit2: string;
  /** Hundredths of a percent that no fee exceeds, for ever. */
  readonly feeCap: bigint;
  /** Seconds that a change of the admin waits. */
  readonly adminDelay: bigint;
}

const committed = {
  ProviderRegistry: providerRegistryBytecode,
  ProviderSettlement: providerSettlementBytecode,
  PpvEscrow: ppvEscrowBytecode,
  PrepaidCreditFactory: prepaidCreditFactoryBytecode,
};

/** Deploys the committed registry, settlement, escrow and factory of credit. The deployer has no say afterwards. */
export async function deploySettlement(
  { provider, artifacts, folder }: DeploymentTarget,
  parameters: SettlementParameters,
): Promise<DeployedSettlement> {
  const { admin, guardian, feeAdmin, feeReceiver, permit2 } = parameters;
  for (const [name, address] of Object.entries({ admin, guardian, feeAdmin, feeReceiver, permit2 }))
    if (!isAddress(address)) throw new Error(`The option for ${name} names no address.`);
  if ((await provider.request({ method: 'eth_getCode', params: [permit2, 'latest'] })) === '0x')
    throw new Error(`Permit2 does not stand at ${permit2} on this chain.`);
  const deploymentBlock = await startingBlock(provider, folder);
  const result = await deploy({
    provider,
    artifactResolver: committedOnly(artifacts, committed),
    ignitionModule: settlementModule,
    deploymentParameters: { Settlement: { ...parameters } },
    accounts: (await provider.request({ method: 'eth_accounts' })) as string[],
    ...(folder !== undefined && { deploymentDir: folder }),
  });
  const contracts = {
    ...{ registry: addressIn(result, 'ProviderRegistry'), settlement: addressIn(result, 'ProviderSettlement') },
    ...{ escrow: addressIn(result, 'PpvEscrow'), creditFactory: addressIn(result, 'PrepaidCreditFactory') },
  };
  const hashOf = async (address: string) =>
    keccak256((await provider.request({ method: 'eth_getCode', params: [address, 'latest'] })) as string);
  const { registry, settlement, escrow, creditFactory } = contracts;
  return {
    chainId: BigInt((await provider.request({ method: 'eth_chainId' })) as string).toString(),
    contracts,
    codeHashes: {
      ...{ registry: await hashOf(registry), settlement: await hashOf(settlement) },
      ...{ escrow: await hashOf(escrow), creditFactory: await hashOf(creditFactory) },
    },
    deploymentBlock: deploymentBlock.toString(),
  };
}

/** The newest block before the first attempt: a deployment that was cut off, or is finished, still begins where it began. */
async function startingBlock(provider: EIP1193Provider, folder?: string): Promise<number> {
  const newest = Number(BigInt((await provider.request({ method: 'eth_blockNumber' })) as string));
  if (folder === undefined) return newest;
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'settlement-begins-at');
  try {
    await writeFile(file, String(newest), { flag: 'wx' });
    return newest;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return Number(await readFile(file, 'utf8'));
  }
}

function addressIn(result: DeploymentResult, contract: keyof typeof committed): string {
  const address = 'contracts' in result ? result.contracts[`Settlement#${contract}`]?.address : undefined;
  if (address === undefined) throw new Error(`${contract} was not deployed: ${JSON.stringify(result)}`);
  return address;
}
