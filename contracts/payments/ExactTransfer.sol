// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IERC3009} from "../interfaces/IERC3009.sol";
import {IPermit2} from "../interfaces/IPermit2.sol";

/// @title Transfers that say what arrived
/// @notice A token may take a fee, rebase or lie about success, so each function answers by how much the receiver's balance rose: the caller
/// compares it with what it asked for, and refuses under its own name.
library ExactTransfer {
    using SafeERC20 for IERC20;

    /// @notice An EIP-3009 signature in the form (r, s, v) has this many bytes.
    uint256 private constant _ECDSA_BYTES = 65;

    /// @notice Who pays for what, by an EIP-3009 signature that names it.
    /// @param payer Who signed.
    /// @param amount In the token's units.
    /// @param validAfter Exclusive, in Unix seconds.
    /// @param deadline Exclusive, in Unix seconds.
    /// @param structHash EIP-712 hash of what is paid for: the nonce.
    struct SignedPull {
        address token;
        address payer;
        uint256 amount;
        uint48 validAfter;
        uint48 deadline;
        bytes32 structHash;
    }

    /// @notice Moves a token by the allowance that `from` gave this contract.
    function pull(address token, address from, address to, uint256 amount) internal returns (uint256 received) {
        uint256 before = IERC20(token).balanceOf(to);
        IERC20(token).safeTransferFrom(from, to, amount);
        return _rise(token, to, before);
    }

    /// @notice Moves a token of this contract.
    function push(address token, address to, uint256 amount) internal returns (uint256 received) {
        uint256 before = IERC20(token).balanceOf(to);
        IERC20(token).safeTransfer(to, amount);
        return _rise(token, to, before);
    }

    /// @notice Moves a token from the payer to this contract by EIP-3009.
    /// @param auth r, s and v in 65 bytes, or a signature of another form for a token of ERC-7598.
    function receiveAuthorized(SignedPull memory pull_, bytes calldata auth) internal returns (uint256 received) {
        uint256 before = IERC20(pull_.token).balanceOf(address(this));
        IERC3009 token = IERC3009(pull_.token);
        if (auth.length == _ECDSA_BYTES) {
            token.receiveWithAuthorization(
                pull_.payer,
                address(this),
                pull_.amount,
                pull_.validAfter,
                pull_.deadline,
                pull_.structHash,
                uint8(auth[64]),
                bytes32(auth[:32]),
                bytes32(auth[32:64])
            );
        } else {
            token.receiveWithAuthorization(
                pull_.payer,
                address(this),
                pull_.amount,
                pull_.validAfter,
                pull_.deadline,
                pull_.structHash,
                auth
            );
        }
        return _rise(pull_.token, address(this), before);
    }

    /// @notice Moves a token from the payer by Permit2.
    /// @param structHash EIP-712 hash of what is paid for: the witness.
    /// @param witnessType The rest of the type string after `PermitWitnessTransferFrom(...,`, referenced types in alphabetical order.
    function pullPermitted(
        IPermit2 permit2,
        IPermit2.PermitTransferFrom memory permit,
        address payer,
        address to,
        bytes32 structHash,
        string memory witnessType,
        bytes calldata payerSig
    ) internal returns (uint256 received) {
        address token = permit.permitted.token;
        uint256 amount = permit.permitted.amount;
        uint256 before = IERC20(token).balanceOf(to);
        IPermit2.SignatureTransferDetails memory details = IPermit2.SignatureTransferDetails(to, amount);
        permit2.permitWitnessTransferFrom(permit, details, payer, structHash, witnessType, payerSig);
        return _rise(token, to, before);
    }

    /// @dev A balance that fell is a rise of nothing.
    function _rise(address token, address holder, uint256 before) private view returns (uint256) {
        return Math.saturatingSub(IERC20(token).balanceOf(holder), before);
    }
}
