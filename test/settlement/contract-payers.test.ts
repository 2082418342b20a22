import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Contract, MaxUint256 } from 'ethers';
import { mandateId, revokeTypes, mandateTypes } from '../../bench/support/settlement-signing.ts';
import { JsonRpc } from '../../services/chain/adapters/rpc/json-rpc.ts';
import { MemoryEventStore } from '../../services/event-store/adapters/memory/memory.event-store.ts';
import { ChainMandateDesk } from '../../services/settlement/adapters/chain/chain.mandate-desk.ts';
import { SignMandate, SignMandateHandler } from '../../services/settlement/application/mandates/agree-mandate.handlers.ts';
import { SettlementChains } from '../../services/settlement/application/settlement-chains.ts';
import { mandateStream } from '../../services/settlement/application/sending/sending-streams.ts';
import { mandateDigest, type MandateTerms, revocationDigest } from '../../services/settlement/domain/mandate-terms.ts';
import { offerMandate } from '../../services/settlement/domain/mandate.decider.ts';
import { mandate } from '../../services/settlement/domain/mandate.ts';
import { envelope, executionOn } from '../support/execution.ts';
import { balanceOf, deployed, send, settlementFixture } from './settlement.fixture.ts';

const fixture = settlementFixture({ compiles: true });
/** What a contract may want behind the signature of its owner's key: nobody else reads it. */
const tail = 'c0ffee';

let desk: ChainMandateDesk;
let place: { readonly chainId: string; readonly contract: string };

beforeAll(async () => {
  const { on } = fixture;
  place = { chainId: '31337', contract: (await on.settlement.getAddress()).toLowerCase() };
  const chain = { ...{ chainId: '31337', rpcUrls: [on.chain.url], contracts: { registry: '', settlement: place.contract } }, tokens: [] };
  const profile = { finality: 'tag' as const, realMoney: false, confirmations: [] };
  desk = new ChainMandateDesk(
    new SettlementChains([{ ...chain, codeHashes: {}, deploymentBlock: 0n, profile }]),
    ({ rpcUrls: [url] }) => new JsonRpc(url as string),
  );
});

const signerOf = (name: string, ...args: unknown[]) => deployed(fixture.on, ['ContractSigners', name], ...args);

/** A wallet that is a contract, whose owner's key is `other`, and a mandate of it that was offered. */
async function offered() {
  const { on } = fixture;
  const wallet = await signerOf('WalletSigner', on.hands.other.address);
  const given = on.mandate({ payer: (await wallet.getAddress()).toLowerCase(), salt: 71n });
  const terms = Object.fromEntries(Object.entries(given).map(([field, value]) => [field, String(value).toLowerCase()])) as unknown;
  const id = mandateId(on.domain, given);
  const { executor } = executionOn(new MemoryEventStore());
  const stream = mandateStream('demo', id);
  const offer = { mandate: id, account: 'acc_1', ...place, terms: terms as MandateTerms, tokenCurrency: 'USDC', accountSalt: id };
  await executor.execute({
    aggregate: mandate,
    stream,
    envelope: envelope('offer'),
    decide: (state, now) => offerMandate(state, offer, now),
  });
  const handler = new SignMandateHandler(executor, desk);
  const agree = `${await on.hands.other.signTypedData(on.domain, mandateTypes, given)}${tail}`;
  const end = `${await on.hands.other.signTypedData(on.domain, revokeTypes, { mandate: id })}${tail}`;
  const take = async (signature: string, revoke: boolean) => {
    const outcome = await handler.execute(new SignMandate(envelope(`${revoke} ${signature}`), { mandate: id, signature, revoke }));
    return outcome.kind === 'rejected' ? outcome.rejection.code : outcome.kind;
  };
  const status = async () => (await executor.current(mandate, stream, 'demo')).status;
  return { wallet, given, id, agree, end, take, status };
}

/** Sends as the wallet does, which has no key. */
async function asWallet(wallet: Contract, contract: Contract, method: string, ...args: unknown[]): Promise<void> {
  const { provider } = fixture.on.chain;
  const from = await wallet.getAddress();
  await provider.send('anvil_setBalance', [from, '0x56bc75e2d63100000']);
  await provider.send('anvil_impersonateAccount', [from]);
  const call = { from, to: await contract.getAddress(), data: contract.interface.encodeFunctionData(method, args) };
  await provider.waitForTransaction((await provider.send('eth_sendTransaction', [call])) as string);
}

describe('a wallet that is a contract', () => {
  it('agrees to a mandate by its own signature (ERC-1271), which the contract takes as well', async () => {
    const { on } = fixture;
    const { wallet, given, agree, take, status } = await offered();
    expect(await take(agree, false)).toBe('accepted');
    expect(await status()).toBe('agreed');
    await send(on.dollar, on.hands.payer, 'transfer', given.payer, 1_000_000n);
    await asWallet(wallet, on.dollar, 'approve', await on.settlement.getAddress(), MaxUint256);
    await send(on.settlement, on.hands.collector, 'collect', given, agree, 1_000_000n, 71n, mandateId(on.domain, given));
    expect(await balanceOf(on, on.hands.treasury.address, on.dollar)).toBe(1_000_000n);
  });

  it('[SET-A24] ends it by a signature, which the contract takes from whoever brings it', async () => {
    const { on } = fixture;
    const { given, id, agree, end, take, status } = await offered();
    await take(agree, false);
    expect(await take(agree, true)).toBe('mandate_signature_wrong'); // An agreement is no end.
    expect(await take(end, true)).toBe('accepted');
    expect(await status()).toBe('revoked');
    await send(on.settlement, on.hands.stranger, 'revokeBySig', given, end);
    expect(((await on.settlement.getFunction('stateOf')(id)) as { revoked: boolean }).revoked).toBe(true);
  });

  it('[SET-A11] that has changed hands has not signed', async () => {
    const { on } = fixture;
    const { wallet, agree, take, status } = await offered();
    await send(wallet, on.hands.stranger, 'setOwner', on.hands.stranger.address);
    expect(await take(agree, false)).toBe('mandate_signature_wrong');
    expect(await status()).toBe('offered');
  });

  it.each(['RevertingSigner', 'BurningSigner', 'CostlySigner', 'SloppySigner'])('[SET-A11] of the kind %s has not signed', async (name) => {
    const payer = await (await signerOf(name)).getAddress();
    const digest = mandateDigestOf(payer);
    expect(await desk.isSignedByContract(place, { payer, digest, signature: `0x${'11'.repeat(65)}` })).toBe(false);
  });

  it('is asked nothing where no contract stands', async () => {
    const payer = fixture.on.hands.stranger.address;
    const digest = revocationDigest(mandateDigestOf(payer), place);
    expect(await desk.isSignedByContract(place, { payer, digest, signature: `0x${'11'.repeat(65)}` })).toBe(false);
  });
});

function mandateDigestOf(payer: string): string {
  const text = Object.fromEntries(Object.entries(fixture.on.mandate({ payer })).map(([field, value]) => [field, String(value)])) as unknown;
  return mandateDigest(text as MandateTerms, place);
}
