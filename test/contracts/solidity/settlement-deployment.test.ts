import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Artifact, ArtifactResolver } from '@nomicfoundation/ignition-core';
import { Contract, Wallet } from 'ethers';
import { settlementOn } from '../../../bench/support/settlement-chain.ts';
import { startThrowawayChain, type ThrowawayChain } from '../../../bench/support/throwaway-chain.ts';
import { deploySettlement } from '../../../ignition/deploy-settlement.ts';
import { noteAddresses } from '../../../ignition/settlement-addresses.ts';
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
    expect(deployment).toMatchObject({ chainId: '31337', deploymentBlock: height });
    const ask = async (contract: string, view: string, ...args: string[]) => {
      const types = args.map((_, index) => (index === 0 ? 'bytes32' : 'address')).join();
      const returns = view === 'hasRole' ? 'bool' : 'address';
      const abi = [`function ${view}(${types}) view returns (${returns})`];
      return (await new Contract(contract, abi, chain.provider).getFunction(view)(...args)) as unknown;
    };
    for (const contract of [deployment.settlement, deployment.escrow, deployment.creditFactory])
      expect(await ask(contract, 'registry')).toBe(deployment.registry);
    for (const contract of [deployment.settlement, deployment.escrow]) expect(await ask(contract, 'permit2')).toBe(permit2);
    expect(await ask(deployment.registry, 'defaultAdmin')).toBe(admin);
    expect(await ask(deployment.registry, 'feeReceiver')).toBe(feeReceiver);
    expect(await deploySettlement(target(), parameters())).toEqual(deployment);
  }, 60_000);

  it('is noted in one file for all chains, which keeps the others', async () => {
    const file = join(folder, 'addresses.json');
    const { chainId, ...addresses } = await deploySettlement(target(), parameters());
    await noteAddresses(file, '1', { ...addresses, deploymentBlock: 7 });
    await noteAddresses(file, chainId, addresses);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ '1': { ...addresses, deploymentBlock: 7 }, '31337': addresses });
  }, 60_000);

  it('is not deployed without Permit2, without an address, or from other code', async () => {
    const bare = { provider: target().provider, artifacts };
    const nowhere = { ...parameters(), permit2: admin };
    await expect(deploySettlement(bare, nowhere)).rejects.toThrow('Permit2 does not stand');
    await expect(deploySettlement(bare, { ...parameters(), guardian: '' })).rejects.toThrow('guardian');
    const other = { ...artifacts, loadArtifact: async (name: string) => ({ ...(await artifacts.loadArtifact(name)), bytecode: '0x00' }) };
    await expect(deploySettlement({ ...bare, artifacts: other }, parameters())).rejects.toThrow('contracts/generated');
  }, 60_000);
});
