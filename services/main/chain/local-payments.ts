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
import type { SenderRole } from '../../settlement/application/sender-keys.ts';
import { nativeToken } from '../../settlement/application/settlement-chain.ts';
import { providerIdOf } from '../../settlement/domain/chain-number.ts';
import { writePrivateFile } from '../embedded/private-file.ts';
import { localProvider } from '../local-provider.ts';
import { type Environment, readSettings } from '../settings.ts';
import { SettingsFault } from '../settings-fault.ts';

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

/**
 * `chain local-payments`: everything that a first payment on the local chain takes. Deploys the contracts and a dollar that anybody makes,
 * registers the local provider with the keys that sign its quotes, pay back and collect, and writes the file that SETTLEMENT_CHAINS names.
 * The node's own unlocked accounts send all of it, so it is refused on any other chain. A repeat deploys anew: what was paid before stays at the old contracts.
 */
export async function localPayments(args: readonly string[], environment: Environment): Promise<readonly string[]> {
  const { rpc, data } = optionsIn(args);
  if (rpc === undefined) throw new SettingsFault('chain local-payments takes --rpc <url>, which the start prints, and [--data <folder>].');
  const settings = readSettings(data === undefined ? [] : ['--data', data], environment);
  const provider = new JsonRpcProvider(rpc, undefined, { cacheTimeout: -1, pollingInterval: 50 });
  try {
    const chainId = BigInt((await provider.send('eth_chainId', [])) as string).toString();
    if (chainId !== localChainId)
      throw new SettingsFault(`chain local-payments works on the local chain alone; ${rpc} is chain ${chainId}.`);
    const file = join(settings.dataFolder, 'settlement-chains.json');
    const chain = await deployed(provider, settings);
    writePrivateFile(file, `${JSON.stringify([{ ...chain, rpcUrls: [rpc] }], null, 2)}\n`);
    return [
      `settlement ${chain.contracts.settlement}`,
      `escrow     ${chain.contracts.escrow}`,
      `credit     ${chain.contracts.creditFactory}`,
      `dollar     ${chain.tokens[1]?.address}`,
      `provider   ${localProvider.slug}, ${providerIdOf(localProvider.slug)} on chain`,
      `written    ${file}`,
      `next       stop the service and start it with SETTLEMENT_CHAINS=${file}`,
    ];
  } finally {
    provider.destroy();
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
  await send(registry, admin, 'setRefunder', id, refunder.address, validUntil);
  await send(registry, admin, 'setCollector', id, collector.address, validUntil);
  await send(registry, admin, 'setToken', id, dollar, true, 6);
  const factory = await deploy(platform, prepaidCreditFactoryAbi, prepaidCreditFactoryBytecode, registryAt);
  await send(factory, admin, 'createCredit', id, creditDecimals, euro, creditDailyCap, 'Demo Credit', 'DEMO');
  const credit = new Contract((await factory.getFunction('creditOf')(id)) as string, prepaidCreditAbi, provider);
  await send(credit, admin, 'setMinter', minter.address, validUntil);
  // Nobody else gives the keys coins here, and an issue that waits for them looks like one that was forgotten.
  for (const { address } of [minter, relayer]) await (await platform.sendTransaction({ to: address, value: gasMoney })).wait();
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

function optionsIn(args: readonly string[]): { readonly rpc?: string | undefined; readonly data?: string | undefined } {
  try {
    return parseArgs({ args: [...args], options: { rpc: { type: 'string' }, data: { type: 'string' } }, allowPositionals: false }).values;
  } catch (error) {
    throw new SettingsFault((error as Error).message);
  }
}
