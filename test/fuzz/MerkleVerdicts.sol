// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LedgerAnchor} from "../../contracts/LedgerAnchor.sol";
import {TreeSize} from "../../contracts/types/TreeSize.sol";
import {PlainMerkleTree} from "../solidity/PlainMerkleTree.sol";
import {Consistency, Inclusion, RecursiveTree} from "./RecursiveTree.sol";

/// @title One verdict from three implementations
/// @notice The library in assembly, the plain loops of the RFC and the recursive definition have to agree on every claim.
abstract contract MerkleVerdicts {
    error Disagreement(bool byLibrary, bool byPlainLoops, bool byDefinition);

    PlainMerkleTree internal immutable plain = new PlainMerkleTree();
    LedgerAnchor internal immutable anchor = new LedgerAnchor(0, address(this), address(this));

    function verdictOf(Inclusion memory claim) internal view returns (bool) {
        return
            _agreed(
                plain.libraryInclusion(TreeSize.wrap(claim.size), claim.root, claim.leaf, claim.index, claim.proof),
                plain.plainInclusion(claim.size, claim.root, claim.leaf, claim.index, claim.proof),
                RecursiveTree.includes(claim)
            );
    }

    function verdictOf(Consistency memory claim) internal view returns (bool) {
        return
            _agreed(
                anchor.verifyConsistency(
                    TreeSize.wrap(claim.oldSize),
                    claim.oldRoot,
                    TreeSize.wrap(claim.newSize),
                    claim.newRoot,
                    claim.proof
                ),
                plain.plainConsistency(claim.oldSize, claim.oldRoot, claim.newSize, claim.newRoot, claim.proof),
                RecursiveTree.extends(claim)
            );
    }

    /// @dev A size of every kind that has broken an implementation: small for the most part, and else about 2^32, 2^53 and 2^63, or any at
    /// all. At least 2, so that there is something to prove.
    function sizeFrom(uint256 random) internal pure returns (uint64) {
        uint64 offset = uint64((random >> 8) % 100);
        uint256 kind = random % 24;
        if (kind == 0) return 2 ** 32 - 50 + offset;
        if (kind == 1) return 2 ** 53 - 50 + offset;
        if (kind == 2) return 2 ** 63 - 50 + offset;
        if (kind == 3) return 2 + uint64((random >> 8) % (2 ** 64 - 2));
        return 2 + offset;
    }

    /// @dev An extension by a little in half of the cases, else from a size of any kind.
    function extensionFrom(uint256 randomOld, uint256 randomNew) internal pure returns (Consistency memory) {
        uint64 newSize = sizeFrom(randomNew);
        uint64 oldSize = sizeFrom(randomOld);
        if (randomOld % 2 == 0 || oldSize >= newSize) {
            uint64 most = newSize - 1 < 64 ? newSize - 1 : 64;
            oldSize = newSize - 1 - uint64((randomOld >> 1) % most);
        }
        return RecursiveTree.consistency(oldSize, newSize);
    }

    /// @dev A number below `end` that is not `number`.
    function another(uint256 number, uint256 end, uint256 random) internal pure returns (uint64) {
        return uint64((number + 1 + (random % (end - 1))) % end);
    }

    function _agreed(bool byLibrary, bool byPlainLoops, bool byDefinition) private pure returns (bool) {
        if (byLibrary != byDefinition || byPlainLoops != byDefinition) revert Disagreement(byLibrary, byPlainLoops, byDefinition);
        return byDefinition;
    }
}
