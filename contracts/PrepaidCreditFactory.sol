// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPrepaidCreditFactory} from "./interfaces/IPrepaidCreditFactory.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {PlatformPause} from "./payments/PlatformPause.sol";
import {PrepaidCredit} from "./PrepaidCredit.sol";
import {ProviderAdmin} from "./ProviderAdmin.sol";
import {ProviderId} from "./types/ProviderId.sol";

/// @title The factory that `IPrepaidCreditFactory` describes
/// @notice Immutable. Tokens are made by their constructor and not cloned: a clone would have to be told its name and its EIP-712 domain after
/// it exists.
contract PrepaidCreditFactory is IPrepaidCreditFactory, PlatformPause {
    using ProviderAdmin for IProviderRegistry;

    uint8 private constant _DECIMALS_MAX = 6;

    mapping(ProviderId id => address token) private _credits;

    /// @param registry_ Knows the providers' admins, refunders and pauses, and who the platform is.
    constructor(IProviderRegistry registry_) PlatformPause(registry_) {
        if (address(registry_) == address(0)) revert PrepaidCreditFactoryZeroAddress();
    }

    /// @inheritdoc IPrepaidCreditFactory
    function createCredit(
        ProviderId providerId,
        uint8 decimals,
        bytes3 currency,
        uint128 dailyCap,
        string calldata name,
        string calldata symbol
    ) external whenNotPaused returns (address token) {
        if (!registry.isFreeAdmin(providerId, msg.sender)) revert PrepaidCreditFactoryNotProviderAdmin(msg.sender);
        if (_credits[providerId] != address(0)) revert PrepaidCreditFactoryCreditExists(providerId);
        if (decimals > _DECIMALS_MAX) revert PrepaidCreditFactoryTooManyDecimals(decimals, _DECIMALS_MAX);
        if (!_isCurrency(currency)) revert PrepaidCreditFactoryNotACurrency(currency);
        bytes32 salt = bytes32(uint256(ProviderId.unwrap(providerId)));
        token = address(new PrepaidCredit{salt: salt}(registry, providerId, decimals, currency, dailyCap, name, symbol));
        _credits[providerId] = token;
        emit CreditCreated(providerId, token, currency, decimals);
    }

    /// @inheritdoc IPrepaidCreditFactory
    function creditOf(ProviderId providerId) external view returns (address token) {
        return _credits[providerId];
    }

    function _isCurrency(bytes3 currency) private pure returns (bool) {
        for (uint256 i = 0; i < 3; ++i) if (currency[i] < "A" || currency[i] > "Z") return false;
        return true;
    }
}
