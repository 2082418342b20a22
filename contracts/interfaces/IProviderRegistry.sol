// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProviderId} from "../types/ProviderId.sol";
import {Roles} from "../types/Roles.sol";

/// @title Who a provider is: its treasury, its keys, its tokens, its fee
/// @notice One deployment for all contracts that settle. Money goes to the treasury that stands here and never to an address of a quote,
/// because hot keys sign quotes: whoever steals one can set a wrong price, and redirect nothing. The platform cannot move provider
/// money at once; it can replace an admin that does not object for 14 days, and a recovery freezes that admin's other changes.
/// @dev The native coin is `address(0)` and always allowed. Roles of the platform: the default admin creates providers and recovers
/// them, `FEE_ADMIN_ROLE` sets fees up to the cap, `GUARDIAN_ROLE` pauses.
interface IProviderRegistry {
    /// @param treasury Where the provider's money goes.
    /// @param feeBps The platform's share before `feeFrom`, in hundredths of a percent.
    /// @param flags Bit 0: the provider was created. Bit 1: it takes no new payments.
    /// @param nextFeeBps The share from `feeFrom` on.
    /// @param feeFrom Unix seconds.
    struct Provider {
        address treasury;
        uint16 feeBps;
        uint8 flags;
        uint16 nextFeeBps;
        uint48 feeFrom;
    }

    /// @param next Who or what follows; zero if no change waits.
    /// @param readyAt From then on the change can be made, in Unix seconds.
    struct Pending {
        address next;
        uint48 readyAt;
    }

    /// @notice Only the provider's admin may do this.
    error ProviderRegistryNotProviderAdmin(ProviderId id, address caller);
    /// @notice Only the provider's admin or its treasury may do this.
    error ProviderRegistryNotAdminOrTreasury(ProviderId id, address caller);
    /// @notice Nobody proposed this caller as the next admin.
    error ProviderRegistryNotProposed(ProviderId id, address caller);
    /// @notice No change of this kind waits.
    error ProviderRegistryNothingPending(ProviderId id);
    /// @notice The change can be made from `readyAt` on.
    error ProviderRegistryDelayNotOver(uint48 readyAt);
    /// @notice While a recovery waits, the admin changes nothing: veto it first.
    error ProviderRegistryRecoveryPending(ProviderId id, uint48 readyAt);
    /// @notice An id is given once.
    error ProviderRegistryProviderExists(ProviderId id);
    /// @notice The provider was never created, or takes no new payments now.
    error ProviderRegistryProviderInactive(ProviderId id);
    /// @notice The provider does not take this token.
    error ProviderRegistryTokenNotAllowed(address token);
    /// @notice There is no contract at this address.
    error ProviderRegistryTokenWithoutCode(address token);
    /// @notice The token has other decimals than the caller expects.
    error ProviderRegistryDecimalsMismatch(uint8 got, uint8 expected);
    /// @notice Amounts of a token with no decimals, or with more than 18, cannot be told in money without a loss.
    error ProviderRegistryDecimalsOutOfRange(uint8 decimals);
    /// @notice The key is none of the provider's signers, or no longer.
    error ProviderRegistrySignerNotAuthorised(address signer);
    /// @notice The key is none of the provider's collectors, or no longer.
    error ProviderRegistryNotCollector(address caller);
    /// @notice No fee is above the cap.
    error ProviderRegistryFeeAboveCap(uint16 bps, uint16 cap);
    /// @notice An address must not be zero.
    error ProviderRegistryZeroAddress();

