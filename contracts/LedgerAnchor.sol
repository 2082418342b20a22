// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {ILedgerAnchor} from "./interfaces/ILedgerAnchor.sol";
import {MerkleTree} from "./MerkleTree.sol";
import {TreeSize} from "./types/TreeSize.sol";

/// @title The witness that `ILedgerAnchor` describes
/// @notice Immutable: no proxy, no upgrade, no way around the proof.
contract LedgerAnchor is ILedgerAnchor, AccessControlDefaultAdminRules {
    /// @dev One slot. A frozen log has no publisher.
    struct Head {
        address publisher;
        TreeSize size;
        uint32 seq;
    }

    struct Log {
        bytes32 root;
        Head head;
    }

    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    bytes4 private constant _ACCEPTED = 0;
    /// @dev Selector, logId, the two sizes and newRoot of a packed call; the hashes of the proof follow.
    uint256 private constant _PACKED_HEAD_BYTES = 4 + 32 + 8 + 8 + 32;
    /// @dev SHA-256(""), the root of a tree without leaves. A log holds it from its registration to its first anchor: a log that was
    /// never registered holds zero, so no further slot has to tell the two apart.
    bytes32 private constant _EMPTY_ROOT = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    mapping(bytes32 logId => Log) private _logs;
    /// @dev A third slot only while a rotation is pending.
    mapping(bytes32 logId => address) private _nextPublishers;

    /// @param adminDelay Seconds that a change of the admin waits.
    /// @param admin Registers logs and names guardians; a multisig or a timelock.
    /// @param guardian The first guardian.
    constructor(uint48 adminDelay, address admin, address guardian) AccessControlDefaultAdminRules(adminDelay, admin) {
        if (guardian == address(0)) revert LedgerAnchorZeroAddress();
        assert(sha256("") == _EMPTY_ROOT); // A chain without the precompile would take any proof.
        _grantRole(GUARDIAN_ROLE, guardian);
    }

    /// @inheritdoc ILedgerAnchor
    function register(bytes32 logId, address publisher) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (publisher == address(0)) revert LedgerAnchorZeroAddress();
        Log storage log = _logs[logId];
        if (_isRegistered(log)) revert LedgerAnchorAlreadyRegistered(logId);
        log.root = _EMPTY_ROOT;
        log.head.publisher = publisher;
        emit LogRegistered(logId, publisher);
    }

    /// @inheritdoc ILedgerAnchor
    function anchor(bytes32 logId, TreeSize oldSize, TreeSize newSize, bytes32 newRoot, bytes32[] calldata proof) external {
        _anchor(logId, oldSize, newSize, newRoot, proof);
    }

    /// @inheritdoc ILedgerAnchor
    /// @dev The assembly reads calldata at fixed places and nothing else: Solidity cannot see a list of words in raw calldata. A function
    /// and not a fallback, which the dispatcher reaches last of all (docs/decisions/0021-packed-calldata.md).
    function anchorPacked() external {
        uint256 length = msg.data.length;
        if (length < _PACKED_HEAD_BYTES || (length - _PACKED_HEAD_BYTES) % 32 != 0) revert LedgerAnchorMalformed(length);
        bytes32 logId;
        TreeSize oldSize;
        TreeSize newSize;
        bytes32 newRoot;
        bytes32[] calldata proof;
        assembly ("memory-safe") {
            logId := calldataload(4)
            oldSize := shr(192, calldataload(36))
            newSize := shr(192, calldataload(44))
            newRoot := calldataload(52)
            proof.offset := _PACKED_HEAD_BYTES
            proof.length := shr(5, sub(length, _PACKED_HEAD_BYTES))
        }
        _anchor(logId, oldSize, newSize, newRoot, proof);
    }

    /// @inheritdoc ILedgerAnchor
    function anchorMany(Item[] calldata items) external {
        for (uint256 i = 0; i < items.length; ++i) {
            Item calldata item = items[i];
            bytes4 reason = _extend(item.logId, item.oldSize, item.newSize, item.newRoot, item.proof);
            if (reason != _ACCEPTED) emit AnchorSkipped(item.logId, reason);
        }
    }

    /// @inheritdoc ILedgerAnchor
    function proposePublisher(bytes32 logId, address next) external {
        _requirePublisher(logId);
        _nextPublishers[logId] = next;
        emit PublisherProposed(logId, next);
    }

    /// @inheritdoc ILedgerAnchor
    function acceptPublisher(bytes32 logId) external {
        if (_nextPublishers[logId] != msg.sender) revert LedgerAnchorNotProposed(logId, msg.sender);
        Head storage head = _logs[logId].head;
        address from = head.publisher;
        delete _nextPublishers[logId];
        head.publisher = msg.sender;
        emit PublisherRotated(logId, from, msg.sender);
    }

    /// @inheritdoc ILedgerAnchor
    function freeze(bytes32 logId) external onlyRole(GUARDIAN_ROLE) {
        Log storage log = _logs[logId];
        if (!_isRegistered(log)) revert LedgerAnchorNotRegistered(logId);
        if (log.head.publisher == address(0)) revert LedgerAnchorFrozen(logId);
        delete _nextPublishers[logId]; // Nobody may wake a frozen log by accepting.
        log.head.publisher = address(0);
        emit Frozen(logId);
    }

    /// @inheritdoc ILedgerAnchor
    function latest(bytes32 logId) external view returns (TreeSize size, bytes32 root, uint64 seq) {
        Log storage log = _logs[logId];
        return (log.head.size, log.root, log.head.seq);
    }

    /// @inheritdoc ILedgerAnchor
    function publisherOf(bytes32 logId) external view returns (address) {
        return _logs[logId].head.publisher;
    }

    /// @inheritdoc ILedgerAnchor
    function verifyInclusion(bytes32 logId, bytes32 leafHash, uint64 index, bytes32[] calldata proof) external view returns (bool) {
        Log storage log = _logs[logId];
        return MerkleTree.verifyInclusion(log.head.size, log.root, leafHash, index, proof);
    }

    /// @inheritdoc ILedgerAnchor
    function verifyConsistency(
        TreeSize oldSize,
        bytes32 oldRoot,
        TreeSize newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return MerkleTree.verifyConsistency(oldSize, oldRoot, newSize, newRoot, proof);
    }

    function _anchor(bytes32 logId, TreeSize oldSize, TreeSize newSize, bytes32 newRoot, bytes32[] calldata proof) private {
        bytes4 reason = _extend(logId, oldSize, newSize, newRoot, proof);
        if (reason != _ACCEPTED) _refuse(reason, logId, oldSize, newSize);
    }

    /// @dev Extends a log, or answers the selector of the error that forbids it and changes nothing.
    function _extend(
        bytes32 logId,
        TreeSize oldSize,
        TreeSize newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) private returns (bytes4 reason) {
        Log storage log = _logs[logId];
        Head memory head = log.head;
        if (head.publisher != msg.sender) return _whyNotPublisher(logId, head.publisher);
        if (oldSize != head.size) return LedgerAnchorSizeMismatch.selector;
        if (!(oldSize < newSize)) return LedgerAnchorNotAhead.selector;
        bytes32 oldRoot = log.root;
        if (!_isExtension(oldSize, oldRoot, newSize, newRoot, proof)) return LedgerAnchorInconsistent.selector;
        uint32 seq = head.seq + 1;
        log.root = newRoot;
        log.head = Head({publisher: head.publisher, size: newSize, seq: seq});
        emit Anchored(logId, TreeSize.unwrap(newSize), newRoot, oldRoot, seq);
        return _ACCEPTED;
    }

    /// @dev An empty log is extended by anything, and there is nothing to prove.
    function _isExtension(
        TreeSize oldSize,
        bytes32 oldRoot,
        TreeSize newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) private view returns (bool) {
        if (TreeSize.unwrap(oldSize) == 0) return proof.length == 0;
        return MerkleTree.verifyConsistency(oldSize, oldRoot, newSize, newRoot, proof);
    }

    function _requirePublisher(bytes32 logId) private view {
        address publisher = _logs[logId].head.publisher;
        if (publisher != msg.sender) _refuse(_whyNotPublisher(logId, publisher), logId, TreeSize.wrap(0), TreeSize.wrap(0));
    }

    function _whyNotPublisher(bytes32 logId, address publisher) private view returns (bytes4) {
        if (publisher != address(0)) return LedgerAnchorNotPublisher.selector;
        return _isRegistered(_logs[logId]) ? LedgerAnchorFrozen.selector : LedgerAnchorNotRegistered.selector;
    }

    /// @dev The size counts too: a publisher may anchor a root of zero, and then freezing must not make room for a second registration.
    function _isRegistered(Log storage log) private view returns (bool) {
        return log.root != 0 || TreeSize.unwrap(log.head.size) != 0;
    }

    function _refuse(bytes4 reason, bytes32 logId, TreeSize oldSize, TreeSize newSize) private view {
        TreeSize storedSize = _logs[logId].head.size;
        if (reason == LedgerAnchorSizeMismatch.selector) revert LedgerAnchorSizeMismatch(oldSize, storedSize);
        if (reason == LedgerAnchorNotAhead.selector) revert LedgerAnchorNotAhead(newSize, storedSize);
        if (reason == LedgerAnchorInconsistent.selector) revert LedgerAnchorInconsistent(logId, newSize);
        if (reason == LedgerAnchorNotPublisher.selector) revert LedgerAnchorNotPublisher(logId, msg.sender);
        if (reason == LedgerAnchorFrozen.selector) revert LedgerAnchorFrozen(logId);
        revert LedgerAnchorNotRegistered(logId);
    }
}
