import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Contract, MaxUint256, ZeroAddress } from 'ethers';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { balanceOf, day, deployed, eventsIn, refusal, send, settlementFixture, travelBy } from './settlement.fixture.ts';

const fixture = settlementFixture({ compiles: true });
const amount = 10_000n;

/** A token of which the payer has plenty, and all of it is allowed; the provider takes it. */
async function takenToken(name: string): Promise<Contract> {
  const { on } = fixture;
  const token = await deployed(on, ['OddTokens', name]);
  await send(token, on.hands.payer, 'mint', on.hands.payer.address, 10n ** 12n);
  await send(token, on.hands.payer, 'approve', await on.settlement.getAddress(), MaxUint256);
  await send(on.registry, on.hands.providerAdmin, 'setToken', providerId, await token.getAddress(), true, 6);
  return token;
}

async function payment(token: Contract, given: { seq?: bigint; amount?: bigint } = {}) {
  const { on } = fixture;
  const quote = on.quote({ token: await token.getAddress(), amount, ...given });
  return ['payToken', quote, on.hands.signer.address, await on.sign(quote)] as const;
}

async function pays(token: Contract, given: { seq?: bigint; amount?: bigint } = {}): Promise<string> {
  return refusal(fixture.on.settlement, fixture.on.hands.payer, ...(await payment(token, given)));
}

/** Pays, and looks whether the treasury has exactly the amount of `Settled`. */
async function paysExactly(token: Contract, seq = 1n): Promise<void> {
  const { on } = fixture;
  const before = await balanceOf(on, on.hands.treasury.address, token);
  const receipt = await send(on.settlement, on.hands.payer, ...(await payment(token, { seq })));
  expect(eventsIn(receipt, on.settlement)[0]?.split(',')[7]).toBe(String(amount));
  expect(await balanceOf(on, on.hands.treasury.address, token)).toBe(before + amount);
}

describe('a token that', () => {
  const inexact = (got: bigint) => `ProviderSettlementInexactTransfer(${got},${amount})`;

  it.each([
    ['keeps a fee', 'FeeToken', inexact(9_900n)],
    ['grows at a transfer', 'RebasingUpToken', inexact(amount + 101n)],
    ['shrinks at a transfer', 'RebasingDownToken', inexact(0n)],
    ['moves nothing and says true', 'IdleToken', inexact(0n)],
    ['says false', 'FalseToken', 'SafeERC20FailedOperation'],
    ['says false and moves all the same', 'FalseButMovingToken', 'SafeERC20FailedOperation'],
    ['answers garbage', 'GarbageToken', 'SafeERC20FailedOperation'],
  ])('[SET-A14] %s (%s) is no payment', async (_what, name, error) => {
    const token = await takenToken(name);
    await send(token, fixture.on.hands.payer, 'mint', fixture.on.hands.treasury.address, 1n); // So that a balance can fall, too.
    expect(await pays(token)).toContain(error);
    expect(await fixture.on.settlement.getFunction('isSettled')(providerId, 1n)).toBe(false);
  });

  it.each([
    ['answers nothing', 'SilentToken'],
    ['moves no zero', 'NoZeroToken'],
    ['refuses to approve again', 'NoReapproveToken'],
  ])('[SET-A14] %s (%s) pays exactly', async (_what, name) => {
    await paysExactly(await takenToken(name));
  });

  it('[SET-A14] moves no zero pays exactly when the fee rounds to zero', async () => {
    const { on } = fixture;
    const token = await takenToken('NoZeroToken');
    await send(on.registry, on.hands.feeAdmin, 'setFee', providerId, 1);
    await travelBy(on, 7 * day);
    expect(await pays(token, { amount: 9_999n })).toBe('accepted');
    expect(await pays(token, { amount: 1n })).toBe('accepted');
  });

  it('[SET-A14] has two addresses is taken at the listed one alone', async () => {
    const { on } = fixture;
    const token = await takenToken('SilentToken');
    const second = await deployed(on, ['OddTokens', 'SecondAddress'], await token.getAddress());
    expect(await pays(second)).toBe(`ProviderRegistryTokenNotAllowed(${await second.getAddress()})`);
    await paysExactly(token);
  });

  it('[SET-A14] is upgraded to keep a part pays exactly before, and nothing after', async () => {
    const { on } = fixture;
    const token = await takenToken('UpgradeableToken');
    await paysExactly(token);
    await send(token, on.hands.stranger, 'upgrade');
    expect(await pays(token, { seq: 2n })).toBe(inexact(amount - 1n));
  });

  it('[SET-A14] is paused pays nothing, and exactly afterwards', async () => {
    const { on } = fixture;
    const token = await takenToken('PausedToken');
    await send(token, on.hands.stranger, 'stop', true);
    expect(await pays(token)).not.toBe('accepted');
    await send(token, on.hands.stranger, 'stop', false);
    await paysExactly(token);
  });

  it('[SET-A14] lost its code pays nothing', async () => {
    const { on } = fixture;
    const token = await takenToken('SilentToken');
    const address = await token.getAddress();
    await on.chain.provider.send('anvil_setCode', [address, '0x']);
    expect(await pays(token)).not.toBe('accepted');
    const again = await refusal(on.registry, on.hands.providerAdmin, 'setToken', providerId, address, true, 6);
    expect(again).toBe(`ProviderRegistryTokenWithoutCode(${address})`);
  });

  it('[SET-A14] takes the largest number for everything is never told it', async () => {
    const { on } = fixture;
    const token = await takenToken('AllAtMaxToken');
    expect(await pays(token, { amount: MaxUint256 })).toBe(`ProviderSettlementAmountOutOfRange(${MaxUint256})`);
    const limit = 1n << 128n;
    expect(await pays(token, { amount: limit })).toBe(`ProviderSettlementAmountOutOfRange(${limit})`);
    expect(await balanceOf(on, on.hands.payer.address, token)).toBe(10n ** 12n);
  });
});

