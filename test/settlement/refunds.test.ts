import { describe, expect, it } from '@jest/globals';
import { id, MaxUint256, ZeroAddress } from 'ethers';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { balanceOf, deployed, eventsIn, refusal, send, settlementFixture } from './settlement.fixture.ts';

const fixture = settlementFixture({ compiles: true });
const reason = id('reason');

describe('refund', () => {
  it.each(['signer', 'refunder'] as const)('pays a token back from the %s, once for each refund', async (who) => {
    const { on } = fixture;
    const { settlement, dollar, hands } = on;
    const by = hands[who];
    const token = await dollar.getAddress();
    await send(dollar, by, 'mint', by.address, 100n);
    await send(dollar, by, 'approve', await settlement.getAddress(), MaxUint256);
    const call = ['refund', providerId, 5n, 1n, token, hands.other.address, 60n, reason] as const;
    const receipt = await send(settlement, by, ...call);
    expect(eventsIn(receipt, settlement)).toEqual([`Refunded(1,5,${hands.other.address},1,${token},60,${reason})`]);
    expect(await balanceOf(on, hands.other.address, dollar)).toBe(60n);
    expect(await balanceOf(on, by.address, dollar)).toBe(40n);
    expect(await refusal(settlement, by, ...call)).toBe('ProviderSettlementAlreadyRefunded(1,1)');
    expect(await settlement.getFunction('refundedWord')(providerId, 0)).toBe(2n);
    expect(await settlement.getFunction('settledWord')(providerId, 0)).toBe(0n);
    expect(await refusal(settlement, by, 'refund', providerId, 5n, 2n, token, hands.other.address, 40n, reason)).toBe('accepted');
  });

  it('pays the native coin back', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    const before = await balanceOf(on, hands.other.address);
    const call = ['refund', providerId, 5n, 1n, ZeroAddress, hands.other.address, 60n, reason] as const;
    for (const value of [0n, 59n, 61n])
      expect(await refusal(settlement, hands.refunder, ...call, { value })).toBe(`ProviderSettlementWrongValue(${value},60)`);
    await send(settlement, hands.refunder, ...call, { value: 60n });
    expect(await balanceOf(on, hands.other.address)).toBe(before + 60n);
  });

  it('is for signers and refunders of that provider alone', async () => {
    const { on } = fixture;
    const { settlement, registry, hands } = on;
    await send(registry, hands.admin, 'createProvider', 2n, hands.other.address, hands.treasury.address);
    const call = (id_: bigint) => ['refund', id_, 5n, 1n, ZeroAddress, hands.other.address, 60n, reason, { value: 60n }] as const;
    const no = (address: string) => `ProviderSettlementSignerNotAuthorised(${address})`;
    for (const by of [hands.providerAdmin, hands.collector, hands.treasury, hands.admin, hands.stranger])
      expect(await refusal(settlement, by, ...call(1n))).toBe(no(by.address));
    expect(await refusal(settlement, hands.refunder, ...call(2n))).toBe(no(hands.refunder.address));
  });

  it('has a receiver, an amount, and coins only when it pays coins', async () => {
    const { on } = fixture;
    const { settlement, dollar, hands } = on;
    const token = await dollar.getAddress();
    const tried = (to: string, amount: bigint, value = 0n) =>
      refusal(settlement, hands.refunder, 'refund', providerId, 5n, 1n, token, to, amount, reason, { value });
    expect(await tried(ZeroAddress, 1n)).toBe('ProviderSettlementZeroAddress()');
    expect(await tried(hands.other.address, 0n)).toBe('ProviderSettlementAmountOutOfRange(0)');
    expect(await tried(hands.other.address, 1n << 128n)).toBe(`ProviderSettlementAmountOutOfRange(${1n << 128n})`);
    expect(await tried(hands.other.address, 1n, 1n)).toBe('ProviderSettlementWrongValue(1,0)');
  });

  it('reverts whole when the receiver takes nothing, or not all', async () => {
    const { on } = fixture;
    const { settlement, hands } = on;
    for (const name of ['Refusing', 'Burning', 'Bombing']) {
      const to = await (await deployed(on, ['Receivers', name])).getAddress();
      const call = ['refund', providerId, 5n, 1n, ZeroAddress, to, 60n, reason, { value: 60n }] as const;
      expect(await refusal(settlement, hands.refunder, ...call)).toBe('ProviderSettlementNativeTransferFailed()');
    }
    const token = await deployed(on, ['OddTokens', 'FeeToken']);
    await send(token, hands.refunder, 'mint', hands.refunder.address, 1_000n);
    await send(token, hands.refunder, 'approve', await settlement.getAddress(), MaxUint256);
    const call = ['refund', providerId, 5n, 1n, await token.getAddress(), hands.other.address, 100n, reason] as const;
    expect(await refusal(settlement, hands.refunder, ...call)).toBe('ProviderSettlementInexactTransfer(99,100)');
  });
});
