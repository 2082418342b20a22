import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { id, MaxUint256, type Wallet, ZeroAddress } from 'ethers';
import type { Pool } from 'pg';
import { ChainUnavailableFault } from '../../services/chain/application/chain-faults.ts';
import type { ChainNode } from '../../services/chain/application/chain-node.ts';
import { currentFees } from '../../services/chain/application/fees.ts';
import { type EscrowChain, escrowOn } from '../../bench/support/escrow-chain.ts';
import { signedOfferAuthorization, signedOfferPermit2 } from '../../bench/support/escrow-signing.ts';
import { sent } from '../../bench/support/settlement-chain.ts';
import { mandateId, revokeTypes, signedAuthorization, signedPermit2 } from '../../bench/support/settlement-signing.ts';
import { createPool } from '../../services/read-store/pool.ts';
import type { OrderEvent, RelayOrdered } from '../../services/settlement/domain/dispatch.events.ts';
import type { MandateTerms } from '../../services/settlement/domain/mandate-terms.ts';
import { type Offer, type Quote, type SignedTerms, structHashOf } from '../../services/settlement/domain/quote.ts';
import { freshDatabase, type TestDatabase } from '../support/postgres.ts';
import { SendingWorld } from '../support/sending-world.ts';
import { buy } from './escrow.fixture.ts';
import { send, travelTo } from './settlement.fixture.ts';

let database: TestDatabase;
let pool: Pool;
let world: SendingWorld;
let on: EscrowChain;
let [settlement, escrow, token] = ['', '', ''];
/** Keys without any right: they bring what others have signed. */
let relayer: Wallet;

/** Each test takes numbers of its own: what is paid once stays paid. */
let lastSeq = 1_000n;

beforeAll(async () => {
  database = await freshDatabase();
  pool = createPool({ url: database.serviceUrl });
  world = await SendingWorld.open(pool);
  on = await escrowOn(world.settled);
  relayer = on.hands.stranger;
  const addresses = await Promise.all([on.settlement, on.escrow, on.dollar].map((contract) => contract.getAddress()));
  [settlement, escrow, token] = addresses.map((address) => address.toLowerCase()) as [string, string, string];
  await sent(on.dollar, on.hands.payer, 'approve', on.permit2, MaxUint256);
}, 180_000);

afterAll(async () => {
  await world.stop();
  await pool.end();
  await database.drop();
});

const lower = ({ address }: { readonly address: string }) => address.toLowerCase();
/** Numbers as decimal text, addresses and words in lower case: as events hold them. */
const textOf = (terms: object) =>
  Object.fromEntries(Object.entries(terms).map(([field, value]) => [field, String(value).toLowerCase()])) as unknown;

type Signed = Pick<RelayOrdered, 'method' | 'signature' | 'nonce'>;

function relayOf(terms: SignedTerms, quoteSignature: string, signed: Signed): OrderEvent {
  const contract = terms.module === 'settlement' ? settlement : escrow;
  const slot = terms.module === 'settlement' ? terms.quote.seq : terms.offer.seq;
  return {
    type: 'RelayOrdered/1',
    data: {
      ...{ chainId: '31337', contract, providerId: '1', slot, payer: lower(on.hands.payer), terms, ...signed },
      ...{ structHash: structHashOf(terms), signer: lower(on.hands.signer), quoteSignature },
    },
  };
}

async function relayOfQuote(method: Signed['method'], given: { readonly deadline?: number } = {}): Promise<OrderEvent> {
  const quote = on.quote({ seq: ++lastSeq, ...given });
  const nonce = method === 'permit2' ? quote.seq : 0n;
  const signature =
    method === 'permit2'
      ? await signedPermit2(on.hands.payer, on.permit2Domain, { spender: settlement, nonce, quote })
      : await signedAuthorization(on.hands.payer, on.dollarDomain, settlement, quote);
  const terms = { module: 'settlement' as const, quote: textOf(quote) as Quote };
  return relayOf(terms, await on.sign(quote), { method, signature, nonce: nonce.toString() });
}

