import { describe, expect, it } from '@jest/globals';
import { ZeroAddress } from 'ethers';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { day, eventsIn, now, refusal, send, settlementFixture, travelBy, travelTo } from './settlement.fixture.ts';

const fixture = settlementFixture();
const adminOf = async (id = providerId) => (await fixture.on.registry.getFunction('providerOf')(id))[1] as string;
const rolesOf = async ({ address }: { address: string }) =>
  (await fixture.on.registry.getFunction('operable')(providerId, address))[2] as bigint;
const notAdmin = (address: string) => `ProviderRegistryNotProviderAdmin(1,${address})`;
const frozen = async () => {
  const { readyAt } = await fixture.on.registry.getFunction('pendingRecovery')(providerId);
  return `ProviderRegistryRecoveryPending(1,${readyAt})`;
};

describe('an admin that hands over', () => {
  it('[SET-A29] leaves the next one powerless until 2 days are over and it accepts', async () => {
    const { registry, hands } = fixture.on;
    const { providerAdmin, other, stranger } = hands;
    const proposal = await send(registry, providerAdmin, 'proposeAdmin', providerId, other.address);
    const readyAt = (await now(fixture.on)) + 2 * day;
    expect(eventsIn(proposal, registry)).toEqual([`AdminProposed(1,${other.address},${readyAt})`]);
    expect([...(await registry.getFunction('pendingAdmin')(providerId))]).toEqual([other.address, BigInt(readyAt)]);
    expect(await refusal(registry, other, 'setSigner', providerId, other.address, readyAt)).toBe(notAdmin(other.address));
    expect(await refusal(registry, other, 'proposeTreasury', providerId, other.address)).toBe(notAdmin(other.address));
    await travelTo(fixture.on, readyAt - 2);
    expect(await refusal(registry, other, 'acceptAdmin', providerId)).toBe(`ProviderRegistryDelayNotOver(${readyAt})`);
    await travelTo(fixture.on, readyAt);
    const foreign = `ProviderRegistryNotProposed(1,${stranger.address})`;
    expect(await refusal(registry, stranger, 'acceptAdmin', providerId)).toBe(foreign);
    const receipt = await send(registry, other, 'acceptAdmin', providerId);
    expect(eventsIn(receipt, registry)).toEqual([`AdminAccepted(1,${other.address})`]);
    expect(await adminOf()).toBe(other.address);
    expect([await rolesOf(providerAdmin), await rolesOf(other)]).toEqual([0n, 1n]);
    expect(await refusal(registry, providerAdmin, 'proposeAdmin', providerId, stranger.address)).toBe(notAdmin(providerAdmin.address));
  });

  it.each(['providerAdmin', 'treasury'] as const)('[SET-A29] stays the admin when the %s cancels', async (objector) => {
    const { registry, hands } = fixture.on;
    await send(registry, hands.providerAdmin, 'proposeAdmin', providerId, hands.other.address);
    const foreign = `ProviderRegistryNotAdminOrTreasury(1,${hands.other.address})`;
    expect(await refusal(registry, hands.other, 'cancelAdmin', providerId)).toBe(foreign);
    const receipt = await send(registry, hands[objector], 'cancelAdmin', providerId);
    expect(eventsIn(receipt, registry)).toEqual([`AdminCancelled(1,${hands[objector].address})`]);
    await travelBy(fixture.on, 3 * day);
    expect(await refusal(registry, hands.other, 'acceptAdmin', providerId)).toBe(`ProviderRegistryNotProposed(1,${hands.other.address})`);
    expect(await refusal(registry, hands.providerAdmin, 'cancelAdmin', providerId)).toBe('ProviderRegistryNothingPending(1)');
    expect(await adminOf()).toBe(hands.providerAdmin.address);
  });

  it('[SET-A29] hands over to nobody else than an address, and nobody else begins it', async () => {
    const { registry, hands } = fixture.on;
    const { providerAdmin, treasury, admin } = hands;
    for (const propose of ['proposeAdmin', 'proposeTreasury'])
      expect(await refusal(registry, providerAdmin, propose, providerId, ZeroAddress)).toBe('ProviderRegistryZeroAddress()');
    expect(await refusal(registry, admin, 'proposeRecovery', providerId, ZeroAddress)).toBe('ProviderRegistryZeroAddress()');
    expect(await refusal(registry, treasury, 'proposeAdmin', providerId, treasury.address)).toBe(notAdmin(treasury.address));
    expect(await refusal(registry, treasury, 'proposeTreasury', providerId, treasury.address)).toBe(notAdmin(treasury.address));
  });
});

