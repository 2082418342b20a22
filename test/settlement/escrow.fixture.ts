import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type Contract, type ContractTransactionReceipt, type Wallet, ZeroAddress } from 'ethers';
import { type EscrowChain, escrowOn } from '../../bench/support/escrow-chain.ts';
import type { Offer } from '../../bench/support/escrow-signing.ts';
import { providerId, settlementOn } from '../../bench/support/settlement-chain.ts';
import { startThrowawayChain } from '../../bench/support/throwaway-chain.ts';
import { compile, compiled } from '../support/compiled.ts';
import { refusal, send } from './settlement.fixture.ts';

/** Escrow and credit on a chain of the file's own; each test begins where the file began. Read it in a test only: before, it is not there. */
export function escrowFixture(prepare: (on: EscrowChain) => Promise<void> = () => Promise.resolve()): { readonly on: EscrowChain } {
  const fixture: { on: EscrowChain } = { on: undefined as unknown as EscrowChain };
  let start: string;
  beforeAll(async () => {
    fixture.on = await escrowOn(await settlementOn(await startThrowawayChain()));
    await prepare(fixture.on);
  }, 180_000);
  beforeEach(async () => void (start = (await fixture.on.chain.provider.send('evm_snapshot', [])) as string));
  afterEach(() => fixture.on.chain.provider.send('evm_revert', [start]));
  afterAll(() => fixture.on.chain.stop());
  return fixture;
}

/** Deploys a contract of test/solidity, once those are compiled; never in a test, since the deployer's nonce does not go back. */
export async function deployedFrom({ deploy }: EscrowChain, file: string, name: string): Promise<Contract> {
  const { abi, bytecode } = await compiled(`test/solidity/${file}.sol`, name);
  return deploy(abi, bytecode);
}

/** Compiles, and deploys a contract with a file of its own. */
export async function deployed(on: EscrowChain, name: string): Promise<Contract> {
  await compile();
  return deployedFrom(on, name, name);
}

/** Lets provider 1 be paid in a token of a test's own, of which the payer has much and has allowed the escrow all. */
export async function accept({ registry, escrow, hands }: EscrowChain, token: Contract): Promise<string> {
  const address = await token.getAddress();
  await send(registry, hands.providerAdmin, 'setToken', providerId, address, true, 6);
  await send(token, hands.payer, 'mint', hands.payer.address, 10n ** 12n);
  await send(token, hands.payer, 'approve', await escrow.getAddress(), 10n ** 12n);
  return address;
}

/** The arguments of `purchase`, signed, with the coins that go with it. */
export async function purchaseOf(on: EscrowChain, offer: Offer): Promise<[Offer, string, string, { value: bigint }]> {
  const value = offer.token === ZeroAddress ? offer.amount : 0n;
  return [offer, on.hands.signer.address, await on.signOffer(offer), { value }];
}

export async function buy(on: EscrowChain, offer: Offer, by: Wallet = on.hands.payer): Promise<ContractTransactionReceipt> {
  return send(on.escrow, by, 'purchase', ...(await purchaseOf(on, offer)));
}

/** The error that buying would end with. */
export async function refusalToSell(on: EscrowChain, offer: Offer, by: Wallet = on.hands.payer): Promise<string> {
  return refusal(on.escrow, by, 'purchase', ...(await purchaseOf(on, offer)));
}
