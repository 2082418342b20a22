// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleVerdicts} from "./MerkleVerdicts.sol";
import {ProofDamage} from "./ProofDamage.sol";
import {Inclusion, RecursiveTree} from "./RecursiveTree.sol";
import {vm} from "./Vm.sol";

/// @title Laws of inclusion proofs
contract InclusionProofsTest is MerkleVerdicts {
    using ProofDamage for bytes32;
    using ProofDamage for bytes32[];

    function testFuzz_AcceptsTheProofOfEveryLeaf(uint256 size, uint256 index) external view {
        assert(verdictOf(_claim(size, index)));
    }

    function testFuzz_RefusesABitFlipped(uint256 size, uint256 index, uint256 spot) external view {
        Inclusion memory claim = _claim(size, index);
        claim.proof = claim.proof.withBitFlipped(spot);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAHashCut(uint256 size, uint256 index, uint256 spot) external view {
        Inclusion memory claim = _claim(size, index);
        claim.proof = claim.proof.withHashCut(spot);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAHashDoubled(uint256 size, uint256 index, uint256 spot) external view {
        Inclusion memory claim = _claim(size, index);
        claim.proof = claim.proof.withHashDoubled(spot);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAHashAdded(uint256 size, uint256 index, uint256 spot, bytes32 hash) external view {
        Inclusion memory claim = _claim(size, index);
        claim.proof = claim.proof.withHashAdded(spot, hash);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesTwoHashesSwapped(uint256 size, uint256 index, uint256 spot) external view {
        Inclusion memory claim = _claim(size, index);
        vm.assume(claim.proof.length >= 2);
        claim.proof = claim.proof.withHashesSwapped(spot);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAProofThatGoesOnAboveTheRoot(uint256 size, uint256 index, bytes32 above, bool onTheLeft) external view {
        Inclusion memory claim = _claim(size, index);
        claim.root = onTheLeft ? RecursiveTree.node(above, claim.root) : RecursiveTree.node(claim.root, above);
        claim.proof = claim.proof.withHashAdded(claim.proof.length, above);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesMoreHashesThanAnyTreeNeeds(uint256 size, uint256 index, uint256 more) external view {
        Inclusion memory claim = _claim(size, index);
        claim.proof = new bytes32[](65 + (more % 100));
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAnotherLeafAndAnotherRoot(uint256 size, uint256 index, uint256 spot) external view {
        Inclusion memory claim = _claim(size, index);
        (bytes32 leaf, bytes32 root) = (claim.leaf, claim.root);
        claim.leaf = leaf.flipped(spot);
        assert(!verdictOf(claim));
        (claim.leaf, claim.root) = (leaf, root.flipped(spot));
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAnotherIndex(uint256 size, uint256 index, uint256 by) external view {
        Inclusion memory claim = _claim(size, index);
        claim.index = another(claim.index, by % 2 == 0 ? claim.size : 2 ** 64, by >> 1);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAnotherSizeWithItsRoot(uint256 size, uint256 index, uint256 other) external view {
        Inclusion memory claim = _claim(size, index);
        Inclusion memory larger = _claim(other, index);
        vm.assume(larger.size != claim.size && larger.size > claim.index);
        larger = RecursiveTree.inclusion(claim.index, larger.size);
        (claim.size, claim.root) = (larger.size, larger.root);
        assert(!verdictOf(claim));
    }

    /// @dev A proof does not bind the size, so the verdict may be either, but it is the same everywhere.
    function testFuzz_JudgesAnotherSizeAloneByTheDefinition(uint256 size, uint256 index, uint8 by) external view {
        Inclusion memory claim = _claim(size, index);
        unchecked {
            claim.size = claim.size + by - 128;
        }
        verdictOf(claim);
    }

    function testFuzz_JudgesAnythingByTheDefinition(
        uint256 size,
        uint64 index,
        bytes32 root,
        bytes32 leaf,
        bytes32[] calldata proof
    ) external view {
        verdictOf(Inclusion({size: sizeFrom(size), root: root, leaf: leaf, index: index, proof: proof}));
    }

    function _claim(uint256 randomSize, uint256 randomIndex) private pure returns (Inclusion memory) {
        uint64 size = sizeFrom(randomSize);
        // Half of the leaves are near the right edge, where trees are not full.
        uint64 index = uint64(randomIndex % 2 == 0 ? randomIndex % size : size - 1 - ((randomIndex >> 1) % (size < 64 ? size : 64)));
        return RecursiveTree.inclusion(index, size);
    }
}
