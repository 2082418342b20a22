// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Transfers of the native coin
/// @notice Answer whether the receiver took it; what the receiver says else is not looked at.
library NativeTransfer {
    /// @notice Enough for a contract wallet to take a payment and log it. Caps what a receiver can burn, and so the size of its answer.
    uint256 internal constant PUSH_GAS = 50_000;

    /// @notice Pays somebody whom the caller of the transaction trusts: with all gas.
    function pay(address to, uint256 amount) internal returns (bool isTaken) {
        (isTaken, ) = to.call{value: amount}("");
    }

    /// @notice Pays somebody who must not be able to make the transaction fail.
    function push(address to, uint256 amount) internal returns (bool isTaken) {
        (isTaken, ) = to.call{value: amount, gas: PUSH_GAS}("");
    }
}
