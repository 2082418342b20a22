import { describe, expect, it } from '@jest/globals';
import { type Contract, id, MaxUint256, TypedDataEncoder, ZeroAddress } from 'ethers';
import { day } from '../../bench/support/escrow-chain.ts';
import { type Offer, offerTypes, signedOfferAuthorization, signedOfferPermit2 } from '../../bench/support/escrow-signing.ts';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { accept, buy, deployed, deployedFrom, escrowFixture, purchaseOf, refusalToSell } from './escrow.fixture.ts';
import { eventsIn, now, refusal, send, travelTo } from './settlement.fixture.ts';

const oddTokens = [
  ...['FeeToken', 'RebasingUpToken', 'FalseToken', 'IdleToken', 'FalseButMovingToken', 'GarbageToken', 'AllAtMaxToken'],
  ...['SilentToken', 'UpgradeableToken', 'BlocklistToken'],
];
const odd: Record<string, Contract> = {};
let puppet: Contract;
let hooked: Contract;
let blocking: Contract;
const fixture = escrowFixture(async (on) => {
  puppet = await deployed(on, 'Puppet');
  hooked = await deployed(on, 'HookToken');
  for (const name of oddTokens) odd[name] = await deployedFrom(on, 'OddTokens', name);
  blocking = odd['BlocklistToken'] as Contract;
});
const event = [providerId, 1n] as const;
const forever = 4_102_444_800;
const Status = { None: 0n, Open: 1n, Cancelled: 2n, Captured: 3n };
const [accepting, refusing, burning, bombing, calling] = [0, 1, 2, 3, 4];

const dollar = () => fixture.on.dollar.getAddress();
const read = async (method: string, ...args: unknown[]): Promise<unknown> => fixture.on.escrow.getFunction(method)(...args);
const statusOf = async (eventId = 1n) => ((await read('eventOf', providerId, eventId)) as { status: bigint }).status;
const held = async (token: string, eventId = 1n) => read('heldOf', providerId, eventId, token);
const balance = async (token: Contract, account: string): Promise<unknown> => token.getFunction('balanceOf')(account);
const coins = (account: string) => fixture.on.chain.provider.getBalance(account);
const by = (name: keyof typeof fixture.on.hands) => fixture.on.hands[name];
const refusalOf = (name: keyof typeof fixture.on.hands, method: string, ...args: unknown[]) =>
  refusal(fixture.on.escrow, by(name), method, ...args);
const sent = (name: keyof typeof fixture.on.hands, method: string, ...args: unknown[]) =>
  send(fixture.on.escrow, by(name), method, ...args);
const toCapture = () => travelTo(fixture.on, fixture.on.captureAfter);
const toReclaim = () => travelTo(fixture.on, fixture.on.captureAfter + 14 * day);

/** A fee that holds from the first purchase of an event on. */
async function feeOf(bps: number): Promise<void> {
  await send(fixture.on.registry, by('feeAdmin'), 'setFee', providerId, bps);
  await travelTo(fixture.on, (await now(fixture.on)) + 7 * day);
}

/** An offer of an event that begins a day from now. */
async function lateOffer(given: Partial<Offer> = {}): Promise<Offer> {
  const captureAfter = (await now(fixture.on)) + day;
  return fixture.on.offer({ captureAfter, reclaimAfter: captureAfter + 14 * day, ...given });
}

