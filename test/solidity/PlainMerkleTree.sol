// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleTree} from "../../contracts/MerkleTree.sol";
import {TreeSize} from "../../contracts/types/TreeSize.sol";

/// @notice The oracle of `MerkleTree`: the same rules with the language's own hash, and the library's functions beside it.
contract PlainMerkleTree {
    function libraryInclusion(TreeSize size, bytes32 root, bytes32 leaf, uint64 index, bytes32[] calldata proof) external view returns (bool) {
        return MerkleTree.verifyInclusion(size, root, leaf, index, proof);
    }

    function plainNode(bytes32 left, bytes32 right) public pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    function libraryNode(bytes32 left, bytes32 right) external view returns (bytes32) {
        return MerkleTree.hashNode(left, right);
    }

    function plainInclusion(uint256 size, bytes32 root, bytes32 leaf, uint256 index, bytes32[] calldata proof) external pure returns (bool) {
        if (index >= size || proof.length > 64) return false;
        uint256 sn = size - 1;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (sn == 0) return false;
            if (index % 2 == 1 || index == sn) {
                leaf = plainNode(proof[i], leaf);
                while (index % 2 == 0 && index != 0) {
                    index /= 2;
                    sn /= 2;
                }
            } else {
                leaf = plainNode(leaf, proof[i]);
            }
            index /= 2;
            sn /= 2;
        }
        return sn == 0 && leaf == root;
    }
}
