// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @title A dollar for chains of your own
/// @notice Pays like a common stablecoin: 6 decimals, EIP-2612, EIP-3009, and its form for contract wallets (ERC-7598).
/// @dev WARNING: anybody makes as much of it as they like, so it is worth nothing.
contract DemoDollar is ERC20Permit, ERC3009 {
    constructor() ERC20("Demo Dollar", "DEMO") ERC20Permit("Demo Dollar") {}

    /// @notice Makes money out of nothing.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Moves money from `from` to the caller by a signature of any form.
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        if (to != msg.sender) revert ERC20InvalidReceiver(to);
        bytes32 structHash = keccak256(
            abi.encode(RECEIVE_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)
        );
        if (!SignatureChecker.isValidSignatureNow(from, _hashTypedDataV4(structHash), signature)) revert ERC3009InvalidSignature();
        _transferWithAuthorization(from, to, value, validAfter, validBefore, nonce);
    }

    /// @notice As the usual dollars have it.
    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
