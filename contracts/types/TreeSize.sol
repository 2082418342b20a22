// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice How many leaves a tree has.
type TreeSize is uint64;

using {lessThan as <, equals as ==, differs as !=} for TreeSize global;

function lessThan(TreeSize left, TreeSize right) pure returns (bool) {
    return TreeSize.unwrap(left) < TreeSize.unwrap(right);
}

function equals(TreeSize left, TreeSize right) pure returns (bool) {
    return TreeSize.unwrap(left) == TreeSize.unwrap(right);
}

function differs(TreeSize left, TreeSize right) pure returns (bool) {
    return TreeSize.unwrap(left) != TreeSize.unwrap(right);
}
