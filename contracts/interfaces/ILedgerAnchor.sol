// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TreeSize} from "../types/TreeSize.sol";

/// @title A witness of append-only logs
/// @notice Keeps the last (size, root) of each log and takes a new one only with a proof that it extends the old one (RFC 9162,
/// section 2.1.4). There is no way to set a root without a proof, to lower a size or to replace the code.
interface ILedgerAnchor {
    /// @param logId SHA-256(origin || "\n" || key of the log at genesis): the same on every chain.
    /// @param oldSize The size that the contract holds.
    /// @param newSize The size of the extended log.
    /// @param newRoot Its root.
    /// @param proof The consistency proof from `oldSize` to `newSize`; empty for a log's first anchor.
    struct Item {
        bytes32 logId;
        TreeSize oldSize;
        TreeSize newSize;
        bytes32 newRoot;
        bytes32[] proof;
    }

    /// @notice No log of this id was registered.
    error LedgerAnchorNotRegistered(bytes32 logId);
    /// @notice A log is registered once, for ever.
    error LedgerAnchorAlreadyRegistered(bytes32 logId);
    /// @notice The log was frozen: it takes nothing any more.
    error LedgerAnchorFrozen(bytes32 logId);
    /// @notice Only the log's publisher may do this.
    error LedgerAnchorNotPublisher(bytes32 logId, address caller);
    /// @notice Nobody proposed this caller as the next publisher.
    error LedgerAnchorNotProposed(bytes32 logId, address caller);
    /// @notice The proof begins at another size than the one that is held: prove again from `storedSize`.
    error LedgerAnchorSizeMismatch(TreeSize givenSize, TreeSize storedSize);
    /// @notice The new size is not above the one that is held.
    error LedgerAnchorNotAhead(TreeSize newSize, TreeSize storedSize);
    /// @notice The proof does not show that the new tree extends the old one.
    error LedgerAnchorInconsistent(bytes32 logId, TreeSize newSize);
    /// @notice An address must not be zero.
    error LedgerAnchorZeroAddress();
    /// @notice Calldata of this many bytes is no packed call.
    error LedgerAnchorMalformed(uint256 length);

    /// @notice A log begins to be witnessed.
    event LogRegistered(bytes32 indexed logId, address publisher);
    /// @notice A log was extended to `treeSize` leaves. `seq` counts a log's anchors from 1, without a gap; `prevRoot` of the first is
    /// the root of the empty tree, SHA-256("").
    event Anchored(bytes32 indexed logId, uint64 indexed treeSize, bytes32 root, bytes32 prevRoot, uint64 seq);
    /// @notice An item of `anchorMany` was left out; `reason` is the selector of the error that `anchor` would have thrown.
    event AnchorSkipped(bytes32 indexed logId, bytes4 reason);
    /// @notice The publisher names a successor, who has to accept.
    event PublisherProposed(bytes32 indexed logId, address next);
    /// @notice The successor is the publisher now.
    event PublisherRotated(bytes32 indexed logId, address from, address to);
    /// @notice The log ends here, for ever.
    event Frozen(bytes32 indexed logId);

    /// @notice Registers a log, once. Only the admin may, since open registration could be front-run.
    /// @param logId See `Item`.
    /// @param publisher Who may extend the log; not zero.
    function register(bytes32 logId, address publisher) external;

    /// @notice Extends a log. Only its publisher may.
    /// @dev WARNING: nothing here can show that `newRoot` has `newSize` leaves, or that they are true. Whoever relies on an anchor
    /// compares it with the signed tree head, or rebuilds the tree.
    function anchor(bytes32 logId, TreeSize oldSize, TreeSize newSize, bytes32 newRoot, bytes32[] calldata proof) external;

    /// @notice `anchor` in fewer bytes: rules, errors and event are the same.
    /// @dev The arguments follow the selector without padding, offset or length: logId 32 bytes, oldSize 8, newSize 8, newRoot 32, and the
    /// hashes of the proof, 32 each. Any other length is refused.
    function anchorPacked() external;

    /// @notice Extends several logs of one publisher. A bad item is skipped with `AnchorSkipped` and leaves its neighbours alone.
    function anchorMany(Item[] calldata items) external;

    /// @notice Names the next publisher; zero takes a proposal back.
    function proposePublisher(bytes32 logId, address next) external;

    /// @notice The proposed publisher takes over.
    function acceptPublisher(bytes32 logId) external;

    /// @notice Ends a log, for ever. Only a guardian may, and a guardian may do nothing else.
    function freeze(bytes32 logId) external;

    /// @notice What the contract holds of a log: size 0 with the root of the empty tree before the first anchor, zeros for a log that was
    /// never registered. A frozen log keeps its last anchor.
    function latest(bytes32 logId) external view returns (TreeSize size, bytes32 root, uint64 seq);

    /// @notice Who may extend a log; zero for one that is frozen or was never registered.
    function publisherOf(bytes32 logId) external view returns (address);

    /// @notice Is a leaf in the log, at this index, by its latest anchor? A caller whose proof is for an older size fetches a new one.
    /// @param leafHash SHA-256(0x00 || entry).
    /// @param proof RFC 9162, section 2.1.3; false with more than 64 hashes.
    function verifyInclusion(bytes32 logId, bytes32 leafHash, uint64 index, bytes32[] calldata proof) external view returns (bool);

    /// @notice Does the tree of `newSize` leaves extend the one of `oldSize`? False for `oldSize` 0 and with more than 65 hashes.
    function verifyConsistency(
        TreeSize oldSize,
        bytes32 oldRoot,
        TreeSize newSize,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) external view returns (bool);
}