describe('a purchase', () => {
  it('is held for its event, which the first one opens', async () => {
    const { escrow, offer, captureAfter } = fixture.on;
    const token = await dollar();
    const [first, second] = [offer({ seq: 7n }), offer({ seq: 300n, amount: 5n })];
    const { address } = by('payer');
    const opened = `EventOpened(1,1,${captureAfter},${captureAfter + 14 * day},0)`;
    expect(eventsIn(await buy(fixture.on, first), escrow)).toEqual([opened, `Purchased(1,1,${address},7,${token},12500000,${first.ref})`]);
    expect(eventsIn(await buy(fixture.on, second), escrow)).toEqual([`Purchased(1,1,${address},300,${token},5,${second.ref})`]);
    expect(await held(token)).toBe(12_500_005n);
    expect(await read('purchaseOf', ...event, token, 7n)).toEqual([address, 12_500_000n]);
    expect([await read('purchasedWord', providerId, 0), await read('purchasedWord', providerId, 1)]).toEqual([1n << 7n, 1n << 44n]);
    expect(await statusOf()).toBe(Status.Open);
  });

  it('is paid in the native coin, exactly, or in a token without any', async () => {
    const { offer, escrow } = fixture.on;
    const native = offer({ token: ZeroAddress, amount: 1_000n });
    const [terms, signer, sig] = await purchaseOf(fixture.on, native);
    for (const value of [0n, 999n, 1_001n])
      expect(await refusalOf('payer', 'purchase', terms, signer, sig, { value })).toBe(`PpvEscrowWrongValue(${value},1000)`);
    await buy(fixture.on, native);
    expect([await held(ZeroAddress), await coins(await escrow.getAddress())]).toEqual([1_000n, 1_000n]);
    const [other, , otherSig] = await purchaseOf(fixture.on, offer({ seq: 2n }));
    expect(await refusalOf('payer', 'purchase', other, signer, otherSig, { value: 1n })).toBe('PpvEscrowWrongValue(1,0)');
  });

  it('[SET-A10] is paid by EIP-3009 or Permit2, over this offer alone, whoever sends it', async () => {
    const { dollarDomain, permit2, permit2Domain, offer, signOffer, escrow } = fixture.on;
    const { payer, signer } = fixture.on.hands;
    await send(fixture.on.dollar, payer, 'approve', permit2, MaxUint256);
    const address = await escrow.getAddress();
    const authorized = offer({ seq: 1n });
    const auth = await signedOfferAuthorization(payer, dollarDomain, address, authorized);
    const elsewhere = offer({ seq: 1n, eventId: 2n });
    const redirected = [elsewhere, signer.address, await signOffer(elsewhere), payer.address, auth];
    expect(await refusalOf('stranger', 'purchaseWithAuthorization', ...redirected)).not.toBe('accepted');
    await sent('stranger', 'purchaseWithAuthorization', authorized, signer.address, await signOffer(authorized), payer.address, auth);
    const permitted = offer({ seq: 2n });
    const payerSig = await signedOfferPermit2(payer, permit2Domain, { escrow: address, nonce: 4n, offer: permitted });
    const other = offer({ seq: 2n, eventId: 2n });
    const moved = [other, signer.address, await signOffer(other), payer.address, 4n, payerSig];
    expect(await refusalOf('stranger', 'purchaseWithPermit2', ...moved)).not.toBe('accepted');
    const paid = [permitted, signer.address, await signOffer(permitted), payer.address] as const;
    expect(await refusalOf('stranger', 'purchaseWithPermit2', ...paid, 5n, payerSig)).not.toBe('accepted');
    await sent('stranger', 'purchaseWithPermit2', ...paid, 4n, payerSig);
    const next = offer({ seq: 4n });
    const again = [next, signer.address, await signOffer(next), payer.address] as const;
    const used = await signedOfferPermit2(payer, permit2Domain, { escrow: address, nonce: 4n, offer: next });
    const unused = await signedOfferPermit2(payer, permit2Domain, { escrow: address, nonce: 6n, offer: next });
    expect(await refusalOf('stranger', 'purchaseWithPermit2', ...again, 4n, used)).not.toBe('accepted');
    expect(await refusalOf('stranger', 'purchaseWithPermit2', ...again, 6n, unused)).toBe('accepted');
    expect(await held(await dollar())).toBe(25_000_000n);
    expect(await read('purchaseOf', ...event, await dollar(), 2n)).toEqual([payer.address, 12_500_000n]);
    const coin = offer({ seq: 3n, token: ZeroAddress });
    const common = [coin, signer.address, await signOffer(coin), payer.address];
    const wrong = `PpvEscrowWrongToken(${ZeroAddress})`;
    expect(await refusalOf('stranger', 'purchaseWithAuthorization', ...common, '0x')).toBe(wrong);
    expect(await refusalOf('stranger', 'purchaseWithPermit2', ...common, 5n, '0x')).toBe(wrong);
  });

  it('needs an offer that is not over, for this payer, of something', async () => {
    const { offer } = fixture.on;
    const deadline = (await now(fixture.on)) + 600;
    await travelTo(fixture.on, deadline - 2);
    expect(await refusalToSell(fixture.on, offer({ deadline }))).toBe('accepted');
    await travelTo(fixture.on, deadline);
    expect(await refusalToSell(fixture.on, offer({ deadline }))).toBe(`PpvEscrowQuoteExpired(${deadline})`);
    const bound = offer({ payer: by('other').address });
    expect(await refusalToSell(fixture.on, bound)).toBe(`PpvEscrowWrongPayer(${by('other').address},${by('payer').address})`);
    expect(await refusalToSell(fixture.on, offer({ payer: by('payer').address }))).toBe('accepted');
    expect(await refusalToSell(fixture.on, offer({ amount: 0n }))).toBe('PpvEscrowAmountOutOfRange(0)');
  });

  it('[SET-A1] is of an offer for one chain, contract and version', async () => {
    const { offer, escrowDomain, settlement } = fixture.on;
    const signed = offer();
    const tried = async (other: object) => {
      const sig = await by('signer').signTypedData({ ...escrowDomain, ...other }, offerTypes, signed);
      return refusalOf('payer', 'purchase', signed, by('signer').address, sig);
    };
    const elsewhere = [
      ...[{ chainId: 1n }, { version: '2' }, { name: 'Tallyroot Settlement' }],
      { verifyingContract: await settlement.getAddress() },
    ];
    for (const other of elsewhere)
      expect([other, await tried(other)]).toEqual([other, `PpvEscrowSignerNotAuthorised(${by('signer').address})`]);
    expect(await tried({})).toBe('accepted');
  });

  it('[SET-A5] that a stranger sends is the payer’s, and so is what comes back', async () => {
    const { dollarDomain, permit2, permit2Domain, offer, signOffer, escrow, dollar: token } = fixture.on;
    const { payer, signer, stranger } = fixture.on.hands;
    await send(token, payer, 'approve', permit2, MaxUint256);
    const address = await escrow.getAddress();
    const [authorized, permitted] = [offer({ seq: 1n }), offer({ seq: 2n })];
    const auth = await signedOfferAuthorization(payer, dollarDomain, address, authorized);
    const payerSig = await signedOfferPermit2(payer, permit2Domain, { escrow: address, nonce: 4n, offer: permitted });
    const before = await balance(token, payer.address);
    await sent('stranger', 'purchaseWithAuthorization', authorized, signer.address, await signOffer(authorized), payer.address, auth);
    await sent('stranger', 'purchaseWithPermit2', permitted, signer.address, await signOffer(permitted), payer.address, 4n, payerSig);
    for (const { seq, token: paidIn } of [authorized, permitted])
      expect(await read('purchaseOf', ...event, paidIn, seq)).toEqual([payer.address, 12_500_000n]);
    await sent('signer', 'cancelEvent', ...event);
    const call = ['claimRefundTo', ...event, authorized.token, 1n, stranger.address] as const;
    expect(await refusalOf('stranger', ...call)).toBe(`PpvEscrowWrongPayer(${payer.address},${stranger.address})`);
    await sent('stranger', 'claimRefunds', ...event, authorized.token, [1n, 2n]);
    expect([await balance(token, payer.address), await balance(token, stranger.address)]).toEqual([before, 0n]);
    const bound = offer({ seq: 3n, payer: by('other').address });
    const forged = await signedOfferAuthorization(payer, dollarDomain, address, bound);
    const stolen = ['purchaseWithAuthorization', bound, signer.address, await signOffer(bound), payer.address, forged] as const;
    expect(await refusalOf('stranger', ...stolen)).toBe(`PpvEscrowWrongPayer(${by('other').address},${payer.address})`);
  });

  it('[SET-A8] spends no standing allowance but the sender’s own', async () => {
    const { escrow, offer, dollar: token } = fixture.on;
    for (const name of ['payer', 'other'] as const) {
      await send(token, by(name), 'mint', by(name).address, 10n ** 9n);
      await send(token, by(name), 'approve', await escrow.getAddress(), MaxUint256);
    }
    const [terms, signer, sig] = await purchaseOf(fixture.on, offer());
    expect(await refusalOf('stranger', 'purchase', terms, signer, sig)).not.toBe('accepted');
    expect(escrow.interface.getFunction('purchase')?.inputs.map((input) => input.name)).toEqual(['o', 'signer', 'sig']);
    const before = await balance(token, by('payer').address);
    await buy(fixture.on, terms, by('other'));
    expect([await balance(token, by('payer').address), await read('purchaseOf', ...event, terms.token, terms.seq)]).toEqual([
      ...[before, [by('other').address, terms.amount]],
    ]);
  });

  it('[SET-A2] is of exactly what the provider signed', async () => {
    const { offer, signOffer, escrowDomain } = fixture.on;
    const signed = offer();
    const sig = await signOffer(signed);
    expect(await read('hashOffer', signed)).toBe(TypedDataEncoder.hash(escrowDomain, offerTypes, signed));
    await send(fixture.on.registry, by('admin'), 'createProvider', 2n, by('other').address, by('other').address);
    await send(fixture.on.registry, by('other'), 'setSigner', 2n, by('signer').address, forever);
    await send(fixture.on.registry, by('other'), 'setToken', 2n, signed.token, true, 6);
    const changes: Partial<Offer>[] = [
      ...[{ eventId: 2n }, { seq: 2n }, { payer: by('payer').address }, { amount: 1n }, { ref: id('x') }],
      ...[{ captureAfter: signed.captureAfter - 1 }, { reclaimAfter: signed.reclaimAfter + 1 }, { deadline: signed.deadline - 1 }],
      ...[{ providerId: 2n }, { token: ZeroAddress }],
    ];
    for (const change of changes) {
      const altered = { ...signed, ...change };
      const value = altered.token === ZeroAddress ? altered.amount : 0n;
      const answer = await refusalOf('payer', 'purchase', altered, by('signer').address, sig, { value });
      expect([change, answer]).toEqual([change, `PpvEscrowSignerNotAuthorised(${by('signer').address})`]);
    }
    expect(await refusalOf('payer', 'purchase', signed, by('signer').address, sig)).toBe('accepted');
  });

  it('[SET-A20] has times that leave a provider 14 days, hold nothing above 400, and are the same for all', async () => {
    const { offer, captureAfter } = fixture.on;
    const time = await now(fixture.on);
    const bad = (from: number, to: number) =>
      [offer({ captureAfter: from, reclaimAfter: to }), `PpvEscrowBadTimes(${from},${to})`] as const;
    const top = 2 ** 48 - 1;
    for (const [wrong, answer] of [
      ...[bad(captureAfter, captureAfter + 14 * day - 1), bad(captureAfter, time + 401 * day), bad(top, top), bad(captureAfter, top)],
      ...[bad(captureAfter, 0), bad(top, 0)],
    ])
      expect(await refusalToSell(fixture.on, wrong)).toBe(answer);
    expect(await refusalToSell(fixture.on, offer({ captureAfter: 0, reclaimAfter: 14 * day }))).toBe('PpvEscrowTooLate(0)');
    expect(await refusalToSell(fixture.on, offer({ reclaimAfter: time + 400 * day }))).toBe('accepted');
    await buy(fixture.on, offer());
    expect(await refusalToSell(fixture.on, offer({ seq: 2n, captureAfter: captureAfter + 1 }))).toBe('PpvEscrowTermsMismatch()');
    const later = offer({ seq: 2n, reclaimAfter: captureAfter + 15 * day });
    expect(await refusalToSell(fixture.on, later)).toBe('PpvEscrowTermsMismatch()');
    await toCapture();
    expect(await refusalToSell(fixture.on, offer({ seq: 2n }))).toBe(`PpvEscrowTooLate(${captureAfter})`);
  });

  it('[SET-A21] closes its slot over all events and tokens, as a cancelled slot is closed', async () => {
    const { offer, escrow } = fixture.on;
    await buy(fixture.on, offer({ seq: 5n }));
    const again = 'PpvEscrowAlreadyPurchased(5)';
    expect(await refusalToSell(fixture.on, offer({ seq: 5n }))).toBe(again);
    expect(await refusalToSell(fixture.on, offer({ seq: 5n, token: ZeroAddress, amount: 1n }))).toBe(again);
    expect(await refusalToSell(fixture.on, offer({ seq: 5n, eventId: 2n }))).toBe(again);
    expect(await refusalOf('signer', 'cancelSeq', providerId, 5n)).toBe(again);
    expect(eventsIn(await sent('signer', 'cancelSeq', providerId, 6n), escrow)).toEqual([`SeqCancelled(1,6,${by('signer').address})`]);
    expect(await refusalToSell(fixture.on, offer({ seq: 6n }))).toBe('PpvEscrowAlreadyPurchased(6)');
    expect(await refusalOf('providerAdmin', 'cancelSeq', providerId, 7n)).toBe('accepted');
  });

  it.each(['FeeToken', 'RebasingUpToken', 'FalseToken', 'IdleToken', 'FalseButMovingToken', 'GarbageToken', 'AllAtMaxToken'])(
    '[SET-A14] of a token that does not move exactly what it is told reverts, or is exact (%s)',
    async (name) => {
      const token = await accept(fixture.on, odd[name] as Contract);
      const answer = await refusalToSell(fixture.on, fixture.on.offer({ token }));
      if (answer !== 'accepted') return expect(await held(token)).toBe(0n);
      await buy(fixture.on, fixture.on.offer({ token }));
      return expect(await balance(odd[name] as Contract, await fixture.on.escrow.getAddress())).toBe(await held(token));
    },
  );

  it('[SET-A14] is exact in a token that answers nothing, and lets the rest out of one that keeps a part later', async () => {
    const [silent, upgradeable] = [odd['SilentToken'] as Contract, odd['UpgradeableToken'] as Contract];
    const [quiet, token] = [await accept(fixture.on, silent), await accept(fixture.on, upgradeable)];
    await buy(fixture.on, fixture.on.offer({ seq: 1n, token: quiet }));
    await buy(fixture.on, fixture.on.offer({ seq: 2n, token }));
    await send(upgradeable, by('stranger'), 'upgrade');
    expect(await refusalToSell(fixture.on, fixture.on.offer({ seq: 3n, token }))).toContain('PpvEscrowInexactTransfer');
    await sent('signer', 'cancelEvent', ...event);
    await sent('stranger', 'claimRefunds', ...event, token, [2n]);
    await sent('stranger', 'claimRefunds', ...event, quiet, [1n]);
    expect([await held(token), await held(quiet), await balance(silent, by('payer').address)]).toEqual([0n, 0n, 10n ** 12n]);
  });
});

