// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ILedgerAnchor} from "../../contracts/interfaces/ILedgerAnchor.sol";
import {TreeSize} from "../../contracts/types/TreeSize.sol";
import {Consistency, RecursiveTree} from "./RecursiveTree.sol";

/// @title What `LedgerAnchor` has to do, said once more and plainly
/// @notice Every call answers the error that the contract has to end with, empty where it has to take the call; then the model has
/// changed as the contract has to change.
abstract contract LedgerAnchorModel {
    struct Ghost {
        bool isRegistered;
        bool isFrozen;
        address publisher;
        address next;
        uint64 size;
        uint64 seq;
        bytes32 root;
    }

    bytes32 internal constant EMPTY_ROOT = sha256("");
    bytes32 internal constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    address internal immutable admin;
    address internal immutable guardian;
    mapping(bytes32 logId => Ghost) internal ghosts;

    constructor(address admin_, address guardian_) {
        (admin, guardian) = (admin_, guardian_);
    }

    function _register(address caller, bytes32 logId, address publisher) internal returns (bytes memory) {
        Ghost storage ghost = ghosts[logId];
        if (caller != admin) return _unauthorized(caller, 0);
        if (publisher == address(0)) return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorZeroAddress.selector);
        if (ghost.isRegistered) return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorAlreadyRegistered.selector, logId);
        (ghost.isRegistered, ghost.publisher, ghost.root) = (true, publisher, EMPTY_ROOT);
        return "";
    }

    function _anchor(address caller, ILedgerAnchor.Item memory item) internal returns (bytes memory) {
        Ghost storage ghost = ghosts[item.logId];
        bytes memory refusal = _asPublisher(caller, item.logId);
        if (refusal.length > 0) return refusal;
        (uint64 oldSize, uint64 newSize) = (TreeSize.unwrap(item.oldSize), TreeSize.unwrap(item.newSize));
        if (oldSize != ghost.size)
            return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorSizeMismatch.selector, oldSize, ghost.size);
        if (newSize <= ghost.size) return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorNotAhead.selector, newSize, ghost.size);
        if (!_isProven(item)) return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorInconsistent.selector, item.logId, newSize);
        (ghost.size, ghost.root, ghost.seq) = (newSize, item.newRoot, ghost.seq + 1);
        return "";
    }

    function _propose(address caller, bytes32 logId, address next) internal returns (bytes memory refusal) {
        refusal = _asPublisher(caller, logId);
        if (refusal.length == 0) ghosts[logId].next = next;
    }

    function _accept(address caller, bytes32 logId) internal returns (bytes memory) {
        Ghost storage ghost = ghosts[logId];
        if (ghost.next != caller) return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorNotProposed.selector, logId, caller);
        (ghost.publisher, ghost.next) = (caller, address(0));
        return "";
    }

    function _freeze(address caller, bytes32 logId) internal returns (bytes memory) {
        Ghost storage ghost = ghosts[logId];
        if (caller != guardian) return _unauthorized(caller, GUARDIAN_ROLE);
        if (!ghost.isRegistered) return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorNotRegistered.selector, logId);
        if (ghost.isFrozen) return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorFrozen.selector, logId);
        (ghost.isFrozen, ghost.publisher, ghost.next) = (true, address(0), address(0));
        return "";
    }

    /// @dev By the recursive definition; nothing has to be proven of a log's first tree.
    function _isProven(ILedgerAnchor.Item memory item) internal view returns (bool) {
        Ghost storage ghost = ghosts[item.logId];
        if (ghost.size == 0) return item.proof.length == 0;
        return
            RecursiveTree.extends(
                Consistency(
                    TreeSize.unwrap(item.oldSize),
                    ghost.root,
                    TreeSize.unwrap(item.newSize),
                    item.newRoot,
                    item.proof
                )
            );
    }

    function _asPublisher(address caller, bytes32 logId) private view returns (bytes memory) {
        Ghost storage ghost = ghosts[logId];
        if (!ghost.isRegistered) return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorNotRegistered.selector, logId);
        if (ghost.isFrozen) return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorFrozen.selector, logId);
        if (ghost.publisher != caller) return abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorNotPublisher.selector, logId, caller);
        return "";
    }

    function _unauthorized(address caller, bytes32 role) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, role);
    }
}
