import { ContractFactory, type Contract, hexlify, id, type JsonRpcProvider, NonceManager, type Signer, Wallet } from 'ethers';
import { ledgerAnchorAbi, ledgerAnchorBytecode, ledgerAnchorCodeHash } from '../../contracts/generated/ledger-anchor.ts';
import { anchorCalldata } from '../../services/integrity/adapters/chain/anchor-calldata.ts';
import { consistencyProof, inclusionProof, syntheticRanges } from './reference-tree.ts';
import type { ThrowawayChain } from './throwaway-chain.ts';

export interface GasFigure {
  readonly name: string;
  readonly gas: number;
  /** What it may cost at most (integrity reference, section 5). */
  readonly budget: number;
}

/** Old size, new size and budget of the three pairs that are fixed for comparison: what an anchor costs depends on the pair. */
const pairs = [
  { name: 'anchor.20000000-20010000', from: 20_000_000n, to: 20_010_000n, budget: 52_000 },
  { name: 'anchor.20123457-20133457', from: 20_123_457n, to: 20_133_457n, budget: 59_000 },
  { name: 'anchor.20971519-20981519', from: 20_971_519n, to: 20_981_519n, budget: 67_000 },
] as const;

const inclusions = [
  { name: 'inclusion.depth20', size: 1n << 20n, budget: 14_000 },
  { name: 'inclusion.depth30', size: 1n << 30n, budget: 18_500 },
] as const;

const manyItems = 10;

/** Measures every figure on a fresh contract. Everything that enters is fixed, so the same compiler gives the same gas. */
export async function measureGas({ provider }: ThrowawayChain): Promise<GasFigure[]> {
  const wallet = new Wallet(id('gas'), provider);
  await provider.send('anvil_setBalance', [wallet.address, '0x56bc75e2d63100000']);
  const signer = new NonceManager(wallet);
  const factory = new ContractFactory(ledgerAnchorAbi, ledgerAnchorBytecode, signer);
  const contract = (await (await factory.deploy(0, wallet.address, wallet.address)).waitForDeployment()) as Contract;
  const gasOf = async (method: string, ...args: unknown[]): Promise<number> => {
    const transaction = await contract.getFunction(method).send(...args);
    return Number((await transaction.wait())?.gasUsed);
  };
  const figures: GasFigure[] = [];
  const measure = async (name: string, budget: number, method: string, ...args: unknown[]) =>
    figures.push({ name, gas: await gasOf(method, ...args), budget });

  for (const { name, from, to, budget } of pairs) {
    await gasOf('register', id(name), wallet.address);
    const first = ['anchor', id(name), 0, from, rootAt([from, to], from), []] as const;
    if (figures.length === 0) await measure('anchor.first', 52_000, ...first);
    else await gasOf(...first);
    const beforeStep = (await provider.send('evm_snapshot', [])) as string;
    await measure(name, budget, 'anchor', id(name), from, to, rootAt([from, to], to), proofOf(from, to));
    await provider.send('evm_revert', [beforeStep]);
    signer.reset();
    figures.push({ name: `${name}.packed`, gas: await packedGas(contract, signer, { name, from, to }), budget });
  }
  await measure('anchorMany.10', 620_000, 'anchorMany', await tenItems(gasOf, wallet.address));
  for (const { name, size, budget } of inclusions) {
    figures.push({ name, gas: await inclusionGas(contract, { gasOf, publisher: wallet.address, size }), budget });
  }
  return figures;
}

function rootAt(cuts: readonly bigint[], size: bigint): string {
  return hexlify(syntheticRanges(cuts)(0n, size));
}

/** The same step as the service sends it. */
async function packedGas(
  contract: Contract,
  signer: Signer,
  { name, from, to }: { name: string; from: bigint; to: bigint },
): Promise<number> {
  const range = syntheticRanges([from, to]);
  const request = {
    logId: id(name).slice(2),
    oldSize: from,
    newSize: to,
    newRoot: range(0n, to),
    proof: consistencyProof(range, from, to),
  };
  const data = anchorCalldata(request, ledgerAnchorCodeHash);
  const transaction = await signer.sendTransaction({ to: await contract.getAddress(), data });
  return Number((await transaction.wait())?.gasUsed);
}

function proofOf(from: bigint, to: bigint): string[] {
  return consistencyProof(syntheticRanges([from, to]), from, to).map((hash) => hexlify(hash));
}

type GasOf = (method: string, ...args: unknown[]) => Promise<number>;

/** Ten logs of the middle pair in one transaction. */
async function tenItems(gasOf: GasOf, publisher: string): Promise<unknown[]> {
  const { from, to } = pairs[1];
  const items: unknown[] = [];
  for (let index = 0; index < manyItems; index++) {
    const logId = id(`many ${index}`);
    await gasOf('register', logId, publisher);
    await gasOf('anchor', logId, 0, from, rootAt([from, to], from), []);
    items.push([logId, from, to, rootAt([from, to], to), proofOf(from, to)]);
  }
  return items;
}

/**
 * What the call itself costs between contracts. As a transaction of its own the calldata's floor price (EIP-7623) would hide it, so it
 * is traced: the gas at its first instruction less the gas after its last.
 */
async function inclusionGas(
  contract: Contract,
  { gasOf, publisher, size }: { gasOf: GasOf; publisher: string; size: bigint },
): Promise<number> {
  const logId = id(`inclusion ${size}`);
  const index = size / 3n;
  const range = syntheticRanges([index, index + 1n]);
  await gasOf('register', logId, publisher);
  await gasOf('anchor', logId, 0, size, hexlify(range(0n, size)), []);
  const proof = inclusionProof(range, index, size).map((hash) => hexlify(hash));
  const data = contract.interface.encodeFunctionData('verifyInclusion', [logId, hexlify(range(index, index + 1n)), index, proof]);
  const provider = contract.runner?.provider as JsonRpcProvider;
  const call = { from: publisher, to: await contract.getAddress(), data };
  const trace = (await provider.send('debug_traceCall', [call, 'latest', { disableStack: true, disableStorage: true }])) as CallTrace;
  const steps = trace.structLogs.filter(({ depth }) => depth === 1);
  const [first, last] = [steps[0] as TraceStep, steps.at(-1) as TraceStep];
  return first.gas - last.gas + last.gasCost;
}

interface TraceStep {
  readonly depth: number;
  readonly gas: number;
  readonly gasCost: number;
}

interface CallTrace {
  readonly structLogs: readonly TraceStep[];
}
