// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TreeSize} from "../types/TreeSize.sol";
import {LedgerLeaf} from "./LedgerLeaf.sol";

/// @title Deposits that an event of a ledger releases
/// @notice A payer deposits coins for somebody who keeps a ledger, for example a provider that is to credit a top-up. When the agreed event
/// stands in the ledger's log, and the log is anchored, anybody may release the deposit with a proof. Otherwise the payer gets it back.
///
/// An anchor proves that the log's publisher committed to the event, not that the event is true. So a deposit fits events which bind the
/// ledger's keeper: a credited top-up is money that the provider owes from then on, in books that it cannot rewrite. It does not fit an
/// event that costs its author nothing.
interface IDepositRelease {
    enum State {
        None,
        Open,
        Released,
        Refunded
    }

    /// @param depositor Pays, and gets the deposit back.
    /// @param beneficiary Gets the deposit when the event is proven.
    /// @param deadline Seconds since 1970: proofs are taken up to it. Leave time for the log's next anchor.
    /// @param logId Of the log in the anchor contract.
    /// @param name Which event. The id of a command's event is known before the command is sent: it derives from the provider, the API key
    /// and the Idempotency-Key.
    /// @param payloadHash SHA-256 of the exact payload, which is canonical JSON: what the event says. Its id alone would bind the command's
    /// key and not its amount.
    struct Terms {
        address depositor;
        address payable beneficiary;
        uint64 deadline;
        bytes32 logId;
        LedgerLeaf.Name name;
        bytes32 payloadHash;
    }

    /// @param rest The fields of the event's entry that nobody knew before.
    /// @param payload What the event says.
    /// @param salt Of its commitment.
    /// @param index Of the leaf in the log.
    /// @param treeSize The anchored size that the path is made for.
    /// @param path The inclusion proof (RFC 9162, section 2.1.3).
    struct Evidence {
        LedgerLeaf.Rest rest;
        bytes payload;
        bytes32 salt;
        uint64 index;
        TreeSize treeSize;
        bytes32[] path;
    }

    /// @notice Only the depositor named in the terms may open the deposit: nobody else can take its place with less.
    error DepositReleaseNotDepositor(address caller);
    /// @notice There is nothing to deposit.
    error DepositReleaseEmpty();
    /// @notice Nobody would get the deposit.
    error DepositReleaseZeroAddress();
    /// @notice The deadline has passed.
    error DepositReleaseTooLate(uint64 deadline);
    /// @notice The deposit is the beneficiary's to claim until its deadline.
    error DepositReleaseTooEarly(uint64 deadline);
    /// @notice The same terms make one deposit, ever: one event releases them once.
    error DepositReleaseOpenedBefore(bytes32 depositId);
    /// @notice The deposit was never opened, or has gone already.
    error DepositReleaseNotOpen(bytes32 depositId, State state);
    /// @notice The anchor contract does not know the log, or the log was frozen: its last anchor may be a thief's.
    error DepositReleaseLogNotLive(bytes32 logId);
    /// @notice The payload is not the one that was agreed on.
    error DepositReleaseOtherPayload(bytes32 payloadHash);
    /// @notice The log was anchored since the proof was made: fetch it again, for `anchoredSize`.
    error DepositReleaseStaleProof(TreeSize provenSize, TreeSize anchoredSize);
    /// @notice The leaf is not in the log at this index.
    error DepositReleaseNotIncluded(bytes32 leafHash, uint64 index);

    /// @notice Coins were deposited.
    event DepositOpened(bytes32 indexed depositId, address indexed depositor, address indexed beneficiary, uint256 amount);
    /// @notice The event was proven, and the beneficiary paid.
    event DepositReleased(bytes32 indexed depositId, bytes32 leafHash, uint256 amount);
    /// @notice The depositor got the deposit back.
    event DepositRefunded(bytes32 indexed depositId, uint256 amount);

    /// @notice Deposits the coins sent with the call.
    /// @return depositId See `idOf`.
    function open(Terms calldata terms) external payable returns (bytes32 depositId);

    /// @notice Pays the beneficiary, against proof of the event in the latest anchor. Anybody may call it.
    function release(Terms calldata terms, Evidence calldata evidence) external;

    /// @notice Pays the depositor, behind the deadline or once the log was frozen. Anybody may call it.
    function refund(Terms calldata terms) external;

    /// @notice What has become of a deposit, and its amount.
    function depositOf(bytes32 depositId) external view returns (State state, uint256 amount);

    /// @notice The id of the deposit with these terms.
    function idOf(Terms calldata terms) external pure returns (bytes32 depositId);
}
