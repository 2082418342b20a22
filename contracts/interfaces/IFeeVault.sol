// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Fees that could not be delivered
/// @notice A fee is pushed to its receiver with the payment. Where that fails the payment lands all the same, and the fee waits here.
interface IFeeVault {
    /// @notice Nothing waits for the caller.
    error FeeVaultNothingOwed(address receiver, address token);
    /// @notice The receiver took no native coin.
    error FeeVaultTransferFailed(address receiver);

    /// @notice A fee could not be delivered and waits for its receiver.
    event FeeAccrued(address indexed receiver, address indexed token, uint256 amount);
    /// @notice A receiver took the fees that waited.
    event FeesClaimed(address indexed receiver, address indexed token, uint256 amount);

    /// @notice Pays the caller what waits for it. No pause stops this.
    /// @param token The ERC-20; zero for the native coin.
    function claimFees(address token) external;

    /// @notice What waits for a receiver.
    /// @param token The ERC-20; zero for the native coin.
    function owedTo(address receiver, address token) external view returns (uint256);
}