describe('a capture', () => {
  it('takes all of an event to the treasury, less the fee of the day it was opened', async () => {
    const { escrow, dollar: token } = fixture.on;
    await feeOf(250);
    const offer = await lateOffer();
    await buy(fixture.on, offer);
    await buy(fixture.on, { ...offer, seq: 2n, amount: 39n });
    await send(fixture.on.registry, by('feeAdmin'), 'setFee', providerId, 0);
    await travelTo(fixture.on, offer.captureAfter);
    const receipt = await sent('signer', 'captureEvent', ...event, [offer.token]);
    const fee = (12_500_039n * 250n) / 10_000n;
    const { address } = by('treasury');
    expect(eventsIn(receipt, escrow)).toEqual([`EventCaptured(1,1,${offer.token},12500039,${fee},${address})`]);
    expect([await balance(token, address), await balance(token, by('feeReceiver').address)]).toEqual([12_500_039n - fee, fee]);
    expect([await held(offer.token), await statusOf()]).toEqual([0n, Status.Captured]);
  });

  it('pays a fee that still holds to its receiver', async () => {
    await feeOf(100);
    const offer = await lateOffer({ token: ZeroAddress, amount: 10_000n });
    await buy(fixture.on, offer);
    await travelTo(fixture.on, offer.captureAfter);
    const before = await coins(by('feeReceiver').address);
    await sent('providerAdmin', 'captureEvent', ...event, [ZeroAddress]);
    expect((await coins(by('feeReceiver').address)) - before).toBe(100n);
  });

  it('[SET-A20] has its time, and its hands: the provider’s alone for 3 days, then anybody’s', async () => {
    const { offer, captureAfter } = fixture.on;
    const capture = async (name: keyof typeof fixture.on.hands) => refusalOf(name, 'captureEvent', ...event, [await dollar()]);
    expect(await capture('signer')).toBe('PpvEscrowWrongStatus(0)');
    await buy(fixture.on, offer());
    await travelTo(fixture.on, captureAfter - 2);
    expect(await capture('signer')).toBe(`PpvEscrowTooEarly(${captureAfter})`);
    await toCapture();
    for (const name of ['signer', 'providerAdmin'] as const) expect(await capture(name)).toBe('accepted');
    for (const name of ['refunder', 'stranger', 'admin'] as const)
      expect(await capture(name)).toBe(`PpvEscrowSignerNotAuthorised(${by(name).address})`);
    await travelTo(fixture.on, captureAfter + 3 * day - 2);
    expect(await capture('stranger')).toBe(`PpvEscrowSignerNotAuthorised(${by('stranger').address})`);
    await travelTo(fixture.on, captureAfter + 3 * day);
    expect(await capture('stranger')).toBe('accepted');
    await travelTo(fixture.on, captureAfter + 14 * day - 2);
    expect(await capture('stranger')).toBe('accepted');
    await toReclaim();
    for (const name of ['signer', 'stranger'] as const) expect(await capture(name)).toBe(`PpvEscrowTooLate(${captureAfter + 14 * day})`);
  });

  it('[SET-A20] takes each token once; what it left goes to the treasury at any time, by anybody', async () => {
    const { offer } = fixture.on;
    const token = await dollar();
    await buy(fixture.on, offer());
    await buy(fixture.on, offer({ seq: 2n, token: ZeroAddress, amount: 1_000n }));
    await toCapture();
    expect(await refusalOf('signer', 'captureEvent', ...event, [])).toBe(`PpvEscrowNothingHeld(${ZeroAddress})`);
    expect(await refusalOf('signer', 'captureEvent', ...event, [token, token])).toBe(`PpvEscrowNothingHeld(${token})`);
    const other = await hooked.getAddress();
    expect(await refusalOf('signer', 'captureEvent', ...event, [token, other])).toBe(`PpvEscrowNothingHeld(${other})`);
    await sent('signer', 'captureEvent', ...event, [token]);
    expect(await refusalOf('signer', 'captureEvent', ...event, [token])).toBe(`PpvEscrowNothingHeld(${token})`);
    expect(await refusalOf('signer', 'cancelEvent', ...event)).toBe('PpvEscrowWrongStatus(3)');
    expect(await refusalOf('stranger', 'claimRefunds', ...event, ZeroAddress, [2n])).toBe('PpvEscrowWrongStatus(3)');
    expect(await refusalOf('signer', 'refundPurchase', ...event, ZeroAddress, 2n)).toBe('PpvEscrowWrongStatus(3)');
    await toReclaim();
    const before = await coins(by('treasury').address);
    await sent('stranger', 'captureEvent', ...event, [ZeroAddress]);
    expect((await coins(by('treasury').address)) - before).toBe(1_000n);
  });

  it('[SET-A18] reverts as a whole for a treasury that cannot be paid, and lands for a fee receiver that cannot', async () => {
    const token = await accept(fixture.on, blocking);
    await feeOf(100);
    const offer = await lateOffer({ token });
    await buy(fixture.on, offer);
    await travelTo(fixture.on, offer.captureAfter);
    await send(blocking, by('stranger'), 'blockAccount', by('treasury').address, true);
    expect(await refusalOf('signer', 'captureEvent', ...event, [token])).not.toBe('accepted');
    await send(blocking, by('stranger'), 'blockAccount', by('treasury').address, false);
    await send(blocking, by('stranger'), 'blockAccount', by('feeReceiver').address, true);
    const receipt = await sent('signer', 'captureEvent', ...event, [token]);
    expect(eventsIn(receipt, fixture.on.escrow)[1]).toBe(`FeeAccrued(${by('feeReceiver').address},${token},125000)`);
    await send(blocking, by('stranger'), 'blockAccount', by('feeReceiver').address, false);
    await sent('feeReceiver', 'claimFees', token);
    expect(await balance(blocking, by('feeReceiver').address)).toBe(125_000n);
    expect(await refusalOf('feeReceiver', 'claimFees', token)).toContain('FeeVaultNothingOwed');
  });

  it.each([
    ['refuses', refusing],
    ['burns its gas', burning],
    ['answers a bomb', bombing],
  ])('[SET-A19] lands when the fee receiver %s', async (_, mood) => {
    await feeOf(100);
    const offer = await lateOffer({ token: ZeroAddress, amount: 10_000n });
    await buy(fixture.on, offer);
    await send(puppet, by('stranger'), 'plan', mood, ZeroAddress, '0x');
    await send(fixture.on.registry, by('feeAdmin'), 'setFeeReceiver', await puppet.getAddress());
    await travelTo(fixture.on, offer.captureAfter);
    const receipt = await sent('signer', 'captureEvent', ...event, [ZeroAddress]);
    expect(Number(receipt.gasUsed)).toBeLessThan(260_000);
    expect(await held(ZeroAddress)).toBe(0n);
    const treasury = await refusalOf('signer', 'captureEvent', ...event, [ZeroAddress]);
    expect(treasury).toBe(`PpvEscrowNothingHeld(${ZeroAddress})`);
  });

  it('reverts in the native coin for a treasury that takes none', async () => {
    const { offer, registry } = fixture.on;
    await send(puppet, by('stranger'), 'plan', refusing, ZeroAddress, '0x');
    await send(registry, by('admin'), 'createProvider', 2n, by('other').address, await puppet.getAddress());
    await send(registry, by('other'), 'setSigner', 2n, by('signer').address, forever);
    await buy(fixture.on, offer({ providerId: 2n, token: ZeroAddress, amount: 5n }));
    await toCapture();
    expect(await refusalOf('signer', 'captureEvent', 2n, 1n, [ZeroAddress])).toBe('PpvEscrowNativeTransferFailed()');
  });
});