    /// @notice A provider exists.
    event ProviderCreated(ProviderId indexed id, address admin, address treasury);
    /// @notice The provider takes no new payments, or takes them again.
    event ProviderPausedSet(ProviderId indexed id, bool paused);
    /// @notice `next` may take over as the admin from `readyAt` on.
    event AdminProposed(ProviderId indexed id, address next, uint48 readyAt);
    /// @notice The proposed admin will not take over.
    event AdminCancelled(ProviderId indexed id, address by);
    /// @notice The proposed admin is the admin now.
    event AdminAccepted(ProviderId indexed id, address admin);
    /// @notice `next` may become the treasury from `readyAt` on.
    event TreasuryProposed(ProviderId indexed id, address next, uint48 readyAt);
    /// @notice The proposed treasury will not become the treasury.
    event TreasuryCancelled(ProviderId indexed id, address by);
    /// @notice Money goes to this treasury from now on.
    event TreasuryApplied(ProviderId indexed id, address treasury);
    /// @notice The platform wants to make `next` the admin, and may from `readyAt` on.
    event RecoveryProposed(ProviderId indexed id, address next, uint48 readyAt);
    /// @notice The admin or the treasury objected.
    event RecoveryVetoed(ProviderId indexed id);
    /// @notice The platform replaced the admin.
    event RecoveryApplied(ProviderId indexed id, address admin);
    /// @notice The key signs quotes and offers before `validUntil`; 0 revokes it.
    event SignerSet(ProviderId indexed id, address indexed key, uint48 validUntil);
    /// @notice The key collects under mandates before `validUntil`; 0 revokes it.
    event CollectorSet(ProviderId indexed id, address indexed key, uint48 validUntil);
    /// @notice The key pays money back before `validUntil`; 0 revokes it.
    event RefunderSet(ProviderId indexed id, address indexed key, uint48 validUntil);
    /// @notice The provider takes the token, or takes it no more.
    event TokenSet(ProviderId indexed id, address indexed token, bool allowed, uint8 decimals);
    /// @notice The platform's share is `bps` from `from` on.
    event FeeSet(ProviderId indexed id, uint16 bps, uint48 from);
    /// @notice Fees go to this address from now on.
    event FeeReceiverSet(address to);

    /// @notice Creates a provider without fee, keys and tokens. Only the default admin of the platform may.
    /// @param id Never used before.
    /// @param admin Changes the provider's record; a multisig.
    /// @param treasury Where the provider's money goes; best a key that is kept apart from the admin's, since it can object.
    function createProvider(ProviderId id, address admin, address treasury) external;

    /// @notice Sets the platform's share. A lower one holds at once and takes a waiting rise back; a higher one holds after 7 days.
    /// Only `FEE_ADMIN_ROLE` may.
    /// @param bps Hundredths of a percent, up to `feeCap`.
    function setFee(ProviderId id, uint16 bps) external;

    /// @notice Sets where all fees go. Only `FEE_ADMIN_ROLE` may.
    function setFeeReceiver(address to) external;

    /// @notice Begins to replace the admin of a provider, for a key that was lost or stolen. Until this is applied or vetoed the
    /// admin changes nothing else. Only the default admin of the platform may.
    function proposeRecovery(ProviderId id, address next) external;

    /// @notice Replaces the admin, 14 days after the proposal, and drops the changes that the old one left waiting.
    /// Only the default admin of the platform may.
    /// @dev WARNING: hot keys that the old admin set are still valid: the new one revokes them.
    function applyRecovery(ProviderId id) external;

    /// @notice Objects to a recovery, which ends it. The admin or the treasury may.
    function vetoRecovery(ProviderId id) external;

    /// @notice Names the next admin, who can take over after 2 days; replaces an earlier proposal. Only the admin may.
    function proposeAdmin(ProviderId id, address next) external;

    /// @notice Takes the proposal back. The admin or the treasury may.
    function cancelAdmin(ProviderId id) external;

    /// @notice The proposed admin takes over.
    function acceptAdmin(ProviderId id) external;

    /// @notice Names the next treasury, which holds after 2 days; replaces an earlier proposal. Only the admin may.
    function proposeTreasury(ProviderId id, address next) external;

    /// @notice Takes the proposal back. The admin or the treasury may.
    function cancelTreasury(ProviderId id) external;

