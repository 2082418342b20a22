// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TreeSize} from "./types/TreeSize.sol";

/// @title Proofs of the RFC 9162 Merkle tree: SHA-256, positional
/// @dev The node hash is assembly: it halves the cost of a proof (docs/decisions/0001-sha256-in-assembly.md). The plain version stays
/// as the oracle of the tests.
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
        uint256 treeSize = TreeSize.unwrap(size);
        uint256 length = proof.length;
        if (index >= treeSize || length > _INCLUSION_HASHES_MAX) return false;
        uint256 fn = index;
        uint256 sn = treeSize - 1;
        bytes32 node = leafHash;
        for (uint256 i = 0; i < length; ++i) {
            if (sn == 0) return false;
            bytes32 sibling = proof[i];
            if (fn & 1 == 1 || fn == sn) {
                node = hashNode(sibling, node);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                node = hashNode(node, sibling);
            }
            fn >>= 1;
            sn >>= 1;
        }
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
        fn -= 1;
        sn -= 1;
        while (fn & 1 == 1) {
            fn >>= 1;
            sn >>= 1;
        }
        bytes32 oldNode = oldRoot;
        uint256 i = 0;
        // A complete old tree is itself the first node of the path; any other brings it as the first hash.
        if (fn != 0) {
            if (length == 0) return false;
            oldNode = proof[0];
            i = 1;
        }
        bytes32 newNode = oldNode;
        for (; i < length; ++i) {
            if (sn == 0) return false;
            bytes32 sibling = proof[i];
            if (fn & 1 == 1 || fn == sn) {
                oldNode = hashNode(sibling, oldNode);
                newNode = hashNode(sibling, newNode);
                while (fn & 1 == 0 && fn != 0) {
                    fn >>= 1;
                    sn >>= 1;
                }
            } else {
                newNode = hashNode(newNode, sibling);
            }
            fn >>= 1;
            sn >>= 1;
        }
        return sn == 0 && oldNode == oldRoot && newNode == newRoot;
    }

    /// @dev SHA-256(0x01 || left || right), in scratch memory behind the free pointer, which it leaves where it is.
    function hashNode(bytes32 left, bytes32 right) internal view returns (bytes32 node) {
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore8(data, 1)
            mstore(add(data, 1), left)
            mstore(add(data, 33), right)
            // The precompile fails only when the gas ends; then nothing after it may be believed.
            if iszero(staticcall(gas(), 2, data, 65, 0, 32)) { revert(0, 0) }
            node := mload(0)
        }
    }
}
