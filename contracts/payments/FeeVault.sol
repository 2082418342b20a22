// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IFeeVault} from "../interfaces/IFeeVault.sol";
import {ExactTransfer} from "./ExactTransfer.sol";
import {NativeTransfer} from "./NativeTransfer.sol";

/// @title Delivers fees, and keeps those that `IFeeVault` describes
abstract contract FeeVault is IFeeVault, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 private constant _ALL_BPS = 10_000;
    address private constant _NATIVE = address(0);

    mapping(address receiver => mapping(address token => uint256)) private _owed;

    /// @inheritdoc IFeeVault
    function claimFees(address token) external nonReentrant {
        uint256 amount = _owed[msg.sender][token];
        if (amount == 0) revert FeeVaultNothingOwed(msg.sender, token);
        delete _owed[msg.sender][token];
        emit FeesClaimed(msg.sender, token, amount);
        if (token != _NATIVE) IERC20(token).safeTransfer(msg.sender, amount);
        else if (!NativeTransfer.pay(msg.sender, amount)) revert FeeVaultTransferFailed(msg.sender);
    }

    /// @inheritdoc IFeeVault
    function owedTo(address receiver, address token) external view returns (uint256) {
        return _owed[receiver][token];
    }

    /// @dev Delivers a fee that this contract holds.
    function _pushFee(address token, address receiver, uint256 fee) internal {
        if (fee == 0) return;
        bool isTaken = token == _NATIVE ? NativeTransfer.push(receiver, fee) : IERC20(token).trySafeTransfer(receiver, fee);
        if (!isTaken) _accrue(token, receiver, fee);
    }

    /// @dev Delivers a fee from the payer's allowance to the receiver or, if the receiver cannot have it, to this contract; answers by how
    /// much the balance of this contract rose then, and else `fee`. The treasury was paid before by the same token, so one that returns
    /// false and moves the money all the same is out of the game.
    function _pullFee(address token, address payer, address receiver, uint256 fee) internal returns (uint256 received) {
        if (fee == 0 || IERC20(token).trySafeTransferFrom(payer, receiver, fee)) return fee;
        _accrue(token, receiver, fee);
        return ExactTransfer.pull(token, payer, address(this), fee);
    }

    /// @dev Rounded down, in favour of the provider. Amounts are below 2^128, so nothing overflows.
    function _feeOf(uint256 amount, uint16 bps) internal pure returns (uint256) {
        return (amount * bps) / _ALL_BPS;
    }

    function _accrue(address token, address receiver, uint256 fee) private {
        _owed[receiver][token] += fee;
        emit FeeAccrued(receiver, token, fee);
    }
}
