import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concat, Contract, ContractFactory, id, toBeHex, type TypedDataDomain, Wallet, ZeroAddress } from 'ethers';
import { demoDollarAbi, demoDollarBytecode } from '../../contracts/generated/demo-dollar.ts';
import { providerRegistryAbi, providerRegistryBytecode } from '../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi, providerSettlementBytecode } from '../../contracts/generated/provider-settlement.ts';
import { projectRoot } from '../../services/read-store/project-root.ts';
import { type Mandate, mandateTypes, type Quote, quoteTypes } from './settlement-signing.ts';
import type { ThrowawayChain } from './throwaway-chain.ts';

/** The code of Permit2 as it stands on every public chain: its address follows from the code. */
interface Permit2Vector {
  readonly deployer: string;
  readonly salt: string;
  readonly address: string;
  readonly creationCode: string;
}

const hands = ['admin', 'guardian', 'feeAdmin', 'feeReceiver', 'providerAdmin', 'treasury', 'signer', 'collector', 'refunder'] as const;
const strangers = ['payer', 'other', 'stranger'] as const;

/** Whoever touches the contracts: each with a key of its own and coins for gas. */
export type Hands = Readonly<Record<(typeof hands)[number] | (typeof strangers)[number], Wallet>>;

export interface SettlementChain {
  readonly chain: ThrowawayChain;
  readonly registry: Contract;
  readonly settlement: Contract;
  readonly dollar: Contract;
  readonly permit2: string;
  readonly hands: Hands;
  readonly domain: TypedDataDomain;
  readonly dollarDomain: TypedDataDomain;
  readonly permit2Domain: TypedDataDomain;
  /** A quote of provider 1 in the dollar for 12.50, but for what is given. */
  readonly quote: (given?: Partial<Quote>) => Quote;
  readonly sign: (quote: Quote) => Promise<string>;
  /** A mandate of the payer for 100 a month and 1,000 in all, but for what is given. */
  readonly mandate: (given?: Partial<Mandate>) => Mandate;
  readonly signMandate: (mandate: Mandate) => Promise<string>;
  readonly deploy: (abi: readonly object[], bytecode: string, ...args: unknown[]) => Promise<Contract>;
}

export const providerId = 1n;
/** Long after any test, so that calldata has the same bytes at any time. */
const farFuture = 4_102_444_800;
const longAgo = 1_700_000_000;
const forever = 4_102_444_800;

/** The settlement contracts with one provider that takes no fee, on a chain of the test's own. */
export async function settlementOn(chain: ThrowawayChain): Promise<SettlementChain> {
  const { provider } = chain;
  const wallets = Object.fromEntries([...hands, ...strangers].map((name) => [name, new Wallet(id(name), provider)])) as Hands;
  for (const { address } of Object.values(wallets)) await provider.send('anvil_setBalance', [address, '0x56bc75e2d63100000']);
  const deployer = new Wallet(id('deployer'), provider);
  await provider.send('anvil_setBalance', [deployer.address, '0x56bc75e2d63100000']);
  const deploy = async (abi: readonly object[], bytecode: string, ...args: unknown[]) => {
    const contract = await new ContractFactory(abi, bytecode, deployer).deploy(...args);
    return (await contract.waitForDeployment()) as Contract;
  };
  const permit2 = await deployPermit2(deployer);
  const { admin, guardian, feeAdmin, feeReceiver } = wallets;
  const platform = [172_800, admin.address, guardian.address, feeAdmin.address, 500, feeReceiver.address] as const;
  const registry = await deploy(providerRegistryAbi, providerRegistryBytecode, ...platform);
  const abi = [...providerSettlementAbi, ...errorsOf(providerRegistryAbi), ...errorsOf(demoDollarAbi)];
  const settlement = await deploy(abi, providerSettlementBytecode, await registry.getAddress(), permit2);
  const dollar = await deploy(demoDollarAbi, demoDollarBytecode);
  const [settlementAddress, token] = await Promise.all([settlement.getAddress(), dollar.getAddress()]);
  await openProvider({ registry, token, hands: wallets });
  await sent(dollar, wallets.payer, 'mint', wallets.payer.address, 10n ** 12n);
  const chainId = (await provider.getNetwork()).chainId;
  const domain = { name: 'Tallyroot Settlement', version: '1', chainId, verifyingContract: settlementAddress };
  return {
    ...{ chain, registry, settlement, dollar, permit2, hands: wallets, domain, deploy },
    dollarDomain: { name: 'Demo Dollar', version: '1', chainId, verifyingContract: token },
    permit2Domain: { name: 'Permit2', chainId, verifyingContract: permit2 },
    quote: (given = {}) => ({
      ...{ providerId, seq: 1n, invoiceRef: id(`invoice ${given.seq ?? 1n}`), kind: 1, payer: ZeroAddress, token, amount: 12_500_000n },
      ...{ currency: '0x455552', fiatMinor: 1_150n, validAfter: longAgo, deadline: farFuture },
      ...given,
    }),
    sign: (quote) => wallets.signer.signTypedData(domain, quoteTypes, quote),
    mandate: (given = {}) => ({
      ...{ providerId, payer: wallets.payer.address, token, maxPerPeriod: 100_000_000n, totalCap: 1_000_000_000n, period: 2_592_000 },
      ...{ start: longAgo, end: farFuture, accountRef: id('account'), salt: 1n },
      ...given,
    }),
    signMandate: (mandate) => wallets.payer.signTypedData(domain, mandateTypes, mandate),
  };
}

/** Sends a transaction and answers the gas that it took. */
export async function sent(contract: Contract, by: Wallet, method: string, ...args: unknown[]): Promise<number> {
  const transaction = await (contract.connect(by) as Contract).getFunction(method).send(...args);
  const receipt = await transaction.wait();
  return Number(receipt?.gasUsed);
}

/** What a call can end with that was made on behalf of another contract. */
function errorsOf(abi: readonly { readonly type: string; readonly name?: string }[]): readonly object[] {
  const known = new Set(providerSettlementAbi.flatMap((item) => (item.type === 'error' ? [item.name as string] : [])));
  return abi.filter(({ type, name }) => type === 'error' && !known.has(name ?? ''));
}

async function openProvider({ registry, token, hands }: { registry: Contract; token: string; hands: Hands }): Promise<void> {
  const { admin, providerAdmin, treasury, signer, collector, refunder } = hands;
  await sent(registry, admin, 'createProvider', providerId, providerAdmin.address, treasury.address);
  await sent(registry, providerAdmin, 'setSigner', providerId, signer.address, forever);
  await sent(registry, providerAdmin, 'setCollector', providerId, collector.address, forever);
  await sent(registry, providerAdmin, 'setRefunder', providerId, refunder.address, forever);
  await sent(registry, providerAdmin, 'setToken', providerId, token, true, 6);
}

/** By the deployer that every anvil has, so that it stands where it stands everywhere. */
async function deployPermit2(by: Wallet): Promise<string> {
  const file = join(projectRoot(import.meta.dirname), 'test', 'vectors', 'permit2.json');
  const { deployer, salt, address, creationCode } = JSON.parse(readFileSync(file, 'utf8')) as Permit2Vector;
  if ((await by.provider?.getCode(address)) !== '0x') return address;
  await (await by.sendTransaction({ to: deployer, data: concat([toBeHex(salt, 32), creationCode]) })).wait();
  if ((await by.provider?.getCode(address)) === '0x') throw new Error(`Permit2 does not stand at ${address}.`);
  return address;
}
