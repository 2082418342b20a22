// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TreeSize} from "./types/TreeSize.sol";

/// @title Proofs of the RFC 9162 Merkle tree: SHA-256, positional
/// @dev The climb is assembly: it halves the cost of a proof (docs/decisions/0001-sha256-in-assembly.md). The plain version stays as the
/// oracle of the tests. A node is SHA-256(0x01 || left || right), by the precompile at address 2.
library MerkleTree {
    uint256 private constant _INCLUSION_HASHES_MAX = 64;
    uint256 private constant _CONSISTENCY_HASHES_MAX = 65;

    /// @dev RFC 9162, section 2.1.3.2. A proof binds the index, not the size: whoever states (size, root) does that.
    function verifyInclusion(
        TreeSize size,
        bytes32 root,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        uint256 sn = TreeSize.unwrap(size);
        if (index >= sn || proof.length > _INCLUSION_HASHES_MAX) return false;
        bytes32 node;
        (sn, node) = _climb(index, sn - 1, leafHash, proof);
        return sn == 0 && node == root;
    }

    /// @dev RFC 9162, section 2.1.4.2. Both roots are arguments: a new root derived from the proof would not bind its right side.
    function verifyConsistency(
        TreeSize oldSize,
        bytes32 oldRoot,
        TreeSize newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        uint256 fn = TreeSize.unwrap(oldSize);
        uint256 sn = TreeSize.unwrap(newSize);
        uint256 length = proof.length;
        if (fn == 0 || fn > sn || length > _CONSISTENCY_HASHES_MAX) return false;
        if (fn == sn) return length == 0 && oldRoot == newRoot;
        // Nodes that both trees have complete need no hash: the path begins above them.
        uint256 shared = _trailingOnes(fn - 1);
        fn = (fn - 1) >> shared;
        sn = (sn - 1) >> shared;
        bytes32 oldNode = oldRoot;
        // A complete old tree is itself the first node of the path; any other brings it as the first hash.
        if (fn != 0) {
            if (length == 0) return false;
            oldNode = proof[0];
            proof = proof[1:];
        }
        bytes32 newNode;
        (sn, oldNode, newNode) = _climbBoth(fn, sn, oldNode, proof);
        return sn == 0 && oldNode == oldRoot && newNode == newRoot;
    }

    /// @dev Hashes a node up to the root along a proof. Answers what is left of `sn`, zero when the proof has exactly the right length,
    /// and the root; a proof that goes on above the root leaves `sn` at one.
    function _climb(uint256 fn, uint256 sn, bytes32 start, bytes32[] calldata proof) private view returns (uint256 left, bytes32 node) {
        assembly ("memory-safe") {
            // 0x01 || left || right, behind the free pointer, which stays where it is.
            let data := mload(0x40)
            let leftAt := add(data, 1)
            let rightAt := add(data, 33)
            let ok := 1
            mstore8(data, 1)
            node := start
            let end := add(proof.offset, shl(5, proof.length))
            for { let at := proof.offset } lt(at, end) { at := add(at, 32) } {
                if iszero(sn) {
                    sn := 1
                    break
                }
                switch or(and(fn, 1), eq(fn, sn))
                case 0 {
                    mstore(leftAt, node)
                    calldatacopy(rightAt, at, 32)
                }
                default {
                    calldatacopy(leftAt, at, 32)
                    mstore(rightAt, node)
                    for { } iszero(or(and(fn, 1), iszero(fn))) { } {
                        fn := shr(1, fn)
                        sn := shr(1, sn)
                    }
                }
                ok := and(ok, staticcall(gas(), 2, data, 65, 0, 32))
                node := mload(0)
                fn := shr(1, fn)
                sn := shr(1, sn)
            }
            // The precompile fails only when the gas ends; then nothing that follows may be believed.
            if iszero(ok) { revert(0, 0) }
            left := sn
        }
    }

    /// @dev The same for the two trees of a consistency proof: left siblings enter both nodes, right ones only the new one. Until the first
    /// right sibling both are one node, which is hashed once.
    function _climbBoth(
        uint256 fn,
        uint256 sn,
        bytes32 start,
        bytes32[] calldata proof
    ) private view returns (uint256 left, bytes32 oldNode, bytes32 newNode) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            let leftAt := add(data, 1)
            let rightAt := add(data, 33)
            let ok := 1
            mstore8(data, 1)
            oldNode := start
            newNode := start
            let end := add(proof.offset, shl(5, proof.length))
            for { let at := proof.offset } lt(at, end) { at := add(at, 32) } {
                if iszero(sn) {
                    sn := 1
                    break
                }
                switch or(and(fn, 1), eq(fn, sn))
                case 0 {
                    mstore(leftAt, newNode)
                    calldatacopy(rightAt, at, 32)
                    ok := and(ok, staticcall(gas(), 2, data, 65, 0, 32))
                    newNode := mload(0)
                }
                default {
                    calldatacopy(leftAt, at, 32)
                    mstore(rightAt, oldNode)
                    ok := and(ok, staticcall(gas(), 2, data, 65, 0, 32))
                    switch eq(oldNode, newNode)
                    case 0 {
                        oldNode := mload(0)
                        mstore(rightAt, newNode)
                        ok := and(ok, staticcall(gas(), 2, data, 65, 0, 32))
                        newNode := mload(0)
                    }
                    default {
                        oldNode := mload(0)
                        newNode := oldNode
                    }
                    for { } iszero(or(and(fn, 1), iszero(fn))) { } {
                        fn := shr(1, fn)
                        sn := shr(1, sn)
                    }
                }
                fn := shr(1, fn)
                sn := shr(1, sn)
            }
            if iszero(ok) { revert(0, 0) } // As above.
            left := sn
        }
    }

    function _trailingOnes(uint256 number) private pure returns (uint256 ones) {
        while (number & 1 == 1) {
            number >>= 1;
            ++ones;
        }
    }
}
