import { type Artifact, type ArtifactResolver, deploy, type DeploymentResult, type EIP1193Provider } from '@nomicfoundation/ignition-core';
import { isAddress, keccak256 } from 'ethers';
import { ledgerAnchorBytecode, ledgerAnchorCodeHash } from '../contracts/generated/ledger-anchor.ts';
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
    artifactResolver: committedOnly(artifacts),
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

/** A log's genesis lists the hash of the code: what another compiler or a changed source makes must not reach a chain. */
function committedOnly(artifacts: ArtifactResolver): ArtifactResolver {
  return {
    getBuildInfo: (name) => artifacts.getBuildInfo(name),
    async loadArtifact(name): Promise<Artifact> {
      const artifact = await artifacts.loadArtifact(name);
      if (artifact.bytecode !== ledgerAnchorBytecode)
        throw new Error(
          `${name} was compiled to other code than contracts/generated holds: run \`npm run contracts:build\` and look at the difference.`,
        );
      return artifact;
    },
  };
}

function addressIn(result: DeploymentResult): string {
  const address = 'contracts' in result ? result.contracts['LedgerAnchor#LedgerAnchor']?.address : undefined;
  if (address === undefined) throw new Error(`LedgerAnchor was not deployed: ${JSON.stringify(result)}`);
  return address;
}
