import { beforeEach, describe, expect, it } from '@jest/globals';
import { id, MaxUint256, ZeroAddress } from 'ethers';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { revokeTypes, mandateId } from '../../bench/support/settlement-signing.ts';
import { balanceOf, day, deployed, eventsIn, now, refusal, send, settlementFixture, travelBy, travelTo } from './settlement.fixture.ts';
import { allowEverything, quoteFor, wayOf, ways } from './ways-to-pay.ts';

const fixture = settlementFixture({ compiles: true });
const paused = 'EnforcedPause()';
beforeEach(() => allowEverything(fixture.on));

describe('a signer’s key that leaked', () => {
  it('[SET-A26] sets wrong prices and burns slots, and sends no money elsewhere', async () => {
    const { on } = fixture;
    const { settlement, registry, hands } = on;
    const thief = hands.signer;
    for (const way of ways) {
      const quote = quoteFor(on, way, { seq: 10n + way.number, amount: 1n });
      const { by, call } = await way.pay(on, quote);
      const receipt = await send(settlement, by, ...call);
      expect(eventsIn(receipt, settlement)[0]).toContain(hands.treasury.address);
    }
    await send(settlement, thief, 'cancelSeq', providerId, 1n);
    // Nor what others allow the contract: the payer does without an end, and so may a treasury.
    await allowEverything(on);
    await send(on.dollar, hands.treasury, 'approve', await settlement.getAddress(), MaxUint256);
    const own = ['refund', providerId, 1n, 1n, await on.dollar.getAddress(), thief.address, 1n, id('reason')] as const;
    expect(await refusal(settlement, thief, ...own)).toContain('ERC20InsufficientAllowance');
    const changes: readonly [string, ...unknown[]][] = [
      ['proposeTreasury', providerId, thief.address],
      ['setSigner', providerId, thief.address, MaxUint256 >> 208n],
      ['setCollector', providerId, thief.address, MaxUint256 >> 208n],
      ['setToken', providerId, await on.dollar.getAddress(), false, 6],
      ['setProviderPaused', providerId, true],
    ];
    for (const change of changes)
      expect(await refusal(registry, thief, ...change)).toBe(`ProviderRegistryNotProviderAdmin(1,${thief.address})`);
    const collecting = ['collect', on.mandate(), await on.signMandate(on.mandate()), 1n, 2n, id('ref')] as const;
    expect(await refusal(settlement, thief, ...collecting)).toBe(`ProviderRegistryNotCollector(${thief.address})`);
  });

  it('[SET-A26] is worth nothing from the transaction that revokes it on', async () => {
    const { on } = fixture;
    const { provider } = on.chain;
    const { settlement, registry, hands } = on;
    const { by, call } = await wayOf('payToken').pay(on, on.quote());
    await provider.send('evm_setAutomine', [false]);
    const revoking = (registry.connect(hands.providerAdmin) as typeof registry).getFunction('setSigner');
    const first = await revoking.send(providerId, hands.signer.address, 0, { maxPriorityFeePerGas: 10n ** 10n, maxFeePerGas: 10n ** 11n });
    const paying = (settlement.connect(by) as typeof settlement).getFunction(call[0]);
    const second = await paying.send(...call.slice(1), { gasLimit: 300_000 });
    await provider.send('evm_mine', []);
    await provider.send('evm_setAutomine', [true]);
    const receipts = await Promise.all([first, second].map(({ hash }) => provider.getTransactionReceipt(hash)));
    expect(new Set(receipts.map((receipt) => receipt?.blockNumber)).size).toBe(1);
    expect(receipts.map((receipt) => receipt?.status)).toEqual([1, 0]);
    expect(await refusal(settlement, by, ...call)).toBe(`ProviderRegistrySignerNotAuthorised(${hands.signer.address})`);
    expect(await refusal(settlement, hands.signer, 'cancelSeq', providerId, 5n)).toContain('SignerNotAuthorised');
  });
});