async function relayOfOffer(method: Signed['method'], eventId: bigint, captureAfter = on.captureAfter): Promise<OrderEvent> {
  const offer = on.offer({ seq: ++lastSeq, eventId, captureAfter });
  const nonce = method === 'permit2' ? offer.seq : 0n;
  const signature =
    method === 'permit2'
      ? await signedOfferPermit2(on.hands.payer, on.permit2Domain, { escrow, nonce, offer })
      : await signedOfferAuthorization(on.hands.payer, on.dollarDomain, escrow, offer);
  const terms = { module: 'escrow' as const, offer: textOf(offer) as Offer };
  return relayOf(terms, await on.signOffer(offer), { method, signature, nonce: nonce.toString() });
}

async function brought(event: OrderEvent, by = relayer) {
  await world.order(event);
  return (await world.settle(world.process(by), event))[0]!;
}

describe.each(['authorization', 'permit2'] as const)('a payment that its payer signed (%s)', (method) => {
  it('is brought to the settlement contract by a key without any right', async () => {
    const event = await relayOfQuote(method);
    const [before, coins] = [await world.balanceOf(on.hands.treasury.address), await on.chain.provider.getBalance(on.hands.payer.address)];
    expect(await brought(event)).toMatchObject({ status: 'done' });
    expect((await world.balanceOf(on.hands.treasury.address)) - before).toBe(12_500_000n);
    expect(await on.chain.provider.getBalance(on.hands.payer.address)).toBe(coins); // The payer pays no gas.
  });

  it('is brought to the escrow, which holds it for the event', async () => {
    const eventId = method === 'permit2' ? 71n : 72n;
    expect(await brought(await relayOfOffer(method, eventId))).toMatchObject({ status: 'done' });
    expect(await on.escrow.getFunction('heldOf')(1n, eventId, token)).toBe(12_500_000n);
  });
});

const spentOnRelays = () =>
  world.costs.since({ provider: 'demo', chainId: '31337', operations: ['relay'] }, new Date(Date.now() - 86_400_000));

describe('a relay', () => {
  it('says by which error of the escrow it failed', async () => {
    await brought(await relayOfOffer('authorization', 73n));
    const state = await brought(await relayOfOffer('authorization', 73n, on.captureAfter + 60));
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'reverted', error: 'PpvEscrowTermsMismatch()' } });
  });

  it('whose quote is over sends nothing', async () => {
    const nonce = await world.nonceOf(relayer);
    const event = await relayOfQuote('authorization', { deadline: Math.floor(Date.now() / 1000) - 1 });
    expect(await brought(event)).toMatchObject({ status: 'failed', failure: { code: 'expired' } });
    expect(await world.nonceOf(relayer)).toBe(nonce);
  });

  it('[SET-A35] is not sent by an open relay that was drained: the provider’s limit holds, and mandates still end', async () => {
    const gasPrice = 1_000_000_000n;
    await world.node.call('anvil_setNextBlockBaseFeePerGas', `0x${gasPrice.toString(16)}`);
    const spent = spentOnRelays;
    // As much as was spent, and one more at the most that it may cost.
    const limits = async () => ({ relayGasMax: 400_000n, relayFeeMaxPerDay: (await spent()) + 400_000n * 4n * gasPrice });
    const limit = await limits();
    let relays = 0;
    let state: Awaited<ReturnType<typeof brought>>;
    do {
      const event = await relayOfQuote('authorization');
      await world.order(event);
      state = (await world.settle(world.process(relayer, { limits: limit }), event))[0]!;
      if (state.status === 'done') relays++;
    } while (state.status === 'done' && relays < 100);
    expect(relays).toBeGreaterThan(0);
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'spending_limit', limit: limit.relayFeeMaxPerDay.toString() } });
    expect(await spent()).toBeLessThanOrEqual(limit.relayFeeMaxPerDay);
    const nonce = await world.nonceOf(relayer);
    const revocation = await revocationOf(on.mandate({ salt: 7n }));
    await world.order(revocation);
    expect(await world.settle(world.process(relayer, { limits: limit }), revocation)).toMatchObject([{ status: 'done' }]);
    expect(await world.nonceOf(relayer)).toBe(nonce + 1);
  });

  it('[SET-A11] that takes more gas than it may is not sent, and uses up nothing of what the provider may spend', async () => {
    const event = await relayOfQuote('authorization');
    await world.order(event);
    const before = await spentOnRelays();
    const limits = { relayGasMax: 60_000n, relayFeeMaxPerDay: 10n ** 18n };
    const [state] = await world.settle(world.process(relayer, { limits }), event);
    expect(state).toMatchObject({ status: 'failed', failure: { code: 'gas_above_ceiling' } });
    expect(await spentOnRelays()).toBe(before);
  });

  it('whose node went away while it was signed does not stand in its own way', async () => {
    const event = await relayOfQuote('authorization');
    await world.order(event);
    let isAway = true;
    const call: ChainNode['call'] = (method, ...params) =>
      isAway && method === 'eth_estimateGas' ? Promise.reject(new ChainUnavailableFault('Away.')) : world.node.call(method, ...params);
    const { feePerGasMax } = await currentFees(world.node);
    // Enough for one such relay, and not for two; fees may double until it is sent.
    const limits = { relayGasMax: 400_000n, relayFeeMaxPerDay: (await spentOnRelays()) + (400_000n * feePerGasMax * 19n) / 10n };
    const process = world.process(relayer, { node: { call }, limits });
    await expect(process.round(event)).rejects.toThrow(ChainUnavailableFault);
    isAway = false;
    expect(await world.settle(process, event)).toMatchObject([{ status: 'done' }]);
  });
});

