import { existsSync, readFileSync } from 'node:fs';
import type { JsonRpcProvider } from 'ethers';
import { localChainId } from '../../chain/application/local-funds.ts';
import { nativeToken, type SettlementChain, type SettlementContracts } from '../../settlement/application/settlement-chain.ts';
import { providerIdOf } from '../../settlement/domain/chain-number.ts';
import { writePrivateFile } from '../embedded/private-file.ts';
import { localProvider } from '../local-provider.ts';
import { readSettlementChains } from '../settlement-chains-file.ts';

/** What is told of the chain in the file. */
interface Written {
  readonly contracts: SettlementContracts;
  readonly tokens: readonly { readonly address: string }[];
}

/** What the file says of the local chain, where all of it is on the chain that answers. */
export async function standingIn(file: string, provider: JsonRpcProvider): Promise<SettlementChain | undefined> {
  const chain = existsSync(file) ? readSettlementChains(file).find(({ chainId }) => chainId === localChainId) : undefined;
  if (chain === undefined) return undefined;
  const contracts: Readonly<Record<string, string>> = { ...chain.contracts };
  const tokens = chain.tokens.map(({ address }) => address).filter((address) => address !== nativeToken);
  const codes = await Promise.all([...Object.values(contracts), ...tokens].map((address) => provider.getCode(address)));
  return codes.every((code) => code !== '0x') ? chain : undefined;
}

/** The same chain answers at another address now; everything else in the file stays. */
export function moveTo(file: string, rpc: string): string {
  const chains = JSON.parse(readFileSync(file, 'utf8')) as readonly Readonly<Record<string, unknown>>[];
  const moved = chains.map((chain) => (chain['chainId'] === localChainId ? { ...chain, rpcUrls: [rpc] } : chain));
  writePrivateFile(file, `${JSON.stringify(moved, null, 2)}\n`);
  return `The chain answers at ${rpc} now, and the file says so.`;
}

/** What the command says of the chain, and what comes next. */
export function linesOf({ contracts, tokens }: Written, file: string): readonly string[] {
  return [
    `settlement ${contracts.settlement}`,
    `escrow     ${contracts.escrow}`,
    `credit     ${contracts.creditFactory}`,
    `dollar     ${tokens.find(({ address }) => address !== nativeToken)?.address}`,
    `provider   ${localProvider.slug}, ${providerIdOf(localProvider.slug)} on chain`,
    `file       ${file}`,
    `next       stop the service and start it with SETTLEMENT_CHAINS=${file}`,
  ];
}