describe('a recovery', () => {
  it('[SET-A28] replaces a lost admin after 14 days, by the platform alone', async () => {
    const { registry, hands } = fixture.on;
    const { admin, other, stranger, guardian } = hands;
    expect(await refusal(registry, guardian, 'proposeRecovery', providerId, other.address)).toContain('AccessControlUnauthorizedAccount');
    expect(await refusal(registry, admin, 'applyRecovery', providerId)).toBe('ProviderRegistryNothingPending(1)');
    const proposal = await send(registry, admin, 'proposeRecovery', providerId, other.address);
    const readyAt = (await now(fixture.on)) + 14 * day;
    expect(eventsIn(proposal, registry)).toEqual([`RecoveryProposed(1,${other.address},${readyAt})`]);
    await travelTo(fixture.on, readyAt - 2);
    expect(await refusal(registry, admin, 'applyRecovery', providerId)).toBe(`ProviderRegistryDelayNotOver(${readyAt})`);
    await travelTo(fixture.on, readyAt);
    expect(await refusal(registry, stranger, 'applyRecovery', providerId)).toContain('AccessControlUnauthorizedAccount');
    const receipt = await send(registry, admin, 'applyRecovery', providerId);
    expect(eventsIn(receipt, registry)).toEqual([`RecoveryApplied(1,${other.address})`]);
    expect(await adminOf()).toBe(other.address);
    expect([await rolesOf(hands.providerAdmin), await rolesOf(other)]).toEqual([0n, 1n]);
    expect((await registry.getFunction('pendingRecovery')(providerId)).next).toBe(ZeroAddress);
  });

  it.each(['providerAdmin', 'treasury'] as const)('[SET-A28] ends when the %s objects', async (objector) => {
    const { registry, hands } = fixture.on;
    const { admin, other, stranger } = hands;
    await send(registry, admin, 'proposeRecovery', providerId, other.address);
    const foreign = `ProviderRegistryNotAdminOrTreasury(1,${stranger.address})`;
    expect(await refusal(registry, stranger, 'vetoRecovery', providerId)).toBe(foreign);
    const receipt = await send(registry, hands[objector], 'vetoRecovery', providerId);
    expect(eventsIn(receipt, registry)).toEqual(['RecoveryVetoed(1)']);
    await travelBy(fixture.on, 15 * day);
    expect(await refusal(registry, admin, 'applyRecovery', providerId)).toBe('ProviderRegistryNothingPending(1)');
    expect(await refusal(registry, hands[objector], 'vetoRecovery', providerId)).toBe('ProviderRegistryNothingPending(1)');
  });

  it('[SET-A28] freezes every other change of an admin whose key was stolen', async () => {
    const { registry, dollar, hands } = fixture.on;
    const { admin, providerAdmin: thief, other, guardian } = hands;
    const token = await dollar.getAddress();
    await send(registry, thief, 'proposeTreasury', providerId, thief.address);
    await send(registry, thief, 'proposeAdmin', providerId, other.address);
    await send(registry, guardian, 'setProviderPaused', providerId, true);
    await send(registry, admin, 'proposeRecovery', providerId, other.address);
    await travelBy(fixture.on, 3 * day);
    const changes = [
      ...['setSigner', 'setCollector', 'setRefunder'].map((set) => [set, providerId, thief.address, 2_000_000_000] as const),
      ['setToken', providerId, token, true, 6] as const,
      ['proposeTreasury', providerId, thief.address] as const,
      ['applyTreasury', providerId] as const,
      ['proposeAdmin', providerId, thief.address] as const,
      ['setProviderPaused', providerId, false] as const,
    ];
    for (const [method, ...args] of changes)
      expect([method, await refusal(registry, thief, method, ...args)]).toEqual([method, await frozen()]);
    expect(await refusal(registry, other, 'acceptAdmin', providerId)).toBe(await frozen());
    for (const cancel of ['cancelTreasury', 'cancelAdmin'])
      expect(await refusal(registry, hands.treasury, cancel, providerId)).toBe('accepted');
  });

  it('[SET-A28] drops what a thief left waiting, and moves no money', async () => {
    const { registry, hands } = fixture.on;
    const { admin, providerAdmin: thief, other, treasury } = hands;
    await send(registry, thief, 'proposeTreasury', providerId, thief.address);
    await send(registry, thief, 'proposeAdmin', providerId, thief.address);
    await send(registry, admin, 'proposeRecovery', providerId, other.address);
    await travelBy(fixture.on, 14 * day);
    const receipt = await send(registry, admin, 'applyRecovery', providerId);
    const cancelled = ['AdminCancelled', 'TreasuryCancelled'].map((event) => `${event}(1,${admin.address})`);
    expect(eventsIn(receipt, registry)).toEqual([...cancelled, `RecoveryApplied(1,${other.address})`]);
    expect(await refusal(registry, thief, 'acceptAdmin', providerId)).toBe(`ProviderRegistryNotProposed(1,${thief.address})`);
    expect(await refusal(registry, other, 'applyTreasury', providerId)).toBe('ProviderRegistryNothingPending(1)');
    expect((await registry.getFunction('providerOf')(providerId))[0].treasury).toBe(treasury.address);
  });
});
