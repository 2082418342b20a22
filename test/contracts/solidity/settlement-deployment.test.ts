import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Artifact, ArtifactResolver } from '@nomicfoundation/ignition-core';
import { Contract, keccak256, Wallet } from 'ethers';
import { settlementOn } from '../../../bench/support/settlement-chain.ts';
import { startThrowawayChain, type ThrowawayChain } from '../../../bench/support/throwaway-chain.ts';
import { deploySettlement } from '../../../ignition/deploy-settlement.ts';
import { noteDeployment } from '../../../ignition/settlement-chains-file.ts';
import { readSettings } from '../../../services/main/settings.ts';
import { compile, compiled } from '../../support/compiled.ts';

const [admin, guardian, feeAdmin, feeReceiver] = [1, 2, 3, 4].map(() => Wallet.createRandom().address) as [string, string, string, string];
const artifacts: ArtifactResolver = {
  loadArtifact: async (name) => (await compiled(`contracts/${name}.sol`, name)) as unknown as Artifact,
  getBuildInfo: () => Promise.resolve(undefined),
};
let chain: ThrowawayChain;
let folder: string;
let permit2: string;
beforeAll(async () => {
  await compile();
  chain = await startThrowawayChain();
  ({ permit2 } = await settlementOn(chain));
  folder = await mkdtemp(join(tmpdir(), 'tallyroot-deployment-'));
}, 180_000);
afterAll(async () => {
  await chain.stop();
  await rm(folder, { recursive: true });
});

const target = () => ({
  provider: {
    request: ({ method, params }: { method: string; params?: unknown }) => chain.provider.send(method, [...((params ?? []) as [])]),
  },
  ...{ artifacts, folder: join(folder, 'journal') },
});
const parameters = () => ({ admin, guardian, feeAdmin, feeReceiver, permit2, feeCap: 500n, adminDelay: 172_800n });

describe('the settlement set', () => {
  it('is deployed around one registry, with the roles that it is given, and once', async () => {
    const height = await chain.provider.getBlockNumber();
    const deployment = await deploySettlement(target(), parameters());
    expect(deployment).toMatchObject({ chainId: '31337', deploymentBlock: height.toString() });
    const { contracts, codeHashes } = deployment;
    for (const name of ['registry', 'settlement', 'escrow', 'creditFactory'] as const)
      expect(codeHashes[name]).toBe(keccak256(await chain.provider.getCode(contracts[name])));
    const ask = async (contract: string, view: string, ...args: string[]) => {
      const types = args.map((_, index) => (index === 0 ? 'bytes32' : 'address')).join();
      const returns = view === 'hasRole' ? 'bool' : 'address';
      const abi = [`function ${view}(${types}) view returns (${returns})`];
      return (await new Contract(contract, abi, chain.provider).getFunction(view)(...args)) as unknown;
    };
    for (const contract of [contracts.settlement, contracts.escrow, contracts.creditFactory])
      expect(await ask(contract, 'registry')).toBe(contracts.registry);
    for (const contract of [contracts.settlement, contracts.escrow]) expect(await ask(contract, 'permit2')).toBe(permit2);
    expect(await ask(contracts.registry, 'defaultAdmin')).toBe(admin);
    expect(await ask(contracts.registry, 'feeReceiver')).toBe(feeReceiver);
    expect(await deploySettlement(target(), parameters())).toEqual(deployment);
  });

  it('is noted in the file that the service reads, which keeps all else that stands there', async () => {
    const file = join(folder, 'settlement-chains.json');
    const deployed = await deploySettlement(target(), parameters());
    await noteDeployment(file, { ...deployed, chainId: '1' });
    const start = () => readSettings([], { SETTLEMENT_CHAINS: file }).settlementChains;
    expect(start).toThrow('rpcUrls takes at least one address of a node');
    const [first] = JSON.parse(await readFile(file, 'utf8')) as [{ profile: object }];
    const nodes = ['https://a.example', 'https://b.example', 'https://c.example'];
    const profile = { ...first.profile, blockTimeMaxMs: 30_000, finalitySeconds: 1_200 };
    await writeFile(file, JSON.stringify([{ ...first, rpcUrls: nodes, profile, deploymentBlock: '7' }]));
    await noteDeployment(file, { ...deployed, chainId: '1' });
    const lowerCase = Object.fromEntries(Object.entries(deployed.contracts).map(([name, at]) => [name, at.toLowerCase()]));
    const block = BigInt(deployed.deploymentBlock);
    expect(start()).toMatchObject([{ chainId: '1', rpcUrls: nodes, contracts: lowerCase, profile, deploymentBlock: block }]);
    await noteDeployment(file, deployed);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject([
      { chainId: '1', rpcUrls: nodes },
      { ...deployed, rpcUrls: [] },
    ]);
    expect(start).toThrow('Chain 2');
  });

  it('is not deployed without Permit2, without an address, or from other code', async () => {
    const bare = { provider: target().provider, artifacts };
    const nowhere = { ...parameters(), permit2: admin };
    await expect(deploySettlement(bare, nowhere)).rejects.toThrow('Permit2 does not stand');
    await expect(deploySettlement(bare, { ...parameters(), guardian: '' })).rejects.toThrow('guardian');
    const other = { ...artifacts, loadArtifact: async (name: string) => ({ ...(await artifacts.loadArtifact(name)), bytecode: '0x00' }) };
    await expect(deploySettlement({ ...bare, artifacts: other }, parameters())).rejects.toThrow('contracts/generated');
  });
});
