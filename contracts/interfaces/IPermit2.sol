// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The part of Permit2 that payments need
/// @notice Moves a token by one signature that names the spender, the amount and a witness: here the hash of what is paid for.
interface IPermit2 {
    /// @param token The ERC-20.
    /// @param amount At most this much.
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    /// @param permitted Which token, and how much.
    /// @param nonce A bit of the holder's `nonceBitmap` that was never used.
    /// @param deadline The last second of the signature.
    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce;
        uint256 deadline;
    }

    /// @param to Who gets the money.
    /// @param requestedAmount How much.
    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount;
    }

    /// @notice Moves the money of `owner`, who signed the permit for the caller together with the witness.
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata transferDetails,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}