    /// @notice Makes the proposed treasury the treasury. Only the admin may.
    function applyTreasury(ProviderId id) external;

    /// @notice Stops new payments to a provider, or lets them in again; what pays out is never stopped. The admin may do both, a
    /// guardian may only stop.
    function setProviderPaused(ProviderId id, bool paused) external;

    /// @notice Lets a key sign quotes and offers. Only the admin may.
    /// @param validUntil The key is valid before then, in Unix seconds; 0 revokes it at once.
    function setSigner(ProviderId id, address key, uint48 validUntil) external;

    /// @notice Lets a key collect under mandates. Only the admin may.
    /// @param validUntil The key is valid before then, in Unix seconds; 0 revokes it at once.
    function setCollector(ProviderId id, address key, uint48 validUntil) external;

    /// @notice Lets a key pay money back. Only the admin may.
    /// @param validUntil The key is valid before then, in Unix seconds; 0 revokes it at once.
    function setRefunder(ProviderId id, address key, uint48 validUntil) external;

    /// @notice Takes a token in payment, or takes it no more. Only the admin may.
    /// @dev WARNING: the contracts that settle trust `balanceOf` of an allowed token. A token that lies hurts who allows it, nobody else.
    /// @param token An ERC-20 with 1 to 18 decimals; the native coin needs no permission.
    /// @param decimalsExpected What prices are computed with; the token has to say the same. Not looked at when `allowed` is false.
    function setToken(ProviderId id, address token, bool allowed, uint8 decimalsExpected) external;

    /// @notice All that a payment needs to know. Reverts when the provider takes no payments or not in this token, or does not know the
    /// signer.
    /// @return treasury Where the money goes.
    /// @return feeBps The platform's share now.
    /// @return feeReceiver Where the share goes; zero when there is none.
    function quotable(
        ProviderId id,
        address token,
        address signer
    ) external view returns (address treasury, uint16 feeBps, address feeReceiver);

    /// @notice All that a collection under a mandate needs to know. Reverts like `quotable`, for a collector.
    /// @return treasury Where the money goes.
    /// @return feeBps The platform's share now.
    /// @return feeReceiver Where the share goes; zero when there is none.
    function collectable(
        ProviderId id,
        address token,
        address collector
    ) external view returns (address treasury, uint16 feeBps, address feeReceiver);

    /// @notice What a caller is to a provider, whether it is paused or not. A provider that does not exist has no treasury and nobody.
    /// @return treasury Where the money goes.
    /// @return feeReceiver Where fees go; zero when there is no share and none waits, which saves a reading.
    /// @return roles What the caller is: admin, signer, refunder, any of them or none.
    function operable(ProviderId id, address caller) external view returns (address treasury, address feeReceiver, Roles roles);

    /// @notice What is held of a provider; zeros for one that does not exist.
    function providerOf(ProviderId id) external view returns (Provider memory provider, address admin);

    /// @notice Does the provider take this token?
    function isTokenAllowed(ProviderId id, address token) external view returns (bool);

    /// @notice Until when the key signs quotes and offers, in Unix seconds.
    function signerUntil(ProviderId id, address key) external view returns (uint48);

    /// @notice Until when the key collects under mandates, in Unix seconds.
    function collectorUntil(ProviderId id, address key) external view returns (uint48);

    /// @notice Until when the key pays money back, in Unix seconds.
    function refunderUntil(ProviderId id, address key) external view returns (uint48);

    /// @notice The admin that waits to take over.
    function pendingAdmin(ProviderId id) external view returns (Pending memory);

    /// @notice The treasury that waits to be applied.
    function pendingTreasury(ProviderId id) external view returns (Pending memory);

    /// @notice The admin that the platform wants to put in.
    function pendingRecovery(ProviderId id) external view returns (Pending memory);

    /// @notice Where fees go.
    function feeReceiver() external view returns (address);

    /// @notice No fee is above it, in hundredths of a percent; for ever.
    function feeCap() external view returns (uint16);
}
