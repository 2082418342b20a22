// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILedgerAnchor} from "../../contracts/interfaces/ILedgerAnchor.sol";

/// @dev Calldata of `anchorPacked`. `encodePacked` pads what stands in an array, so the proof is a sequence of whole words.
function packedAnchor(ILedgerAnchor.Item memory item) pure returns (bytes memory) {
    return
        abi.encodePacked(ILedgerAnchor.anchorPacked.selector, item.logId, item.oldSize, item.newSize, item.newRoot, item.proof);
}