describe('an owner whose key is lost or stolen', () => {
  it('[SET-A28] keeps payments, refunds, claims and revocations working', async () => {
    const { on } = fixture;
    const { settlement, registry, hands, dollar } = on;
    const receiver = await deployed(on, ['Receivers', 'LateReceiver']);
    await send(registry, hands.feeAdmin, 'setFeeReceiver', await receiver.getAddress());
    await send(registry, hands.feeAdmin, 'setFee', providerId, 100);
    await travelBy(on, 7 * day);
    await send(registry, hands.admin, 'proposeRecovery', providerId, hands.other.address);
    const tokens = [hands.refunder.address, 1_000n] as const;
    await send(dollar, hands.refunder, 'mint', ...tokens);
    await send(dollar, hands.refunder, 'approve', await settlement.getAddress(), 1_000n);
    const { by, call } = await wayOf('payToken').pay(on, on.quote());
    await send(settlement, by, ...call);
    await send(settlement, hands.refunder, 'refund', providerId, 1n, 1n, await dollar.getAddress(), by.address, 5n, id('reason'));
    await send(settlement, hands.payer, 'revoke', on.mandate());
    const native = await wayOf('payNative').pay(on, quoteFor(on, wayOf('payNative'), { seq: 2n }));
    await send(settlement, native.by, ...native.call);
    await send(receiver, hands.stranger, 'claim', await settlement.getAddress(), ZeroAddress, true);
    expect(await balanceOf(on, await receiver.getAddress())).toBe(10n ** 13n);
    expect(await balanceOf(on, hands.treasury.address, dollar)).toBe((on.quote().amount * 99n) / 100n);
  });

  it('[SET-A28] of the platform moves no money, and takes no fee above the cap', async () => {
    const { on } = fixture;
    const { settlement, registry, hands } = on;
    for (const thief of [hands.admin, hands.feeAdmin, hands.guardian]) {
      expect(await refusal(registry, thief, 'setFee', providerId, 501)).not.toBe('accepted');
      expect(await refusal(registry, thief, 'proposeTreasury', providerId, thief.address)).toContain('NotProviderAdmin');
      expect(await refusal(registry, thief, 'applyTreasury', providerId)).toContain('NotProviderAdmin');
      expect(await refusal(registry, thief, 'setSigner', providerId, thief.address, 1)).toContain('NotProviderAdmin');
      expect(await refusal(settlement, thief, 'cancelSeq', providerId, 1n)).toContain('SignerNotAuthorised');
      const refund = ['refund', providerId, 1n, 1n, ZeroAddress, thief.address, 1n, id('reason'), { value: 1n }] as const;
      expect(await refusal(settlement, thief, ...refund)).toContain('SignerNotAuthorised');
    }
  });
});

describe('the pause of the platform', () => {
  it('[SET-A30] is a guardian’s to begin and the admin’s to end', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    for (const by of [hands.admin, hands.feeAdmin, hands.providerAdmin, hands.stranger])
      expect(await refusal(settlement, by, 'pause')).toContain('AccessControlUnauthorizedAccount');
    const receipt = await send(settlement, hands.guardian, 'pause');
    expect(eventsIn(receipt, settlement)).toEqual([`Paused(${hands.guardian.address})`]);
    expect(await settlement.getFunction('paused')()).toBe(true);
    expect(await refusal(settlement, hands.guardian, 'pause')).toBe(paused);
    expect(await refusal(settlement, hands.guardian, 'unpause')).toContain('AccessControlUnauthorizedAccount');
    await send(settlement, hands.admin, 'unpause');
    expect(await settlement.getFunction('paused')()).toBe(false);
    expect(await settlement.getFunction('pausedUntil')()).toBe(0n);
    expect(await refusal(settlement, hands.admin, 'unpause')).toBe('ExpectedPause()');
  });

  it('[SET-A30] ends by itself after 7 days', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    await send(settlement, hands.guardian, 'pause');
    const end = (await now(on)) + 7 * day;
    expect(await settlement.getFunction('pausedUntil')()).toBe(BigInt(end));
    const { by, call } = await wayOf('payToken').pay(on, on.quote());
    await travelTo(on, end - 1);
    expect(await refusal(settlement, by, ...call)).toBe(paused);
    await travelTo(on, end);
    expect(await refusal(settlement, by, ...call)).toBe('accepted');
    expect(await refusal(settlement, hands.admin, 'unpause')).toBe('ExpectedPause()');
    await send(settlement, hands.guardian, 'pause');
    expect(await settlement.getFunction('paused')()).toBe(true);
  });

  it('[SET-A30] stops every new payment', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    await send(settlement, hands.guardian, 'pause');
    for (const way of ways) {
      const { by, call } = await way.pay(on, quoteFor(on, way));
      expect([way.method, await refusal(settlement, by, ...call)]).toEqual([way.method, paused]);
    }
    const quote = on.quote();
    const batch = ['payBatch', [quote], hands.signer.address, [await on.sign(quote)]] as const;
    expect(await refusal(settlement, hands.payer, ...batch)).toBe(paused);
    const terms = on.mandate();
    expect(await refusal(settlement, hands.payer, 'approveMandate', terms)).toBe(paused);
    expect(await refusal(settlement, hands.collector, 'collect', terms, await on.signMandate(terms), 1n, 1n, id('ref'))).toBe(paused);
  });

  it('[SET-A30] stops nothing that leads out', async () => {
    const { on } = fixture;
    const { settlement, registry, hands, dollar, domain } = on;
    const receiver = await deployed(on, ['Receivers', 'LateReceiver']);
    await send(registry, hands.feeAdmin, 'setFeeReceiver', await receiver.getAddress());
    await send(registry, hands.feeAdmin, 'setFee', providerId, 100);
    await travelBy(on, 7 * day);
    const { by, call } = await wayOf('payNative').pay(on, quoteFor(on, wayOf('payNative')));
    await send(settlement, by, ...call);
    await send(dollar, hands.refunder, 'mint', hands.refunder.address, 1_000n);
    await send(dollar, hands.refunder, 'approve', await settlement.getAddress(), 1_000n);
    await send(settlement, hands.guardian, 'pause');
    await send(registry, hands.guardian, 'setProviderPaused', providerId, true);
    const before = await balanceOf(on, hands.treasury.address);
    const [first, second] = [on.mandate(), on.mandate({ salt: 2n })];
    const sig = await hands.payer.signTypedData(domain, revokeTypes, { mandate: mandateId(domain, second) });
    await send(settlement, hands.refunder, 'refund', providerId, 1n, 1n, await dollar.getAddress(), by.address, 5n, id('reason'));
    await send(settlement, hands.refunder, 'refund', providerId, 1n, 2n, ZeroAddress, by.address, 5n, id('reason'), { value: 5n });
    await send(settlement, hands.signer, 'cancelSeq', providerId, 7n);
    await send(receiver, hands.stranger, 'claim', await settlement.getAddress(), ZeroAddress, true);
    await send(settlement, hands.payer, 'revoke', first);
    await send(settlement, hands.stranger, 'revokeBySig', second, sig);
    expect(await balanceOf(on, hands.treasury.address)).toBe(before);
    expect(await balanceOf(on, await settlement.getAddress())).toBe(0n);
  });
});

