// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProviderId} from "../types/ProviderId.sol";

/// @title Where the credit tokens of all providers come from
/// @notice Each provider has one token at most, which nobody can replace. The factory's pause (`PlatformPause`) stops new tokens and `issue` of
/// every token, and nothing else.
interface IPrepaidCreditFactory {
    /// @notice The provider has a token.
    error PrepaidCreditFactoryCreditExists(ProviderId providerId);
    /// @notice Only the provider's admin may create its token, as the registry says now.
    error PrepaidCreditFactoryNotProviderAdmin(address caller);
    /// @notice A unit of credit is a currency's minor unit or a millionth, never 10^-18 by habit.
    error PrepaidCreditFactoryTooManyDecimals(uint8 decimals, uint8 most);
    /// @notice A currency is three capital letters (ISO 4217).
    error PrepaidCreditFactoryNotACurrency(bytes3 currency);
    /// @notice An address must not be zero.
    error PrepaidCreditFactoryZeroAddress();

    /// @notice A provider has a token now.
    event CreditCreated(ProviderId indexed providerId, address indexed token, bytes3 currency, uint8 decimals);

    /// @notice Creates the provider's token, with CREATE2 and the provider's id as salt. Provider admin only; not while paused.
    /// @param providerId Whose credit.
    /// @param decimals 6 at most.
    /// @param currency ISO 4217 code, in which the provider owes.
    /// @param dailyCap What may be issued on one day (UTC), in units.
    /// @param name Of the token and of its EIP-712 domain; 31 bytes at most.
    /// @param symbol Of the token.
    function createCredit(
        ProviderId providerId,
        uint8 decimals,
        bytes3 currency,
        uint128 dailyCap,
        string calldata name,
        string calldata symbol
    ) external returns (address token);

    /// @notice The provider's token; zero before it is created.
    function creditOf(ProviderId providerId) external view returns (address token);
}