describe('a refund', () => {
  it('of a cancelled event is anybody’s to bring about, for everybody', async () => {
    const { escrow, offer, dollar: token } = fixture.on;
    const [one, two] = [offer({ seq: 1n }), offer({ seq: 2n, amount: 7n })];
    await buy(fixture.on, one);
    await buy(fixture.on, two);
    const before = (await balance(token, by('payer').address)) as bigint;
    expect(await refusalOf('stranger', 'cancelEvent', ...event)).toBe(`PpvEscrowSignerNotAuthorised(${by('stranger').address})`);
    expect(eventsIn(await sent('signer', 'cancelEvent', ...event), escrow)).toEqual(['EventCancelled(1,1)']);
    expect(await refusalOf('signer', 'cancelEvent', ...event)).toBe('PpvEscrowWrongStatus(2)');
    expect(await refusalToSell(fixture.on, offer({ seq: 3n }))).toBe('PpvEscrowWrongStatus(2)');
    const { address } = by('payer');
    const receipt = await sent('stranger', 'claimRefunds', ...event, one.token, [1n, 2n]);
    expect(eventsIn(receipt, escrow)).toEqual([
      `PurchaseRefunded(1,1,${address},1,${one.token},12500000,${address})`,
      `PurchaseRefunded(1,1,${address},2,${one.token},7,${address})`,
    ]);
    expect([((await balance(token, address)) as bigint) - before, await held(one.token)]).toEqual([12_500_007n, 0n]);
  });

  it('[SET-A20] excludes a capture, for good, of an event that was bought or not', async () => {
    const { offer } = fixture.on;
    await buy(fixture.on, offer());
    await sent('providerAdmin', 'cancelEvent', ...event);
    await toCapture();
    for (const name of ['signer', 'providerAdmin', 'stranger'] as const)
      expect(await refusalOf(name, 'captureEvent', ...event, [await dollar()])).toBe('PpvEscrowWrongStatus(2)');
    await sent('signer', 'cancelEvent', providerId, 9n);
    expect(await statusOf(9n)).toBe(Status.Cancelled);
    const never = await lateOffer({ seq: 9n, eventId: 9n });
    expect(await refusalToSell(fixture.on, never)).toBe('PpvEscrowWrongStatus(2)');
  });

  it('[SET-A20] of an event that nobody captured needs no provider past its time', async () => {
    const { offer, captureAfter } = fixture.on;
    const token = await dollar();
    await buy(fixture.on, offer());
    const early = `PpvEscrowTooEarly(${captureAfter + 14 * day})`;
    expect(await refusalOf('stranger', 'claimRefunds', ...event, token, [1n])).toBe(early);
    expect(await refusalOf('payer', 'claimRefundTo', ...event, token, 1n, by('other').address)).toBe(early);
    expect(await refusalOf('stranger', 'claimRefunds', providerId, 2n, token, [1n])).toBe('PpvEscrowWrongStatus(0)');
    await travelTo(fixture.on, captureAfter + 14 * day - 2);
    expect(await refusalOf('stranger', 'claimRefunds', ...event, token, [1n])).toBe(early);
    await toReclaim();
    await sent('stranger', 'claimRefunds', ...event, token, [1n]);
    expect(await held(token)).toBe(0n);
  });

  it('[SET-A21] is paid once, in the token that was paid', async () => {
    const { offer } = fixture.on;
    const token = await dollar();
    await buy(fixture.on, offer({ seq: 1n }));
    await buy(fixture.on, offer({ seq: 2n, token: ZeroAddress, amount: 12_500_000n }));
    await buy(fixture.on, offer({ seq: 3n }));
    await sent('signer', 'cancelEvent', ...event);
    const nothing = (seq: bigint) => `PpvEscrowNothingToRefund(${seq})`;
    expect(await refusalOf('stranger', 'claimRefunds', ...event, token, [1n, 1n])).toBe(nothing(1n));
    expect(await refusalOf('stranger', 'claimRefunds', ...event, ZeroAddress, [1n])).toBe(nothing(1n));
    expect(await refusalOf('stranger', 'claimRefunds', ...event, token, [2n])).toBe(nothing(2n));
    await sent('stranger', 'claimRefunds', ...event, token, [1n]);
    expect(await refusalOf('stranger', 'claimRefunds', ...event, token, [1n])).toBe(nothing(1n));
    expect(await refusalOf('payer', 'claimRefundTo', ...event, token, 1n, by('other').address)).toBe(nothing(1n));
    expect(await held(token)).toBe(12_500_000n);
  });

  it('of one viewer of an open event is the provider’s', async () => {
    const { escrow, offer } = fixture.on;
    const token = await dollar();
    await buy(fixture.on, offer({ seq: 1n }));
    await buy(fixture.on, offer({ seq: 2n }));
    const call = ['refundPurchase', ...event, token, 1n] as const;
    for (const name of ['stranger', 'refunder', 'payer'] as const)
      expect(await refusalOf(name, ...call)).toBe(`PpvEscrowSignerNotAuthorised(${by(name).address})`);
    expect(await refusalOf('providerAdmin', ...call)).toBe('accepted');
    const { address } = by('payer');
    expect(eventsIn(await sent('signer', ...call), escrow)).toEqual([`PurchaseRefunded(1,1,${address},1,${token},12500000,${address})`]);
    expect(await refusalOf('signer', ...call)).toBe('PpvEscrowNothingToRefund(1)');
    expect(await held(token)).toBe(12_500_000n);
    expect(await refusalToSell(fixture.on, offer({ seq: 1n }))).toBe('PpvEscrowAlreadyPurchased(1)');
  });

  it('[SET-A18] passes over a payer on a blocklist, who takes it elsewhere', async () => {
    const { escrow, offer, hands } = fixture.on;
    const token = await accept(fixture.on, blocking);
    await send(blocking, hands.other, 'mint', hands.other.address, 10n ** 9n);
    await send(blocking, hands.other, 'approve', await escrow.getAddress(), 10n ** 9n);
    await buy(fixture.on, offer({ seq: 1n, token }));
    await buy(fixture.on, offer({ seq: 2n, token }), hands.other);
    await send(blocking, hands.stranger, 'blockAccount', hands.payer.address, true);
    expect(await refusalOf('signer', 'refundPurchase', ...event, token, 1n)).toBe(`PpvEscrowRefundFailed(${hands.payer.address})`);
    await sent('signer', 'cancelEvent', ...event);
    const events = eventsIn(await sent('stranger', 'claimRefunds', ...event, token, [1n, 2n]), escrow);
    const paid = `PurchaseRefunded(1,1,${hands.other.address},2,${token},12500000,${hands.other.address})`;
    expect(events).toEqual([`RefundSkipped(1,1,1,${token})`, paid]);
    expect([await held(token), await read('purchaseOf', ...event, token, 1n)]).toEqual([12_500_000n, [hands.payer.address, 12_500_000n]]);
    const to = hands.stranger.address;
    const wrong = `PpvEscrowWrongPayer(${hands.payer.address},${to})`;
    expect(await refusalOf('stranger', 'claimRefundTo', ...event, token, 1n, to)).toBe(wrong);
    for (const nowhere of [ZeroAddress, await escrow.getAddress()])
      expect(await refusalOf('payer', 'claimRefundTo', ...event, token, 1n, nowhere)).toBe(`PpvEscrowBadReceiver(${nowhere})`);
    const taken = await sent('payer', 'claimRefundTo', ...event, token, 1n, to);
    expect(eventsIn(taken, escrow)).toEqual([`PurchaseRefunded(1,1,${hands.payer.address},1,${token},12500000,${to})`]);
    expect([await balance(blocking, to), await held(token)]).toEqual([12_500_000n, 0n]);
  });

  it.each([
    ['takes no coins', refusing],
    ['burns its gas', burning],
    ['answers a bomb', bombing],
  ])('[SET-A19] passes over a payer that %s, and stops for nobody', async (_, mood) => {
    const { escrow, offer, hands } = fixture.on;
    const native = { token: ZeroAddress, amount: 1_000n };
    const target = await escrow.getAddress();
    const data = escrow.interface.encodeFunctionData('purchase', (await purchaseOf(fixture.on, offer({ seq: 1n, ...native }))).slice(0, 3));
    await send(puppet, hands.stranger, 'act', target, 1_000n, data, { value: 1_000n });
    await buy(fixture.on, offer({ seq: 2n, ...native }));
    await sent('signer', 'cancelEvent', ...event);
    await send(puppet, hands.stranger, 'plan', mood, ZeroAddress, '0x');
    const receipt = await sent('stranger', 'claimRefunds', ...event, ZeroAddress, [1n, 2n]);
    expect(Number(receipt.gasUsed)).toBeLessThan(300_000);
    expect(await held(ZeroAddress)).toBe(1_000n);
    await send(puppet, hands.stranger, 'plan', accepting, ZeroAddress, '0x');
    const to = [...event, ZeroAddress, 1n, hands.other.address] as const;
    await send(puppet, hands.stranger, 'act', target, 0n, escrow.interface.encodeFunctionData('claimRefundTo', to));
    expect(await held(ZeroAddress)).toBe(0n);
    expect(await coins(target)).toBe(0n);
  });

  it('reverts when the payer sends it to who takes no coins', async () => {
    const { offer } = fixture.on;
    await buy(fixture.on, offer({ token: ZeroAddress, amount: 5n }));
    await sent('signer', 'cancelEvent', ...event);
    await send(puppet, by('stranger'), 'plan', refusing, ZeroAddress, '0x');
    const call = ['claimRefundTo', ...event, ZeroAddress, 1n, await puppet.getAddress()] as const;
    expect(await refusalOf('payer', ...call)).toBe('PpvEscrowNativeTransferFailed()');
  });
});