describe('two tenants', () => {
  beforeEach(async () => {
    const { registry, hands, dollar } = fixture.on;
    await send(registry, hands.admin, 'createProvider', 2n, hands.other.address, hands.feeReceiver.address);
    await send(registry, hands.other, 'setSigner', 2n, hands.refunder.address, 4_102_444_800);
    await send(registry, hands.other, 'setToken', 2n, await dollar.getAddress(), true, 6);
  });

  it('[SET-A31] have keys, tokens and pauses of their own', async () => {
    const { on } = fixture;
    const { settlement, registry, hands, dollar } = on;
    const foreign = on.quote({ providerId: 2n });
    const bySigner1 = ['payToken', foreign, hands.signer.address, await on.sign(foreign)] as const;
    expect(await refusal(settlement, hands.payer, ...bySigner1)).toBe(`ProviderRegistrySignerNotAuthorised(${hands.signer.address})`);
    expect(await refusal(registry, hands.providerAdmin, 'setSigner', 2n, hands.signer.address, 1)).toContain('NotProviderAdmin');
    expect(await refusal(settlement, hands.signer, 'cancelSeq', 2n, 1n)).toContain('SignerNotAuthorised');
    await send(registry, hands.other, 'setProviderPaused', 2n, true);
    await send(registry, hands.other, 'setToken', 2n, await dollar.getAddress(), false, 6);
    const { by, call } = await wayOf('payToken').pay(on, on.quote());
    expect(await refusal(settlement, by, ...call)).toBe('accepted');
  });

  it('[SET-A31] have slots of their own', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    await send(settlement, hands.signer, 'cancelSeq', 1n, 7n);
    const { by, call } = await wayOf('payToken').pay(on, on.quote({ seq: 8n }));
    await send(settlement, by, ...call);
    expect(await settlement.getFunction('settledWord')(1n, 0)).toBe(0b1_1000_0000n);
    expect(await settlement.getFunction('settledWord')(2n, 0)).toBe(0n);
    expect(await refusal(settlement, hands.refunder, 'cancelSeq', 2n, 7n)).toBe('accepted');
  });

  it('[SET-A31] lose no slot to somebody who is none of their keys', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    for (const by of [hands.stranger, hands.payer, hands.other, hands.feeReceiver, hands.guardian, hands.admin, hands.providerAdmin]) {
      expect(await refusal(settlement, by, 'cancelSeq', 1n, 1n)).toBe(`ProviderSettlementSignerNotAuthorised(${by.address})`);
      const refund = ['refund', 1n, 1n, 1n, ZeroAddress, by.address, 1n, id('reason'), { value: 1n }] as const;
      expect(await refusal(settlement, by, ...refund)).toBe(`ProviderSettlementSignerNotAuthorised(${by.address})`);
    }
  });
});
