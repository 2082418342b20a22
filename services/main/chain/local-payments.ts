import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Contract, ContractFactory, type InterfaceAbi, JsonRpcProvider, type JsonRpcSigner } from 'ethers';
import { demoDollarAbi, demoDollarBytecode } from '../../../contracts/generated/demo-dollar.ts';
import { prepaidCreditAbi } from '../../../contracts/generated/prepaid-credit.ts';
import { prepaidCreditFactoryAbi, prepaidCreditFactoryBytecode } from '../../../contracts/generated/prepaid-credit-factory.ts';
import { ppvEscrowAbi, ppvEscrowBytecode } from '../../../contracts/generated/ppv-escrow.ts';
import { providerRegistryAbi, providerRegistryBytecode } from '../../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi, providerSettlementBytecode } from '../../../contracts/generated/provider-settlement.ts';
import { localChainId } from '../../chain/application/local-funds.ts';
import { EncryptedKeystoreSenderKeys } from '../../settlement/adapters/keys/encrypted-keystore.sender-keys.ts';
import { EncryptedKeystoreSigner } from '../../settlement/adapters/keys/encrypted-keystore.signer.ts';
import type { SenderRole } from '../../settlement/application/sending/sender-keys.ts';
import { nativeToken } from '../../settlement/application/settlement-chain.ts';
import { providerIdOf } from '../../settlement/domain/chain-number.ts';
import { writePrivateFile } from '../embedded/private-file.ts';
import { localProvider } from '../local-provider.ts';
import { type Environment, readSettings } from '../settings.ts';
import { SettingsFault } from '../settings-fault.ts';
import { linesOf, moveTo, standingIn } from './local-payments-file.ts';

/** Where Permit2 stands on public chains; here it usually does not, and is then not offered. */
const permit2 = '0x000000000022D473030F116dDEE9F6B43aC78BA3';
/** The keys of a local chain are good until 2100. */
const validUntil = 4_102_444_800;
const feeCapBps = 500;
/** Prepaid credit of the local provider: in cents of a euro, ten thousand euro a day at most. */
const creditDecimals = 2;
const euro = '0x455552';
const creditDailyCap = 1_000_000n;
/** One coin: tens of thousands of transactions. */
const gasMoney = 10n ** 18n;
/** Coins of the refunder: for everything that a trial pays back. The service gives a key that runs out more, and of the refunder that is an alarm. */
const coinsToPayBack = 1_000n * gasMoney;
/** A million, in units of the dollar. */
const dollarsToPayBack = 10n ** 12n;

/**
 * `chain local-payments`: everything that a first payment on the local chain takes. Deploys the contracts and a dollar that anybody makes,
 * registers the local provider with the keys that sign its quotes, pay back and collect, and writes the file that SETTLEMENT_CHAINS names.
 * The node's own unlocked accounts send all of it, so it is refused on any other chain. A repeat shows what is there: with new contracts the books
 * would never agree with the chain again, since what was paid stays at the old ones. `--again` deploys anew all the same.
 */
export async function localPayments(args: readonly string[], environment: Environment): Promise<readonly string[]> {
  const { rpc, data, again = false } = optionsIn(args);
  if (rpc === undefined)
    throw new SettingsFault('chain local-payments takes --rpc <url>, which the start prints, and [--data <folder>] [--again].');
  const settings = readSettings(data === undefined ? [] : ['--data', data], environment);
  const provider = new JsonRpcProvider(rpc, undefined, { cacheTimeout: -1, pollingInterval: 50 });
  try {
    const chainId = await chainIdOf(provider, rpc);
    if (chainId !== localChainId)
      throw new SettingsFault(`chain local-payments works on the local chain alone; ${rpc} is chain ${chainId}.`);
    const file = join(settings.dataFolder, 'settlement-chains.json');
    const standing = again ? undefined : await standingIn(file, provider);
    if (standing !== undefined) {
      const moved = standing.rpcUrls.includes(rpc) ? [] : [moveTo(file, rpc)];
      return [...moved, 'These contracts stand on the chain already; --again deploys new ones.', ...linesOf(standing, file)];
    }
    const chain = await deployed(provider, settings);
    writePrivateFile(file, `${JSON.stringify([{ ...chain, rpcUrls: [rpc] }], null, 2)}\n`);
    return linesOf(chain, file);
  } finally {
    provider.destroy();
  }
}

async function chainIdOf(provider: JsonRpcProvider, rpc: string): Promise<string> {
  try {
    return BigInt((await provider.send('eth_chainId', [])) as string).toString();
  } catch (error) {
    throw new SettingsFault(`Nothing answers at ${rpc}; npm start prints the address of the chain (${(error as Error).message}).`);
  }
}

