// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice A leaf, its place and what should prove it.
struct Inclusion {
    uint64 size;
    bytes32 root;
    bytes32 leaf;
    uint64 index;
    bytes32[] proof;
}

/// @notice Two trees and what should prove that one extends the other.
struct Consistency {
    uint64 oldSize;
    bytes32 oldRoot;
    uint64 newSize;
    bytes32 newRoot;
    bytes32[] proof;
}

/// @title The tree as RFC 9162, section 2.1 defines it: recursive, slow and plain
/// @notice Makes proofs and judges them by the definition instead of by the loops of the RFC's verification sections. Trees may have any
/// size: a full subtree that a proof does not go into has a hash made up from its place. Trees that grow step by step (`grown`) are small,
/// and every leaf of them is hashed.
library RecursiveTree {
    /// @dev A proof under construction. The definition asks for 65 hashes at most.
    struct Path {
        /// @dev Zero where subtrees are made up.
        bytes32 logId;
        uint256 length;
        bytes32[65] hashes;
    }

    /// @notice The proof of leaf `index` among `size`; `index` < `size`.
    function inclusion(uint64 index, uint64 size) internal pure returns (Inclusion memory claim) {
        Path memory path;
        claim.size = size;
        claim.index = index;
        claim.leaf = range(0, index, uint256(index) + 1);
        claim.root = _include(index, 0, size, path);
        claim.proof = _listOf(path);
    }

    /// @notice The proof that `newSize` leaves extend `oldSize`; 0 < `oldSize` <= `newSize`.
    function consistency(uint64 oldSize, uint64 newSize) internal pure returns (Consistency memory) {
        return grown(0, oldSize, newSize);
    }

    /// @notice The same for the leaves of one log: what it proves now fits what it proves later.
    function grown(bytes32 logId, uint64 oldSize, uint64 newSize) internal pure returns (Consistency memory claim) {
        Path memory path;
        path.logId = logId;
        claim.oldSize = oldSize;
        claim.newSize = newSize;
        (claim.oldRoot, claim.newRoot) = _extend(oldSize, 0, newSize, true, path);
        claim.proof = _listOf(path);
    }

    /// @notice The verdict that every implementation has to give, on wrong proofs too.
    function includes(Inclusion memory claim) internal pure returns (bool) {
        if (claim.index >= claim.size) return false;
        (bool complete, bytes32 root) = _rootBy(claim, claim.size, claim.index, claim.proof.length);
        return complete && root == claim.root;
    }

    /// @notice The same for two trees.
    function extends(Consistency memory claim) internal pure returns (bool) {
        if (claim.oldSize == 0 || claim.oldSize > claim.newSize) return false;
        (bool complete, bytes32 oldRoot, bytes32 newRoot) = _rootsBy(claim, claim.oldSize, claim.newSize, true, claim.proof.length);
        return complete && oldRoot == claim.oldRoot && newRoot == claim.newRoot;
    }

    /// @notice The root of the leaves [start, end); of a made up tree if `logId` is zero.
    function range(bytes32 logId, uint256 start, uint256 end) internal pure returns (bytes32) {
        uint256 length = end - start;
        if (length == 1 || (logId == 0 && length & (length - 1) == 0)) return sha256(abi.encode(logId, start, end));
        uint256 middle = start + split(length);
        return node(range(logId, start, middle), range(logId, middle, end));
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @notice The largest power of two below `length`, for `length` > 1.
    function split(uint256 length) internal pure returns (uint256) {
        return 1 << Math.log2(length - 1);
    }

    function _include(uint256 index, uint256 start, uint256 end, Path memory path) private pure returns (bytes32) {
        if (end - start == 1) return range(path.logId, start, end);
        uint256 middle = start + split(end - start);
        if (index < middle) {
            bytes32 right = range(path.logId, middle, end);
            bytes32 inner = _include(index, start, middle, path);
            _push(path, right);
            return node(inner, right);
        }
        bytes32 left = range(path.logId, start, middle);
        bytes32 below = _include(index, middle, end, path);
        _push(path, left);
        return node(left, below);
    }

    /// @dev Both roots; `isWhole` while the subtree begins at leaf 0, where a whole old tree needs no hash.
    function _extend(uint256 old, uint256 start, uint256 end, bool isWhole, Path memory path) private pure returns (bytes32, bytes32) {
        if (old == end - start) {
            bytes32 same = range(path.logId, start, end);
            if (!isWhole) _push(path, same);
            return (same, same);
        }
        uint256 k = split(end - start);
        if (old <= k) {
            (bytes32 oldInner, bytes32 newInner) = _extend(old, start, start + k, isWhole, path);
            bytes32 right = range(path.logId, start + k, end);
            _push(path, right);
            return (oldInner, node(newInner, right));
        }
        (bytes32 oldBelow, bytes32 newBelow) = _extend(old - k, start + k, end, false, path);
        bytes32 left = range(path.logId, start, start + k);
        _push(path, left);
        return (node(left, oldBelow), node(left, newBelow));
    }

    /// @dev Takes the proof from its end. Not complete where the definition asks for a hash that is missing, or leaves one over.
    function _rootBy(Inclusion memory claim, uint256 size, uint256 index, uint256 left) private pure returns (bool, bytes32) {
        if (size == 1) return (left == 0, claim.leaf);
        if (left == 0) return (false, 0);
        bytes32 sibling = claim.proof[left - 1];
        uint256 k = split(size);
        (bool complete, bytes32 child) = index < k ? _rootBy(claim, k, index, left - 1) : _rootBy(claim, size - k, index - k, left - 1);
        return (complete, index < k ? node(child, sibling) : node(sibling, child));
    }

    function _rootsBy(
        Consistency memory claim,
        uint256 old,
        uint256 size,
        bool isWhole,
        uint256 left
    ) private pure returns (bool complete, bytes32 oldRoot, bytes32 newRoot) {
        if (old == size) {
            if (isWhole) return (left == 0, claim.oldRoot, claim.oldRoot);
            return left == 1 ? (true, claim.proof[0], claim.proof[0]) : (false, bytes32(0), bytes32(0));
        }
        if (left == 0) return (false, 0, 0);
        bytes32 last = claim.proof[left - 1];
        uint256 k = split(size);
        if (old <= k) {
            (complete, oldRoot, newRoot) = _rootsBy(claim, old, k, isWhole, left - 1);
            return (complete, oldRoot, node(newRoot, last));
        }
        (complete, oldRoot, newRoot) = _rootsBy(claim, old - k, size - k, false, left - 1);
        return (complete, node(last, oldRoot), node(last, newRoot));
    }

    function _push(Path memory path, bytes32 hash) private pure {
        path.hashes[path.length++] = hash;
    }

    function _listOf(Path memory path) private pure returns (bytes32[] memory list) {
        list = new bytes32[](path.length);
        for (uint256 i = 0; i < list.length; ++i) list[i] = path.hashes[i];
    }
}
