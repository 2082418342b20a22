// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleVerdicts} from "./MerkleVerdicts.sol";
import {ProofDamage} from "./ProofDamage.sol";
import {Consistency, RecursiveTree} from "./RecursiveTree.sol";
import {vm} from "./Vm.sol";

/// @title Laws of consistency proofs
contract ConsistencyProofsTest is MerkleVerdicts {
    using ProofDamage for bytes32;
    using ProofDamage for bytes32[];

    function testFuzz_AcceptsTheProofOfEveryExtension(uint256 oldSize, uint256 newSize) external view {
        assert(verdictOf(extensionFrom(oldSize, newSize)));
    }

    function testFuzz_RefusesABitFlipped(uint256 oldSize, uint256 newSize, uint256 spot) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        claim.proof = claim.proof.withBitFlipped(spot);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAHashCut(uint256 oldSize, uint256 newSize, uint256 spot) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        claim.proof = claim.proof.withHashCut(spot);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAHashDoubled(uint256 oldSize, uint256 newSize, uint256 spot) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        claim.proof = claim.proof.withHashDoubled(spot);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAHashAdded(uint256 oldSize, uint256 newSize, uint256 spot, bytes32 hash) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        claim.proof = claim.proof.withHashAdded(spot, hash);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesTwoHashesSwapped(uint256 oldSize, uint256 newSize, uint256 spot) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        vm.assume(claim.proof.length >= 2);
        claim.proof = claim.proof.withHashesSwapped(spot);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAProofThatGoesOnAboveTheRoots(uint256 oldSize, uint256 newSize, bytes32 above) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        claim.proof = claim.proof.withHashAdded(claim.proof.length, above);
        bytes32 newRoot = claim.newRoot;
        claim.newRoot = RecursiveTree.node(newRoot, above);
        assert(!verdictOf(claim));
        (claim.oldRoot, claim.newRoot) = (RecursiveTree.node(above, claim.oldRoot), RecursiveTree.node(above, newRoot));
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesMoreHashesThanAnyTreesNeed(uint256 oldSize, uint256 newSize, uint256 more) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        claim.proof = new bytes32[](66 + (more % 100));
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAnotherRoot(uint256 oldSize, uint256 newSize, uint256 spot) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        (bytes32 oldRoot, bytes32 newRoot) = (claim.oldRoot, claim.newRoot);
        claim.oldRoot = oldRoot.flipped(spot);
        assert(!verdictOf(claim));
        (claim.oldRoot, claim.newRoot) = (oldRoot, newRoot.flipped(spot));
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAnotherOldSize(uint256 oldSize, uint256 newSize, uint256 by) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        claim.oldSize = another(claim.oldSize, by % 2 == 0 ? claim.newSize : 2 ** 64, by >> 1);
        assert(!verdictOf(claim));
    }

    function testFuzz_RefusesAnotherNewSizeWithItsRoot(uint256 oldSize, uint256 newSize, uint256 other) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        uint64 size = sizeFrom(other);
        vm.assume(size != claim.newSize && size >= claim.oldSize);
        (claim.newSize, claim.newRoot) = (size, RecursiveTree.consistency(claim.oldSize, size).newRoot);
        assert(!verdictOf(claim));
    }

    /// @dev A proof does not bind the new size, so the verdict may be either, but it is the same everywhere.
    function testFuzz_JudgesAnotherNewSizeAloneByTheDefinition(uint256 oldSize, uint256 newSize, uint8 by) external view {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        unchecked {
            claim.newSize = claim.newSize + by - 128;
        }
        verdictOf(claim);
    }

    function testFuzz_JudgesAnythingByTheDefinition(
        uint64 oldSize,
        uint256 newSize,
        bytes32 oldRoot,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) external view {
        uint64 size = sizeFrom(newSize);
        verdictOf(Consistency({oldSize: oldSize % (size + 2), oldRoot: oldRoot, newSize: size, newRoot: newRoot, proof: proof}));
    }

    function testFuzz_AsksForEqualRootsAndNoHashBetweenEqualSizes(uint64 size, bytes32 root, bytes32 other) external view {
        vm.assume(size != 0 && root != other);
        Consistency memory claim = Consistency({oldSize: size, oldRoot: root, newSize: size, newRoot: root, proof: new bytes32[](0)});
        assert(verdictOf(claim));
        claim.newRoot = other;
        assert(!verdictOf(claim));
        (claim.newRoot, claim.proof) = (root, new bytes32[](1));
        assert(!verdictOf(claim));
    }

    function testFuzz_ProvesNothingFromTheEmptyTree(uint64 size, bytes32 root, bytes32[] calldata proof) external view {
        assert(!verdictOf(Consistency({oldSize: 0, oldRoot: sha256(""), newSize: size, newRoot: root, proof: proof})));
    }
}
