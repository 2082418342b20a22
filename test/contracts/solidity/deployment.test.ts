import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Artifact, ArtifactResolver, EIP1193Provider } from '@nomicfoundation/ignition-core';
import { BrowserProvider, Contract, Wallet, ZeroAddress } from 'ethers';
import { createHardhatRuntimeEnvironment } from 'hardhat/hre';
import { startThrowawayChain, type ThrowawayChain } from '../../../bench/support/throwaway-chain.ts';
import { ledgerAnchorAbi, ledgerAnchorCodeHash } from '../../../contracts/generated/ledger-anchor.ts';
import { deployLedgerAnchor } from '../../../ignition/deploy-ledger-anchor.ts';
import { compile, compiled } from '../../support/compiled.ts';

const parameters = { admin: Wallet.createRandom().address, guardian: Wallet.createRandom().address, adminDelay: 172_800n };
const artifacts: ArtifactResolver = {
  loadArtifact: async (name) => (await compiled(`contracts/${name}.sol`, name)) as unknown as Artifact,
  getBuildInfo: () => Promise.resolve(undefined),
};
const providerOf = ({ provider }: ThrowawayChain): EIP1193Provider => ({
  request: ({ method, params }) => provider.send(method, [...((params ?? []) as unknown[])]),
});

let chain: ThrowawayChain;
let folder: string;
beforeAll(async () => {
  await compile();
  chain = await startThrowawayChain();
  folder = await mkdtemp(join(tmpdir(), 'tallyroot-deployment-'));
}, 120_000);
afterAll(async () => {
  await chain.stop();
  await rm(folder, { recursive: true });
});

describe('the Ignition module', () => {
  it('deploys on the Hardhat network of this process, with the roles and the delay that it is given', async () => {
    const { network } = await createHardhatRuntimeEnvironment({});
    const { provider, close } = await network.create();
    const { contract, ...deployment } = await deployLedgerAnchor({ provider, artifacts }, parameters);
    expect(deployment).toEqual({ chainId: '31337', codeHash: ledgerAnchorCodeHash });
    const anchor = new Contract(contract, ledgerAnchorAbi, new BrowserProvider(provider));
    const role = (await anchor.getFunction('GUARDIAN_ROLE')()) as string;
    expect(await anchor.getFunction('defaultAdmin')()).toBe(parameters.admin);
    expect(await anchor.getFunction('defaultAdminDelay')()).toBe(parameters.adminDelay);
    expect(await anchor.getFunction('hasRole')(role, parameters.guardian)).toBe(true);
    expect(await anchor.getFunction('hasRole')(role, parameters.admin)).toBe(false);
    await close();
  });

  it('answers a finished deployment again instead of deploying twice', async () => {
    const target = { provider: providerOf(chain), artifacts, folder: join(folder, 'twice') };
    const first = await deployLedgerAnchor(target, parameters);
    const height = await chain.provider.getBlockNumber();
    expect(await deployLedgerAnchor(target, parameters)).toEqual(first);
    expect(await chain.provider.getBlockNumber()).toBe(height);
  });

  it('refuses code that is not the committed one, and parameters that name nobody', async () => {
    const provider = providerOf(chain);
    const other = { ...artifacts, loadArtifact: async (name: string) => ({ ...(await artifacts.loadArtifact(name)), bytecode: '0x00' }) };
    await expect(deployLedgerAnchor({ provider, artifacts: other }, parameters)).rejects.toThrow('contracts/generated');
    await expect(deployLedgerAnchor({ provider, artifacts }, { ...parameters, guardian: '' })).rejects.toThrow('--guardian');
    await expect(deployLedgerAnchor({ provider, artifacts }, { ...parameters, guardian: ZeroAddress })).rejects.toThrow('not deployed');
    await expect(deployLedgerAnchor({ provider, artifacts }, { ...parameters, admin: ZeroAddress })).rejects.toThrow('not deployed');
  });
});
