// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The part of EIP-3009 that payments need, and its form for contract wallets (ERC-7598)
/// @notice `receiveWithAuthorization` and not `transferWithAuthorization`, which anybody could send first and strand the money with us.
interface IERC3009 {
    /// @notice Moves `value` from `from` to the caller, who must be `to`, by the holder's signature.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice The same by a signature of any form.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external;
}
