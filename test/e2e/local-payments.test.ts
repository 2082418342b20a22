import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Contract } from 'ethers';
import { startThrowawayChain, type ThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import { demoDollarAbi } from '../../contracts/generated/demo-dollar.ts';
import { ppvEscrowAbi } from '../../contracts/generated/ppv-escrow.ts';
import { prepaidCreditAbi } from '../../contracts/generated/prepaid-credit.ts';
import { prepaidCreditFactoryAbi } from '../../contracts/generated/prepaid-credit-factory.ts';
import { providerRegistryAbi } from '../../contracts/generated/provider-registry.ts';
import { providerSettlementAbi } from '../../contracts/generated/provider-settlement.ts';
import { localPayments } from '../../services/main/chain/local-payments.ts';
import { readSettlementChains } from '../../services/main/settlement-chains-file.ts';
import { EncryptedKeystoreSenderKeys } from '../../services/settlement/adapters/keys/encrypted-keystore.sender-keys.ts';
import { EncryptedKeystoreSigner } from '../../services/settlement/adapters/keys/encrypted-keystore.signer.ts';
import { providerIdOf } from '../../services/settlement/domain/chain-number.ts';
import { digestOf, type Offer, type SignedTerms } from '../../services/settlement/domain/quote.ts';
import { quoteIssued } from '../unit/settlement/slot.fixtures.ts';

let chain: ThrowawayChain;
let folder: string;

beforeAll(async () => {
  chain = await startThrowawayChain();
  folder = await mkdtemp(join(tmpdir(), 'tallyroot-local-payments-'));
});
afterAll(async () => {
  await chain.stop();
  await rm(folder, { recursive: true, force: true });
});

it('makes the local chain one on which the local provider is paid, by quotes and offers that the contracts hash as the ledger does', async () => {
  const said = await localPayments(['--rpc', chain.url, '--data', folder], {});
  expect(said.at(-1)).toContain(`SETTLEMENT_CHAINS=${join(folder, 'settlement-chains.json')}`);
  const [read] = readSettlementChains(join(folder, 'settlement-chains.json'));
  const { contracts, tokens, rpcUrls } = read!;
  expect(rpcUrls).toEqual([chain.url]);

  const keys = join(folder, 'keys');
  const signer = new EncryptedKeystoreSigner({ folder: join(keys, 'quotes'), passwordFile: join(keys, 'quotes.password') });
  const address = await signer.addressOf('demo', '31337');
  const registry = new Contract(contracts.registry, providerRegistryAbi, chain.provider);
  for (const token of tokens) {
    const [treasury] = (await registry.getFunction('quotable')(providerIdOf('demo'), token.address, address)) as [string];
    expect(treasury).toMatch(/^0x[0-9a-fA-F]{40}$/);
  }

  expect(read!.relaysPayments).toBe(true);

  const senders = new EncryptedKeystoreSenderKeys({
    folder: join(keys, 'quotes'),
    passwordFile: join(keys, 'quotes.password'),
    relayers: 1,
  });
  const refunder = await senders.signerOf('refunder', 'demo', '31337');
  const operable = (await registry.getFunction('operable')(providerIdOf('demo'), refunder.address)) as readonly [string, string, bigint];
  expect(operable[2] & 4n).toBe(4n);
  // More than the service gives to a key that runs out: that would be money from nowhere.
  expect(await chain.provider.getBalance(refunder.address)).toBe(10n ** 21n);
  const dollar = new Contract(tokens[1]!.address, demoDollarAbi, chain.provider);
  expect(await dollar.getFunction('balanceOf')(refunder.address)).toBe(10n ** 12n);
  const collector = await senders.signerOf('collector', 'demo', '31337');
  expect(await chain.provider.getBalance(collector.address)).toBe(10n ** 18n);
  const given = await Promise.all(['Transfer', 'RefunderSet'].map((name) => firstBlockOf(name === 'Transfer' ? dollar : registry, name)));
  expect(given[0]).toBeLessThan(given[1]!);

  const factory = new Contract(contracts.creditFactory!, prepaidCreditFactoryAbi, chain.provider);
  const credit = new Contract((await factory.getFunction('creditOf')(providerIdOf('demo'))) as string, prepaidCreditAbi, chain.provider);
  const minter = await senders.signerOf('minter', 'demo', '31337');
  expect(await credit.getFunction('minterValidUntil')(minter.address)).toBeGreaterThan(4_000_000_000n);
  expect(await chain.provider.getBalance(minter.address)).toBeGreaterThan(0n);

  const quote: SignedTerms = quoteIssued().terms;
  const offer: Offer = {
    ...{ providerId: '1', eventId: '2', seq: '3', payer: address, token: address, amount: '4', ref: `0x${'05'.repeat(32)}` },
    ...{ captureAfter: '6', reclaimAfter: '7', deadline: '8' },
  };
  const settlement = new Contract(contracts.settlement, providerSettlementAbi, chain.provider);
  const escrow = new Contract(contracts.escrow!, ppvEscrowAbi, chain.provider);
  const at = (contract: string) => ({ chainId: '31337', contract });
  expect(digestOf(quote, at(contracts.settlement))).toBe(await settlement.getFunction('hashQuote')('quote' in quote ? quote.quote : {}));
  expect(digestOf({ module: 'escrow', offer }, at(contracts.escrow!))).toBe(await escrow.getFunction('hashOffer')(offer));
});

it('shows what stands on the chain when it is repeated, finds the chain at another address, and deploys anew only when it is told to', async () => {
  const file = join(folder, 'settlement-chains.json');
  const before = await readFile(file, 'utf8');
  const repeated = await localPayments(['--rpc', chain.url, '--data', folder], {});
  expect(repeated).toContain('These contracts stand on the chain already; --again deploys new ones.');
  expect(repeated).toContain(`settlement ${readSettlementChains(file)[0]!.contracts.settlement}`);
  expect(await readFile(file, 'utf8')).toBe(before);

  await writeFile(file, before.replace(chain.url, 'http://127.0.0.1:1'));
  expect((await localPayments(['--rpc', chain.url, '--data', folder], {}))[0]).toContain(`answers at ${chain.url} now`);
  expect(await readFile(file, 'utf8')).toBe(before);

  await localPayments(['--rpc', chain.url, '--data', folder, '--again'], {});
  const anew = readSettlementChains(file)[0]!;
  expect(anew.contracts.settlement).not.toBe((JSON.parse(before) as (typeof anew)[])[0]!.contracts.settlement);

  // The chain lost its state, or is another one: nothing of it can be paid at.
  await chain.provider.send('anvil_setCode', [anew.contracts.settlement, '0x']);
  await localPayments(['--rpc', chain.url, '--data', folder], {});
  expect(readSettlementChains(file)[0]!.contracts.settlement).not.toBe(anew.contracts.settlement);
});

it('is refused on any other chain, and without a node', async () => {
  await expect(localPayments([], {})).rejects.toThrow('--rpc <url>');
  await expect(localPayments(['--rpc', 'http://127.0.0.1:1', '--data', folder], {})).rejects.toThrow(
    'Nothing answers at http://127.0.0.1:1; npm start prints the address of the chain',
  );
  await chain.provider.send('anvil_setChainId', [8453]);
  await expect(localPayments(['--rpc', chain.url, '--data', folder], {})).rejects.toThrow('is chain 8453');
});

async function firstBlockOf(contract: Contract, name: string): Promise<number> {
  const [first] = await contract.queryFilter(name);
  return first!.blockNumber;
}
