import { type ArtifactResolver, deploy, type DeploymentResult, type EIP1193Provider } from '@nomicfoundation/ignition-core';
import { isAddress, keccak256 } from 'ethers';
import { ledgerAnchorBytecode, ledgerAnchorCodeHash } from '../contracts/generated/ledger-anchor.ts';
import { committedOnly } from './committed-artifacts.ts';
import ledgerAnchorModule from './modules/ledger-anchor.ts';

export interface LedgerAnchorParameters {
  readonly admin: string;
  readonly guardian: string;
  /** Seconds that a change of the admin waits. */
  readonly adminDelay: bigint;
}

export interface DeploymentTarget {
  /** Signs for its accounts; the first one deploys and has no say afterwards. */
  readonly provider: EIP1193Provider;
  readonly artifacts: ArtifactResolver;
  /** Where Ignition keeps its journal. With one, a deployment that was cut off goes on, and a finished one is answered again. */
  readonly folder?: string;
}

/** What a log's genesis lists of a contract. */
export interface LedgerAnchorDeployment {
  readonly chainId: string;
  readonly contract: string;
  /** EXTCODEHASH, 0x-hex. */
  readonly codeHash: string;
}

/** Deploys the anchor contract whose code is committed in contracts/generated, and looks at what then stands on the chain. */
export async function deployLedgerAnchor(
  { provider, artifacts, folder }: DeploymentTarget,
  { admin, guardian, adminDelay }: LedgerAnchorParameters,
): Promise<LedgerAnchorDeployment> {
  for (const [name, address] of Object.entries({ admin, guardian }))
    if (!isAddress(address)) throw new Error(`--${name} names no address.`);
  const result = await deploy({
    provider,
    artifactResolver: committedOnly(artifacts, { LedgerAnchor: ledgerAnchorBytecode }),
    ignitionModule: ledgerAnchorModule,
    deploymentParameters: { LedgerAnchor: { admin, guardian, adminDelay } },
    accounts: (await provider.request({ method: 'eth_accounts' })) as string[],
    ...(folder !== undefined && { deploymentDir: folder }),
  });
  const contract = addressIn(result);
  const code = (await provider.request({ method: 'eth_getCode', params: [contract, 'latest'] })) as string;
  const codeHash = keccak256(code);
  if (codeHash !== ledgerAnchorCodeHash) throw new Error(`The code at ${contract} hashes to ${codeHash}, not to ${ledgerAnchorCodeHash}.`);
  const chainId = BigInt((await provider.request({ method: 'eth_chainId' })) as string).toString();
  return { chainId, contract, codeHash };
}

function addressIn(result: DeploymentResult): string {
  const address = 'contracts' in result ? result.contracts['LedgerAnchor#LedgerAnchor']?.address : undefined;
  if (address === undefined) throw new Error(`LedgerAnchor was not deployed: ${JSON.stringify(result)}`);
  return address;
}
