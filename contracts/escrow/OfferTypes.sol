// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPpvEscrow} from "../interfaces/IPpvEscrow.sol";

/// @title EIP-712 struct hash of what is signed for `IPpvEscrow`
/// @dev Every field is one word, and ABI and EIP-712 fill words alike, so an offer is hashed as it is encoded.
library OfferTypes {
    /// @notice The rest of Permit2's type string: the offer and the referenced types in alphabetical order.
    string internal constant OFFER_WITNESS =
        "Offer witness)Offer(uint64 providerId,uint64 eventId,uint64 seq,address payer,address token,uint96 amount,bytes32 ref,"
        "uint48 captureAfter,uint48 reclaimAfter,uint48 deadline)TokenPermissions(address token,uint256 amount)";

    bytes32 private constant _OFFER =
        keccak256(
            "Offer(uint64 providerId,uint64 eventId,uint64 seq,address payer,address token,uint96 amount,bytes32 ref,"
            "uint48 captureAfter,uint48 reclaimAfter,uint48 deadline)"
        );

    /// @notice Nonce of EIP-3009 and witness of Permit2 for an offer.
    function structHash(IPpvEscrow.Offer calldata o) internal pure returns (bytes32) {
        return keccak256(abi.encode(_OFFER, o));
    }
}