describe('the escrow', () => {
  it('[SET-A12] lets nobody in again, by any function, while it pays or is paid', async () => {
    const { escrow, offer, hands, signOffer } = fixture.on;
    const token = await accept(fixture.on, hooked);
    const [target, holder] = [await escrow.getAddress(), await puppet.getAddress()];
    const native = offer({ seq: 1n, token: ZeroAddress, amount: 1_000n });
    const act = async (value: bigint, method: string, ...args: unknown[]) =>
      send(puppet, hands.stranger, 'act', target, value, escrow.interface.encodeFunctionData(method, args), { value });
    await act(1_000n, 'purchase', native, hands.signer.address, await signOffer(native));
    await send(hooked, hands.stranger, 'mint', holder, 10n ** 9n);
    const approval = hooked.interface.encodeFunctionData('approve', [target, 10n ** 9n]);
    await send(puppet, hands.stranger, 'act', token, 0n, approval);
    const other = offer({ seq: 3n, token });
    const terms = [other, hands.signer.address, await signOffer(other)] as const;
    const calls: [string, ...unknown[]][] = [
      ['purchase', ...terms],
      ['purchaseWithAuthorization', ...terms, holder, '0x'],
      ['purchaseWithPermit2', ...terms, holder, 1n, '0x'],
      ['captureEvent', ...event, [token]],
      ['cancelEvent', ...event],
      ['cancelSeq', providerId, 9n],
      ['refundPurchase', ...event, token, 2n],
      ['claimRefunds', ...event, ZeroAddress, [1n]],
      ['claimRefundTo', ...event, ZeroAddress, 1n, holder],
      ['claimFees', token],
    ];
    const guard = escrow.interface.getError('ReentrancyGuardReentrantCall')?.selector ?? '';
    const heard = async () => ((await puppet.getFunction('heard')()) as string).slice(0, 10);
    const paying = offer({ seq: 2n, token });
    const snapshot = async () => (await fixture.on.chain.provider.send('evm_snapshot', [])) as string;
    for (const [method, ...args] of calls) {
      const before = await snapshot();
      const data = escrow.interface.encodeFunctionData(method, args);
      await send(puppet, hands.stranger, 'plan', calling, target, data);
      await act(0n, 'purchase', paying, hands.signer.address, await signOffer(paying));
      expect([method, 'hook', await heard()]).toEqual([method, 'hook', guard]);
      // The gas of a push does not suffice to read the calldata of a purchase again.
      if (!method.startsWith('purchase')) {
        await send(puppet, hands.stranger, 'plan', calling, target, data);
        await sent('signer', 'cancelEvent', ...event);
        await sent('stranger', 'claimRefunds', ...event, ZeroAddress, [1n]);
        expect([method, 'coin', await heard()]).toEqual([method, 'coin', guard]);
      }
      await fixture.on.chain.provider.send('evm_revert', [before]);
    }
    await send(puppet, hands.stranger, 'plan', calling, target, escrow.interface.encodeFunctionData('heldOf', [...event, ZeroAddress]));
    await sent('signer', 'cancelEvent', ...event);
    await sent('stranger', 'claimRefunds', ...event, ZeroAddress, [1n]);
    expect(await puppet.getFunction('heard')()).toBe(`0x${'0'.repeat(64)}`);
  });

  it('[SET-A4] knows one form of a signature, and takes a contract’s word only while it agrees', async () => {
    const { offer, registry, hands } = fixture.on;
    const [terms, signer, sig] = await purchaseOf(fixture.on, offer());
    const wrong = `PpvEscrowSignerNotAuthorised(${signer})`;
    for (const form of [`${sig}00`, sig.slice(0, -2), '0x', `${sig.slice(0, -2)}00`])
      expect(await refusalOf('payer', 'purchase', terms, signer, form)).toBe(wrong);
    expect(await refusalOf('payer', 'purchase', terms, ZeroAddress, sig)).toContain('ProviderRegistrySignerNotAuthorised');
    const wallet = await puppet.getAddress();
    await send(registry, hands.providerAdmin, 'setSigner', providerId, wallet, forever);
    expect(await refusalOf('payer', 'purchase', terms, wallet, '0x')).toBe('accepted');
    await send(puppet, hands.stranger, 'plan', refusing, ZeroAddress, '0x');
    expect(await refusalOf('payer', 'purchase', terms, wallet, '0x')).toBe(`PpvEscrowSignerNotAuthorised(${wallet})`);
  });

  it('[SET-A19] leaves what strays to it alone', async () => {
    const { escrow, chain, offer, dollar: token } = fixture.on;
    const target = await escrow.getAddress();
    await buy(fixture.on, offer());
    await send(token, by('payer'), 'transfer', target, 77n);
    await chain.provider.send('anvil_setBalance', [target, '0x4d2']);
    await expect(by('payer').call({ to: target, value: 1n })).rejects.toThrow();
    await toCapture();
    await sent('signer', 'captureEvent', ...event, [await dollar()]);
    expect([await balance(token, target), await coins(target)]).toEqual([77n, 1_234n]);
  });

  it('[SET-A30] takes no purchase in a pause, and lets everything out', async () => {
    const { offer, signOffer, registry, hands } = fixture.on;
    const token = await dollar();
    for (const [eventId, seq] of [
      [1n, 1n],
      [2n, 2n],
      [2n, 3n],
      [3n, 4n],
      [1n, 5n],
    ] as const)
      await buy(fixture.on, offer({ eventId, seq }));
    await toCapture();
    await sent('guardian', 'pause');
    await send(registry, hands.guardian, 'setProviderPaused', providerId, true);
    const late = await lateOffer({ eventId: 8n, seq: 8n });
    const terms = [late, hands.signer.address, await signOffer(late)] as const;
    expect(await refusalOf('payer', 'purchase', ...terms)).toBe('EnforcedPause()');
    expect(await refusalOf('payer', 'purchaseWithAuthorization', ...terms, hands.payer.address, '0x')).toBe('EnforcedPause()');
    expect(await refusalOf('payer', 'purchaseWithPermit2', ...terms, hands.payer.address, 1n, '0x')).toBe('EnforcedPause()');
    await sent('signer', 'refundPurchase', ...event, token, 5n);
    await sent('signer', 'captureEvent', ...event, [token]);
    await sent('signer', 'cancelEvent', providerId, 2n);
    await sent('signer', 'cancelSeq', providerId, 77n);
    await sent('stranger', 'claimRefunds', providerId, 2n, token, [2n]);
    await sent('payer', 'claimRefundTo', providerId, 2n, token, 3n, hands.other.address);
    expect(await refusalOf('stranger', 'claimFees', token)).toContain('FeeVaultNothingOwed');
    expect(await balance(fixture.on.dollar, await fixture.on.escrow.getAddress())).toBe(12_500_000n);
    await travelTo(fixture.on, (await now(fixture.on)) + 7 * day);
    const after = await lateOffer({ eventId: 8n, seq: 8n });
    expect(await refusalToSell(fixture.on, after)).toBe('ProviderRegistryProviderInactive(1)');
  });

  it('[SET-A31] keeps providers apart: keys, slots, events and pauses', async () => {
    const { offer, registry, hands } = fixture.on;
    await send(registry, hands.admin, 'createProvider', 2n, hands.other.address, hands.other.address);
    await send(registry, hands.other, 'setSigner', 2n, hands.stranger.address, forever);
    await buy(fixture.on, offer());
    const foreign = `PpvEscrowSignerNotAuthorised(${hands.stranger.address})`;
    const calls: [string, ...unknown[]][] = [
      ['cancelEvent', ...event],
      ['cancelSeq', providerId, 9n],
      ['refundPurchase', ...event, await dollar(), 1n],
    ];
    for (const [method, ...args] of calls) expect(await refusalOf('stranger', method, ...args)).toBe(foreign);
    const [terms, , sig] = await purchaseOf(fixture.on, offer({ seq: 2n }));
    expect(await refusalOf('payer', 'purchase', terms, hands.stranger.address, sig)).toContain('SignerNotAuthorised');
    await sent('stranger', 'cancelSeq', 2n, 2n);
    await sent('stranger', 'cancelEvent', 2n, 1n);
    await send(registry, hands.other, 'setProviderPaused', 2n, true);
    expect(await refusalToSell(fixture.on, offer({ seq: 2n }))).toBe('accepted');
    expect([await read('purchasedWord', providerId, 0), await read('purchasedWord', 2n, 0)]).toEqual([2n, 4n]);
  });

  it('[SET-A26] pays a thief of the signer’s key nothing: what is held goes to the payers or to the treasury', async () => {
    const { offer, registry, hands, dollar: token } = fixture.on;
    const paidIn = await dollar();
    for (const [eventId, seq] of [
      [1n, 1n],
      [1n, 2n],
      [2n, 3n],
    ] as const)
      await buy(fixture.on, offer({ eventId, seq }));
    const before = (await balance(token, hands.payer.address)) as bigint;
    await sent('signer', 'refundPurchase', ...event, paidIn, 2n);
    await sent('signer', 'cancelEvent', providerId, 2n);
    expect(await refusalOf('signer', 'claimRefundTo', providerId, 2n, paidIn, 3n, hands.signer.address)).toBe(
      `PpvEscrowWrongPayer(${hands.payer.address},${hands.signer.address})`,
    );
    await sent('signer', 'claimRefunds', providerId, 2n, paidIn, [3n]);
    expect(await balance(token, hands.payer.address)).toBe(before + 25_000_000n);
    await toCapture();
    await sent('signer', 'captureEvent', ...event, [paidIn]);
    expect([await balance(token, hands.treasury.address), await balance(token, hands.signer.address)]).toEqual([12_500_000n, 0n]);
    await send(registry, hands.providerAdmin, 'setSigner', providerId, hands.signer.address, 0);
    const worthless = `PpvEscrowSignerNotAuthorised(${hands.signer.address})`;
    expect(await refusalOf('signer', 'cancelEvent', providerId, 3n)).toBe(worthless);
    expect(await refusalOf('signer', 'cancelSeq', providerId, 9n)).toBe(worthless);
  });

  it('[SET-A28] pays back and out with the admin’s key lost', async () => {
    const { offer, registry, hands } = fixture.on;
    await buy(fixture.on, offer());
    await send(registry, hands.admin, 'proposeRecovery', providerId, hands.other.address);
    await toReclaim();
    await sent('stranger', 'claimRefunds', ...event, await dollar(), [1n]);
    expect(await held(await dollar())).toBe(0n);
  });
});