async function deployed(provider: JsonRpcProvider, { dataFolder, quotePasswordFile }: ReturnType<typeof readSettings>) {
  const [platform, admin, treasury] = await Promise.all([0, 1, 2].map((index) => provider.getSigner(index)));
  if (platform === undefined || admin === undefined || treasury === undefined)
    throw new SettingsFault('The node has no accounts of its own.');
  const keys = join(dataFolder, 'keys');
  const keystore = { folder: join(keys, 'quotes'), passwordFile: quotePasswordFile ?? join(keys, 'quotes.password') };
  const signer = await new EncryptedKeystoreSigner(keystore).addressOf(localProvider.slug, localChainId);
  const senders = new EncryptedKeystoreSenderKeys({ ...keystore, relayers: 1 });
  const keyOf = (role: SenderRole) => senders.signerOf(role, localProvider.slug, localChainId);
  const [refunder, collector, minter, relayer] = [
    await keyOf('refunder'),
    await keyOf('collector'),
    await keyOf('minter'),
    await keyOf('relayer'),
  ];
  const block = BigInt((await provider.send('eth_blockNumber', [])) as string);
  const by = platform.address;
  const registry = await deploy(platform, providerRegistryAbi, providerRegistryBytecode, 0, by, by, by, feeCapBps, by);
  const [registryAt, dollar] = await Promise.all([
    addressOf(registry),
    deploy(platform, demoDollarAbi, demoDollarBytecode).then(addressOf),
  ]);
  const settlement = await addressOf(await deploy(platform, providerSettlementAbi, providerSettlementBytecode, registryAt, permit2));
  const escrow = await addressOf(await deploy(platform, ppvEscrowAbi, ppvEscrowBytecode, registryAt, permit2));
  const id = providerIdOf(localProvider.slug);
  await send(registry, platform, 'createProvider', id, admin.address, treasury.address);
  await send(registry, admin, 'setSigner', id, signer, validUntil);
  // Before the registry names the refunder: what comes later, and past the treasury, is money that nobody asked for.
  await give(platform, refunder.address, coinsToPayBack);
  await send(new Contract(dollar, demoDollarAbi, provider), platform, 'mint', refunder.address, dollarsToPayBack);
  await send(registry, admin, 'setRefunder', id, refunder.address, validUntil);
  await send(registry, admin, 'setCollector', id, collector.address, validUntil);
  await send(registry, admin, 'setToken', id, dollar, true, 6);
  const factory = await deploy(platform, prepaidCreditFactoryAbi, prepaidCreditFactoryBytecode, registryAt);
  await send(factory, admin, 'createCredit', id, creditDecimals, euro, creditDailyCap, 'Demo Credit', 'DEMO');
  const credit = new Contract((await factory.getFunction('creditOf')(id)) as string, prepaidCreditAbi, provider);
  await send(credit, admin, 'setMinter', minter.address, validUntil);
  // Nobody else gives the keys coins here, and an issue that waits for them looks like one that was forgotten.
  for (const { address } of [collector, minter, relayer]) await give(platform, address, gasMoney);
  return {
    chainId: localChainId,
    contracts: { registry: registryAt, settlement, escrow, creditFactory: await addressOf(factory) },
    deploymentBlock: block.toString(),
    tokens: [
      { address: nativeToken, currency: 'ETH', decimals: 18 },
      { address: dollar, currency: 'USDC', decimals: 6 },
    ],
    profile: { finality: 'tag', realMoney: false, confirmations: [{ blocks: 1 }] },
    relaysPayments: true,
    display: { name: 'Local test network' },
  };
}

/** Fills a key up to so many coins: in a repeat it has them already. */
async function give(from: JsonRpcSigner, to: string, coins: bigint): Promise<void> {
  const missing = coins - (await from.provider.getBalance(to));
  if (missing > 0n) await (await from.sendTransaction({ to, value: missing })).wait();
}

/** One after the other: the node counts the nonces of its accounts. */
async function deploy(by: JsonRpcSigner, abi: InterfaceAbi, bytecode: string, ...values: readonly unknown[]): Promise<Contract> {
  return (await (await new ContractFactory(abi, bytecode, by).deploy(...values)).waitForDeployment()) as Contract;
}

async function addressOf(contract: Contract): Promise<string> {
  return (await contract.getAddress()).toLowerCase();
}

async function send(contract: Contract, by: JsonRpcSigner, method: string, ...values: readonly unknown[]): Promise<void> {
  const sent = (await (contract.connect(by) as Contract).getFunction(method).send(...values)) as { wait(): Promise<unknown> };
  await sent.wait();
}

interface Options {
  readonly rpc?: string | undefined;
  readonly data?: string | undefined;
  readonly again?: boolean | undefined;
}

function optionsIn(args: readonly string[]): Options {
  try {
    const options = { rpc: { type: 'string' }, data: { type: 'string' }, again: { type: 'boolean' } } as const;
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