describe('decimals', () => {
  it.each([0, 19, 255])('[SET-A15] of %s are refused by the registry', async (decimals) => {
    const { on } = fixture;
    const token = await (await deployed(on, ['OddTokens', 'DecimalsToken'], decimals)).getAddress();
    const set = await refusal(on.registry, on.hands.providerAdmin, 'setToken', providerId, token, true, decimals);
    expect(set).toBe(`ProviderRegistryDecimalsOutOfRange(${decimals})`);
  });

  it.each([1, 2, 6, 8, 18])('[SET-A15] of %s are taken when they are what is expected', async (decimals) => {
    const { on } = fixture;
    const token = await (await deployed(on, ['OddTokens', 'DecimalsToken'], decimals)).getAddress();
    const tried = (expected: number) => refusal(on.registry, on.hands.providerAdmin, 'setToken', providerId, token, true, expected);
    expect(await tried(decimals)).toBe('accepted');
    expect(await tried(decimals + 1)).toBe(`ProviderRegistryDecimalsMismatch(${decimals},${decimals + 1})`);
  });
});

describe('a token that lies about balances', () => {
  it('[SET-A16] hurts the provider that takes it, and no other', async () => {
    const { on } = fixture;
    const { registry, settlement, dollar, hands } = on;
    await send(registry, hands.admin, 'createProvider', 2n, hands.other.address, hands.refunder.address);
    await send(registry, hands.other, 'setSigner', 2n, hands.signer.address, 4_102_444_800);
    await send(registry, hands.other, 'setToken', 2n, await dollar.getAddress(), true, 6);
    const liar = await takenToken('LyingToken');
    await send(liar, hands.stranger, 'lieAbout', hands.treasury.address);
    await send(settlement, hands.payer, ...(await payment(liar)));
    expect(await settlement.getFunction('isSettled')(providerId, 1n)).toBe(true);
    const foreign = on.quote({ providerId: 2n, token: await liar.getAddress(), amount });
    const refused = await refusal(settlement, hands.payer, 'payToken', foreign, hands.signer.address, await on.sign(foreign));
    expect(refused).toBe(`ProviderRegistryTokenNotAllowed(${await liar.getAddress()})`);
    const honest = on.quote({ providerId: 2n, amount });
    await send(dollar, hands.payer, 'approve', await settlement.getAddress(), MaxUint256);
    await send(settlement, hands.payer, 'payToken', honest, hands.signer.address, await on.sign(honest));
    expect(await balanceOf(on, hands.refunder.address, dollar)).toBe(amount);
  });
});

describe('a blocklist', () => {
  let token: Contract;
  const fee = 100n;
  beforeEach(async () => {
    const { registry, hands } = fixture.on;
    token = await takenToken('BlocklistToken');
    await send(registry, hands.feeAdmin, 'setFee', providerId, 100);
    await travelBy(fixture.on, 7 * day);
  });
  const block = (address: string, isBlocked = true) => send(token, fixture.on.hands.stranger, 'blockAccount', address, isBlocked);

  it('[SET-A18] with the fee receiver keeps the fee here, and the payment lands', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    const { address: receiver } = hands.feeReceiver;
    const address = await token.getAddress();
    await block(receiver);
    const receipt = await send(settlement, hands.payer, ...(await payment(token)));
    expect(eventsIn(receipt, settlement)[1]).toBe(`FeeAccrued(${receiver},${address},${fee})`);
    expect(await balanceOf(on, hands.treasury.address, token)).toBe(amount - fee);
    expect(await balanceOf(on, await settlement.getAddress(), token)).toBe(fee);
    expect(await settlement.getFunction('owedTo')(receiver, address)).toBe(fee);
    expect(await refusal(settlement, hands.feeReceiver, 'claimFees', address)).not.toBe('accepted');
    await block(receiver, false);
    const claim = await send(settlement, hands.feeReceiver, 'claimFees', address);
    expect(eventsIn(claim, settlement)).toEqual([`FeesClaimed(${receiver},${address},${fee})`]);
    expect(await balanceOf(on, receiver, token)).toBe(fee);
    expect(await balanceOf(on, await settlement.getAddress(), token)).toBe(0n);
    expect(await refusal(settlement, hands.feeReceiver, 'claimFees', address)).toBe(`FeeVaultNothingOwed(${receiver},${address})`);
  });

  it.each(['treasury', 'payer'] as const)('[SET-A18] with the %s makes the payment fail whole', async (who) => {
    const { on } = fixture;
    await block(on.hands[who].address);
    expect(await pays(token)).not.toBe('accepted');
    await block(on.hands[who].address, false);
    expect(await pays(token)).toBe('accepted');
  });

  it('[SET-A18] with us and the fee receiver makes the payment fail whole', async () => {
    const { on } = fixture;
    await block(on.hands.feeReceiver.address);
    await block(await on.settlement.getAddress());
    expect(await pays(token)).not.toBe('accepted');
  });

  it('[SET-A18] leaves coins of other tokens to be claimed', async () => {
    const { on } = fixture;
    const refused = await refusal(on.settlement, on.hands.feeReceiver, 'claimFees', ZeroAddress);
    expect(refused).toBe(`FeeVaultNothingOwed(${on.hands.feeReceiver.address},${ZeroAddress})`);
  });
});
