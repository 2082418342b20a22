// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleTree} from "../../contracts/MerkleTree.sol";
import {TreeSize} from "../../contracts/types/TreeSize.sol";

/// @notice The oracle of `MerkleTree`: RFC 9162 word for word with the language's own hash, and the library's inclusion beside it, which
/// `LedgerAnchor` offers for anchored roots only.
contract PlainMerkleTree {
    function libraryInclusion(TreeSize size, bytes32 root, bytes32 leaf, uint64 index, bytes32[] calldata proof) external view returns (bool) {
        return MerkleTree.verifyInclusion(size, root, leaf, index, proof);
    }

    /// @notice RFC 9162, section 2.1.3.2.
    function plainInclusion(uint256 size, bytes32 root, bytes32 leaf, uint256 index, bytes32[] calldata proof) external pure returns (bool) {
        if (index >= size || proof.length > 64) return false;
        uint256 sn = size - 1;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (sn == 0) return false;
            if (index % 2 == 1 || index == sn) {
                leaf = _node(proof[i], leaf);
                while (index % 2 == 0 && index != 0) (index, sn) = (index / 2, sn / 2);
            } else {
                leaf = _node(leaf, proof[i]);
            }
            (index, sn) = (index / 2, sn / 2);
        }
        return sn == 0 && leaf == root;
    }

    /// @notice RFC 9162, section 2.1.4.2.
    function plainConsistency(uint256 m, bytes32 r1, uint256 n, bytes32 r2, bytes32[] calldata proof) external pure returns (bool) {
        if (m == 0 || m > n || proof.length > 65) return false;
        if (m == n) return proof.length == 0 && r1 == r2;
        bytes32[] memory path = _path(m, r1, proof);
        if (path.length == 0) return false;
        (uint256 fn, uint256 sn) = (m - 1, n - 1);
        while (fn % 2 == 1) (fn, sn) = (fn / 2, sn / 2);
        (bytes32 fr, bytes32 sr) = (path[0], path[0]);
        for (uint256 i = 1; i < path.length; ++i) {
            if (sn == 0) return false;
            if (fn % 2 == 1 || fn == sn) {
                (fr, sr) = (_node(path[i], fr), _node(path[i], sr));
                while (fn % 2 == 0 && fn != 0) (fn, sn) = (fn / 2, sn / 2);
            } else {
                sr = _node(sr, path[i]);
            }
            (fn, sn) = (fn / 2, sn / 2);
        }
        return sn == 0 && fr == r1 && sr == r2;
    }

    /// @dev Step 2 of the algorithm: a complete old tree is itself the first node of the path.
    function _path(uint256 m, bytes32 r1, bytes32[] calldata proof) private pure returns (bytes32[] memory path) {
        if ((m & (m - 1)) != 0) return proof;
        path = new bytes32[](proof.length + 1);
        path[0] = r1;
        for (uint256 i = 0; i < proof.length; ++i) path[i + 1] = proof[i];
    }

    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
