// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProviderSettlement} from "../interfaces/IProviderSettlement.sol";

/// @title EIP-712 struct hashes of what is signed for `IProviderSettlement`
/// @dev Every field is one word, and ABI and EIP-712 fill words alike, so a struct is hashed as it is encoded.
library SettlementTypes {
    /// @notice The rest of Permit2's type string: the quote and the referenced types in alphabetical order.
    string internal constant QUOTE_WITNESS =
        "Quote witness)Quote(uint64 providerId,uint64 seq,bytes32 invoiceRef,uint8 kind,address payer,address token,uint256 amount,"
        "bytes3 currency,uint128 fiatMinor,uint48 validAfter,uint48 deadline)TokenPermissions(address token,uint256 amount)";

    bytes32 private constant _QUOTE =
        keccak256(
            "Quote(uint64 providerId,uint64 seq,bytes32 invoiceRef,uint8 kind,address payer,address token,uint256 amount,"
            "bytes3 currency,uint128 fiatMinor,uint48 validAfter,uint48 deadline)"
        );
    bytes32 private constant _MANDATE =
        keccak256(
            "Mandate(uint64 providerId,address payer,address token,uint128 maxPerPeriod,uint128 totalCap,uint48 period,"
            "uint48 start,uint48 end,bytes32 accountRef,uint256 salt)"
        );
    bytes32 private constant _REVOKE = keccak256("Revoke(bytes32 mandate)");

    /// @notice Nonce of EIP-3009 and witness of Permit2 for a quote.
    function structHash(IProviderSettlement.Quote calldata q) internal pure returns (bytes32) {
        return keccak256(abi.encode(_QUOTE, q));
    }

    /// @notice Of a mandate.
    function structHash(IProviderSettlement.Mandate calldata m) internal pure returns (bytes32) {
        return keccak256(abi.encode(_MANDATE, m));
    }

    /// @notice Of the payer's word that a mandate is over.
    function revocationHash(bytes32 mandate) internal pure returns (bytes32) {
        return keccak256(abi.encode(_REVOKE, mandate));
    }
}