async function revocationOf(given: ReturnType<EscrowChain['mandate']>): Promise<OrderEvent> {
  const mandate = mandateId(on.domain, given);
  const signature = await on.hands.payer.signTypedData(on.domain, revokeTypes, { mandate });
  const place = { chainId: '31337', contract: settlement, providerId: '1' };
  return { type: 'RevocationOrdered/1', data: { ...place, mandate, terms: textOf(given) as MandateTerms, signature } };
}

describe('the end of a mandate', () => {
  it('[SET-A24] is brought to the contract by its payer’s signature, while new payments are paused', async () => {
    const given = on.mandate({ salt: 24n });
    await send(on.settlement, on.hands.guardian, 'pause');
    try {
      expect(await brought(await revocationOf(given))).toMatchObject({ status: 'done' });
    } finally {
      await send(on.settlement, on.hands.admin, 'unpause');
    }
    const state = (await on.settlement.getFunction('stateOf')(mandateId(on.domain, given))) as { revoked: boolean };
    expect(state.revoked).toBe(true);
  });
});

describe('what the escrow holds for an event', () => {
  const end = (type: 'CaptureOrdered/1' | 'EventCancelOrdered/1', eventId: string): OrderEvent => {
    const target = { chainId: '31337', contract: escrow, providerId: '1', title: 'ttl_1', eventId };
    return type === 'CaptureOrdered/1' ? { type, data: { ...target, tokens: [token] } } : { type, data: target };
  };

  it('goes back, once the event is cancelled', async () => {
    await brought(await relayOfOffer('authorization', 81n));
    expect(await brought(end('EventCancelOrdered/1', '81'), on.hands.signer)).toMatchObject({ status: 'done' });
    const before = await world.balanceOf(on.hands.payer.address);
    await sent(on.escrow, on.hands.other, 'claimRefunds', 1n, 81n, token, [lastSeq]);
    expect((await world.balanceOf(on.hands.payer.address)) - before).toBe(12_500_000n);
  });

  const claimOf = (eventId: string, slots: readonly bigint[], of = token): OrderEvent => ({
    type: 'RefundClaimOrdered/1',
    data: { ...{ chainId: '31337', contract: escrow, providerId: '1', eventId, token: of }, slots: slots.map(String) },
  });
  const held = (eventId: bigint, of = token) => on.escrow.getFunction('heldOf')(1n, eventId, of) as Promise<bigint>;
  const soldThrice = async (eventId: bigint) => {
    const slots: bigint[] = [];
    for (let sold = 0; sold < 3; sold++) {
      await brought(await relayOfOffer('authorization', eventId));
      slots.push(lastSeq);
    }
    await brought(end('EventCancelOrdered/1', eventId.toString()), on.hands.signer);
    return slots as [bigint, bigint, bigint];
  };

  it('[A18] is brought back to everybody who bought for a cancelled event, but for who was quicker, by one transaction', async () => {
    const slots = await soldThrice(83n);
    const [before, nonce] = [await world.balanceOf(on.hands.payer.address), await world.nonceOf(on.hands.signer)];
    await sent(on.escrow, on.hands.other, 'claimRefunds', 1n, 83n, token, [slots[1]]);
    expect(await brought(claimOf('83', slots), on.hands.signer)).toMatchObject({ status: 'done' });
    expect((await world.balanceOf(on.hands.payer.address)) - before).toBe(37_500_000n);
    expect([await held(83n), await world.nonceOf(on.hands.signer)]).toEqual([0n, nonce + 1]);
    // Everybody has it: nothing is sent for whoever asks again.
    expect(await brought(claimOf('83', slots.slice(1)), on.hands.signer)).toMatchObject({ failure: { code: 'nothing_left' } });
    expect(await world.nonceOf(on.hands.signer)).toBe(nonce + 1);
  });

  it('fails whole for one who is paid while it is on its way, and leaves that one out when it is ordered again', async () => {
    const slots = await soldThrice(84n);
    const [claim, before] = [claimOf('84', slots), await world.balanceOf(on.hands.payer.address)];
    await world.order(claim);
    const process = world.process(on.hands.signer);
    await world.node.call('evm_setAutomine', false);
    try {
      await process.round(claim);
      const fees = { maxFeePerGas: 10n ** 12n, maxPriorityFeePerGas: 10n ** 11n, gasLimit: 200_000n };
      await (on.escrow.connect(on.hands.other) as typeof on.escrow).getFunction('claimRefunds').send(1n, 84n, token, [slots[2]], fees);
      await world.mine();
    } finally {
      await world.node.call('evm_setAutomine', true);
    }
    const [failed] = await world.settle(process, claim);
    expect(failed).toMatchObject({ status: 'failed', failure: { code: 'reverted', error: `PpvEscrowNothingToRefund(${slots[2]})` } });
    expect(await brought(claim, on.hands.signer)).toMatchObject({ status: 'done' });
    expect((await world.balanceOf(on.hands.payer.address)) - before).toBe(37_500_000n);
  });

  it('passes over a buyer who takes nothing, and leaves that one the claim', async () => {
    const slots = [++lastSeq, ++lastSeq];
    const coins = { eventId: 85n, token: ZeroAddress, amount: 1_000n };
    await buy(on, on.offer({ ...coins, seq: slots[0]! }), on.hands.other);
    await buy(on, on.offer({ ...coins, seq: slots[1]! }), on.hands.payer);
    await brought(end('EventCancelOrdered/1', '85'), on.hands.signer);
    const before = await on.chain.provider.getBalance(on.hands.payer.address);
    await world.node.call('anvil_setCode', on.hands.other.address, '0x60006000fd'); // Refuses whatever comes.
    try {
      expect(await brought(claimOf('85', slots, ZeroAddress), on.hands.signer)).toMatchObject({ status: 'done' });
    } finally {
      await world.node.call('anvil_setCode', on.hands.other.address, '0x');
    }
    expect((await on.chain.provider.getBalance(on.hands.payer.address)) - before).toBe(1_000n);
    expect(await held(85n, ZeroAddress)).toBe(1_000n);
    await send(on.escrow, on.hands.other, 'claimRefundTo', 1n, 85n, ZeroAddress, slots[0], on.hands.stranger.address);
    expect(await held(85n, ZeroAddress)).toBe(0n);
  });

  it('goes to the treasury when it is captured, and not before its time', async () => {
    await brought(await relayOfOffer('permit2', 82n));
    const early = await brought(end('CaptureOrdered/1', '82'), on.hands.signer);
    expect(early).toMatchObject({ status: 'failed', failure: { error: `PpvEscrowTooEarly(${on.captureAfter})` } });
    await travelTo(on, on.captureAfter);
    const before = await world.balanceOf(on.hands.treasury.address);
    expect(await brought(end('CaptureOrdered/1', '82'), on.hands.signer)).toMatchObject({ status: 'done' });
    expect((await world.balanceOf(on.hands.treasury.address)) - before).toBe(12_500_000n);
    const again = end('CaptureOrdered/1', '82');
    const twice = await brought(
      { ...again, data: { ...again.data, tokens: [token, id('x').slice(0, 42)] } } as OrderEvent,
      on.hands.signer,
    );
    expect(twice).toMatchObject({ status: 'failed', failure: { error: expect.stringMatching(/^PpvEscrowNothingHeld\(/) } });
  });
});
