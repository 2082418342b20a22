import { describe, expect, it } from '@jest/globals';
import { ContractFactory, ZeroAddress } from 'ethers';
import { providerRegistryAbi, providerRegistryBytecode } from '../../contracts/generated/provider-registry.ts';
import { providerId } from '../../bench/support/settlement-chain.ts';
import { day, eventsIn, now, refusal, send, settlementFixture, travelBy, travelTo } from './settlement.fixture.ts';

const fixture = settlementFixture();
const unknown = 99n;

describe('ProviderRegistry', () => {
  describe('providers', () => {
    it('are created once, by the admin of the platform, active and without a fee', async () => {
      const { registry, hands } = fixture.on;
      const { admin, other, treasury, stranger } = hands;
      const receipt = await send(registry, admin, 'createProvider', 2n, other.address, treasury.address);
      expect(eventsIn(receipt, registry)).toEqual([`ProviderCreated(2,${other.address},${treasury.address})`]);
      const [record, recordAdmin] = await registry.getFunction('providerOf')(2n);
      expect([...record, recordAdmin]).toEqual([treasury.address, 0n, 1n, 0n, 0n, other.address]);
      const again = ['createProvider', 2n, other.address, treasury.address] as const;
      expect(await refusal(registry, admin, ...again)).toBe('ProviderRegistryProviderExists(2)');
      expect(await refusal(registry, stranger, ...again)).toContain('AccessControlUnauthorizedAccount');
    });

    it('have an admin and a treasury', async () => {
      const { registry, hands } = fixture.on;
      const { admin, other } = hands;
      expect(await refusal(registry, admin, 'createProvider', 2n, ZeroAddress, other.address)).toBe('ProviderRegistryZeroAddress()');
      expect(await refusal(registry, admin, 'createProvider', 2n, other.address, ZeroAddress)).toBe('ProviderRegistryZeroAddress()');
    });

    it('that were never created are nobody', async () => {
      const { registry, hands } = fixture.on;
      const { admin, feeAdmin, guardian, stranger } = hands;
      const inactive = `ProviderRegistryProviderInactive(${unknown})`;
      expect(await refusal(registry, feeAdmin, 'setFee', unknown, 1)).toBe(inactive);
      expect(await refusal(registry, guardian, 'setProviderPaused', unknown, true)).toBe(inactive);
      expect(await refusal(registry, admin, 'proposeRecovery', unknown, stranger.address)).toBe(inactive);
      expect([...(await registry.getFunction('operable')(unknown, stranger.address))]).toEqual([ZeroAddress, ZeroAddress, 0n]);
    });
  });

  describe('keys', () => {
    const uses = [
      ['setSigner', 'SignerSet', 'signerUntil'],
      ['setCollector', 'CollectorSet', 'collectorUntil'],
      ['setRefunder', 'RefunderSet', 'refunderUntil'],
    ] as const;
    it.each(uses)('by %s are the admin’s to give, end by themselves, and are revoked at once', async (set, event, until) => {
      const { registry, hands } = fixture.on;
      const { providerAdmin, stranger, other } = hands;
      const end = (await now(fixture.on)) + day;
      const receipt = await send(registry, providerAdmin, set, providerId, other.address, end);
      expect(eventsIn(receipt, registry)).toEqual([`${event}(1,${other.address},${end})`]);
      expect(await registry.getFunction(until)(providerId, other.address)).toBe(BigInt(end));
      await send(registry, providerAdmin, set, providerId, other.address, 0);
      expect(await registry.getFunction(until)(providerId, other.address)).toBe(0n);
      const foreign = `ProviderRegistryNotProviderAdmin(1,${stranger.address})`;
      expect(await refusal(registry, stranger, set, providerId, other.address, end)).toBe(foreign);
      expect(await refusal(registry, providerAdmin, set, providerId, ZeroAddress, end)).toBe('ProviderRegistryZeroAddress()');
    });

    it('sign, collect and refund before their end and not in its second', async () => {
      const { registry, dollar, hands } = fixture.on;
      const { providerAdmin, other, treasury } = hands;
      const end = (await now(fixture.on)) + day;
      for (const [set] of uses) await send(registry, providerAdmin, set, providerId, other.address, end);
      const token = await dollar.getAddress();
      await travelTo(fixture.on, end - 1);
      expect(await registry.getFunction('quotable')(providerId, token, other.address)).toEqual([treasury.address, 0n, ZeroAddress]);
      expect(await registry.getFunction('collectable')(providerId, token, other.address)).toEqual([treasury.address, 0n, ZeroAddress]);
      expect((await registry.getFunction('operable')(providerId, other.address))[2]).toBe(6n);
      await travelTo(fixture.on, end);
      const [noSigner, noCollector] = ['SignerNotAuthorised', 'NotCollector'].map((name) => `ProviderRegistry${name}(${other.address})`);
      expect(await refusal(registry, other, 'quotable', providerId, token, other.address)).toBe(noSigner);
      expect(await refusal(registry, other, 'collectable', providerId, token, other.address)).toBe(noCollector);
      expect((await registry.getFunction('operable')(providerId, other.address))[2]).toBe(0n);
    });

    it('of the admin, the signer and the refunder are told apart, paused or not', async () => {
      const { registry, hands } = fixture.on;
      await send(registry, hands.guardian, 'setProviderPaused', providerId, true);
      const roles = await Promise.all(
        [hands.providerAdmin, hands.signer, hands.refunder, hands.collector, hands.treasury].map(
          async ({ address }) => (await registry.getFunction('operable')(providerId, address))[2] as bigint,
        ),
      );
      expect(roles).toEqual([1n, 2n, 4n, 0n, 0n]);
    });
  });

  describe('tokens', () => {
    it('are taken with the decimals that prices are computed with, and dropped without asking the token', async () => {
      const { registry, dollar, hands } = fixture.on;
      const { providerAdmin, stranger, signer } = hands;
      const token = await dollar.getAddress();
      const drop = await send(registry, providerAdmin, 'setToken', providerId, token, false, 99);
      expect(eventsIn(drop, registry)).toEqual([`TokenSet(1,${token},false,99)`]);
      expect(await registry.getFunction('isTokenAllowed')(providerId, token)).toBe(false);
      const quotable = ['quotable', providerId, token, signer.address] as const;
      expect(await refusal(registry, stranger, ...quotable)).toBe(`ProviderRegistryTokenNotAllowed(${token})`);
      const wrong = ['setToken', providerId, token, true, 18] as const;
      expect(await refusal(registry, providerAdmin, ...wrong)).toBe('ProviderRegistryDecimalsMismatch(6,18)');
      const foreign = await refusal(registry, stranger, 'setToken', providerId, token, true, 6);
      expect(foreign).toBe(`ProviderRegistryNotProviderAdmin(1,${stranger.address})`);
      await send(registry, providerAdmin, 'setToken', providerId, token, true, 6);
      expect(await refusal(registry, stranger, ...quotable)).toBe('accepted');
    });

    it('are contracts, and the native coin needs no permission', async () => {
      const { registry, hands } = fixture.on;
      const { providerAdmin, stranger, signer } = hands;
      const empty = await refusal(registry, providerAdmin, 'setToken', providerId, stranger.address, true, 6);
      expect(empty).toBe(`ProviderRegistryTokenWithoutCode(${stranger.address})`);
      expect(await refusal(registry, providerAdmin, 'setToken', providerId, ZeroAddress, true, 18)).toBe('ProviderRegistryZeroAddress()');
      expect(await registry.getFunction('isTokenAllowed')(providerId, ZeroAddress)).toBe(true);
      expect(await refusal(registry, stranger, 'quotable', providerId, ZeroAddress, signer.address)).toBe('accepted');
    });
  });

  describe('fees', () => {
    const feeNow = async () =>
      (await fixture.on.registry.getFunction('quotable')(providerId, ZeroAddress, fixture.on.hands.signer.address))[1] as bigint;

    it('rise after 7 days', async () => {
      const { registry, hands } = fixture.on;
      const receipt = await send(registry, hands.feeAdmin, 'setFee', providerId, 100);
      const from = (await now(fixture.on)) + 7 * day;
      expect(eventsIn(receipt, registry)).toEqual([`FeeSet(1,100,${from})`]);
      await travelTo(fixture.on, from - 1);
      expect(await feeNow()).toBe(0n);
      await travelTo(fixture.on, from);
      expect(await feeNow()).toBe(100n);
      const { address: receiver } = hands.feeReceiver;
      const quotable = await registry.getFunction('quotable')(providerId, ZeroAddress, hands.signer.address);
      expect(quotable).toEqual([hands.treasury.address, 100n, receiver]);
    });

    it('fall at once, which takes a waiting rise back', async () => {
      const { registry, hands } = fixture.on;
      await send(registry, hands.feeAdmin, 'setFee', providerId, 100);
      await travelBy(fixture.on, 7 * day);
      await send(registry, hands.feeAdmin, 'setFee', providerId, 500);
      expect(await feeNow()).toBe(100n);
      const fall = await send(registry, hands.feeAdmin, 'setFee', providerId, 50);
      expect(eventsIn(fall, registry)).toEqual([`FeeSet(1,50,${await now(fixture.on)})`]);
      expect(await feeNow()).toBe(50n);
      await travelBy(fixture.on, 8 * day);
      expect(await feeNow()).toBe(50n);
    });

    it('stay below the cap, for ever, and are the fee admin’s to set', async () => {
      const { registry, hands } = fixture.on;
      expect(await refusal(registry, hands.feeAdmin, 'setFee', providerId, 501)).toBe('ProviderRegistryFeeAboveCap(501,500)');
      expect(await refusal(registry, hands.feeAdmin, 'setFee', providerId, 500)).toBe('accepted');
      expect(await refusal(registry, hands.admin, 'setFee', providerId, 1)).toContain('AccessControlUnauthorizedAccount');
      expect(await registry.getFunction('feeCap')()).toBe(500n);
    });

    it('go where the fee admin says', async () => {
      const { registry, hands } = fixture.on;
      const receipt = await send(registry, hands.feeAdmin, 'setFeeReceiver', hands.other.address);
      expect(eventsIn(receipt, registry)).toEqual([`FeeReceiverSet(${hands.other.address})`]);
      expect(await registry.getFunction('feeReceiver')()).toBe(hands.other.address);
      expect(await refusal(registry, hands.feeAdmin, 'setFeeReceiver', ZeroAddress)).toBe('ProviderRegistryZeroAddress()');
      expect(await refusal(registry, hands.admin, 'setFeeReceiver', hands.other.address)).toContain('AccessControlUnauthorizedAccount');
    });
  });

  describe('the treasury', () => {
    it('changes after 2 days, by the admin', async () => {
      const { registry, hands } = fixture.on;
      const { providerAdmin, other, stranger } = hands;
      const refused = await refusal(registry, providerAdmin, 'applyTreasury', providerId);
      expect(refused).toBe('ProviderRegistryNothingPending(1)');
      const proposal = await send(registry, providerAdmin, 'proposeTreasury', providerId, other.address);
      const readyAt = (await now(fixture.on)) + 2 * day;
      expect(eventsIn(proposal, registry)).toEqual([`TreasuryProposed(1,${other.address},${readyAt})`]);
      expect([...(await registry.getFunction('pendingTreasury')(providerId))]).toEqual([other.address, BigInt(readyAt)]);
      await travelTo(fixture.on, readyAt - 2);
      expect(await refusal(registry, providerAdmin, 'applyTreasury', providerId)).toBe(`ProviderRegistryDelayNotOver(${readyAt})`);
      await travelTo(fixture.on, readyAt);
      const foreign = await refusal(registry, stranger, 'applyTreasury', providerId);
      expect(foreign).toBe(`ProviderRegistryNotProviderAdmin(1,${stranger.address})`);
      const receipt = await send(registry, providerAdmin, 'applyTreasury', providerId);
      expect(eventsIn(receipt, registry)).toEqual([`TreasuryApplied(1,${other.address})`]);
      expect((await registry.getFunction('providerOf')(providerId))[0].treasury).toBe(other.address);
      expect((await registry.getFunction('pendingTreasury')(providerId)).next).toBe(ZeroAddress);
    });

    it.each(['providerAdmin', 'treasury'] as const)('stays when the %s objects', async (objector) => {
      const { registry, hands } = fixture.on;
      await send(registry, hands.providerAdmin, 'proposeTreasury', providerId, hands.other.address);
      const foreign = await refusal(registry, hands.other, 'cancelTreasury', providerId);
      expect(foreign).toBe(`ProviderRegistryNotAdminOrTreasury(1,${hands.other.address})`);
      const receipt = await send(registry, hands[objector], 'cancelTreasury', providerId);
      expect(eventsIn(receipt, registry)).toEqual([`TreasuryCancelled(1,${hands[objector].address})`]);
      await travelBy(fixture.on, 3 * day);
      expect(await refusal(registry, hands.providerAdmin, 'applyTreasury', providerId)).toBe('ProviderRegistryNothingPending(1)');
      expect(await refusal(registry, hands.providerAdmin, 'cancelTreasury', providerId)).toBe('ProviderRegistryNothingPending(1)');
    });
  });

  describe('the pause of one provider', () => {
    it('is the admin’s to begin and end, and stops what pays in', async () => {
      const { registry, hands } = fixture.on;
      const receipt = await send(registry, hands.providerAdmin, 'setProviderPaused', providerId, true);
      expect(eventsIn(receipt, registry)).toEqual(['ProviderPausedSet(1,true)']);
      const inactive = 'ProviderRegistryProviderInactive(1)';
      expect(await refusal(registry, hands.other, 'quotable', providerId, ZeroAddress, hands.signer.address)).toBe(inactive);
      expect(await refusal(registry, hands.other, 'collectable', providerId, ZeroAddress, hands.collector.address)).toBe(inactive);
      await send(registry, hands.providerAdmin, 'setProviderPaused', providerId, false);
      expect(await refusal(registry, hands.other, 'quotable', providerId, ZeroAddress, hands.signer.address)).toBe('accepted');
    });

    it('is a guardian’s to begin and not to end', async () => {
      const { registry, hands } = fixture.on;
      const { guardian, stranger, providerAdmin } = hands;
      const foreign = (address: string) => `ProviderRegistryNotProviderAdmin(1,${address})`;
      await send(registry, guardian, 'setProviderPaused', providerId, true);
      expect(await refusal(registry, guardian, 'setProviderPaused', providerId, false)).toBe(foreign(guardian.address));
      expect(await refusal(registry, stranger, 'setProviderPaused', providerId, true)).toBe(foreign(stranger.address));
      expect(await refusal(registry, providerAdmin, 'setProviderPaused', providerId, false)).toBe('accepted');
    });
  });

  describe('the constructor', () => {
    it('refuses a cap above everything, and nobody as guardian, fee admin or receiver', async () => {
      const { registry, hands, chain } = fixture.on;
      const { address } = hands.other;
      const attempt = async (...args: unknown[]) => {
        const { data } = await new ContractFactory(providerRegistryAbi, providerRegistryBytecode).getDeployTransaction(...args);
        const error = await chain.provider.call({ data }).catch((failure: unknown) => failure as { data: string });
        return typeof error === 'string' ? 'accepted' : registry.interface.parseError(error.data)?.name;
      };
      expect(await attempt(0, address, address, address, 10_000, address)).toBe('accepted');
      expect(await attempt(0, address, address, address, 10_001, address)).toBe('ProviderRegistryFeeAboveCap');
      for (const missing of [2, 3, 5]) {
        const args = [0, address, address, address, 500, address].map((value, place) => (place === missing ? ZeroAddress : value));
        expect(await attempt(...args)).toBe('ProviderRegistryZeroAddress');
      }
    });
  });
});
