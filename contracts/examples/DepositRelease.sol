// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ILedgerAnchor} from "../interfaces/ILedgerAnchor.sol";
import {TreeSize} from "../types/TreeSize.sol";
import {IDepositRelease} from "./IDepositRelease.sol";
import {LedgerLeaf} from "./LedgerLeaf.sol";

/// @title The escrow that `IDepositRelease` describes
/// @notice An example to build on. What it leaves to whoever does:
/// - The event is bound by its id, type, stream, origin and exact payload. A leaf hash agreed on beforehand would be simpler, but nobody
///   can know it: salts and the time of the decision are in it. A payload that holds such a time cannot be agreed on either; a contract
///   for those has to read the amounts out of the JSON, with all that can go wrong there.
/// - The deposit rests on the publisher's key and on the guardian. Who holds the key can anchor a root of their own and release with it
///   in one transaction, so the beneficiary must not gain by a false event. Where it would, take proofs into a queue and pay after a
///   delay that a guardian needs to freeze the log.
/// - A log that is frozen releases nothing any more, even by its last honest anchor: release in time.
contract DepositRelease is IDepositRelease {
    struct Deposit {
        State state;
        uint248 amount;
    }

    ILedgerAnchor public immutable anchor;
    mapping(bytes32 depositId => Deposit) private _deposits;

    /// @param anchor_ The contract that witnesses the logs of all deposits.
    constructor(ILedgerAnchor anchor_) {
        anchor = anchor_;
    }

    /// @inheritdoc IDepositRelease
    function open(Terms calldata terms) external payable returns (bytes32 depositId) {
        if (msg.sender != terms.depositor) revert DepositReleaseNotDepositor(msg.sender);
        if (msg.value == 0) revert DepositReleaseEmpty();
        if (terms.beneficiary == address(0)) revert DepositReleaseZeroAddress();
        if (block.timestamp > terms.deadline) revert DepositReleaseTooLate(terms.deadline);
        if (!_isLive(terms.logId)) revert DepositReleaseLogNotLive(terms.logId);
        depositId = idOf(terms);
        if (_deposits[depositId].state != State.None) revert DepositReleaseOpenedBefore(depositId);
        _deposits[depositId] = Deposit({state: State.Open, amount: uint248(msg.value)}); // There are not 2^248 wei.
        emit DepositOpened(depositId, terms.depositor, terms.beneficiary, msg.value);
    }

    /// @inheritdoc IDepositRelease
    function release(Terms calldata terms, Evidence calldata evidence) external {
        if (block.timestamp > terms.deadline) revert DepositReleaseTooLate(terms.deadline);
        bytes32 leafHash = _proven(terms, evidence);
        bytes32 depositId = idOf(terms);
        uint256 amount = _close(depositId, State.Released);
        emit DepositReleased(depositId, leafHash, amount);
        Address.sendValue(terms.beneficiary, amount);
    }

    /// @inheritdoc IDepositRelease
    function refund(Terms calldata terms) external {
        if (block.timestamp <= terms.deadline && _isLive(terms.logId)) revert DepositReleaseTooEarly(terms.deadline);
        bytes32 depositId = idOf(terms);
        uint256 amount = _close(depositId, State.Refunded);
        emit DepositRefunded(depositId, amount);
        Address.sendValue(payable(terms.depositor), amount);
    }

    /// @inheritdoc IDepositRelease
    function depositOf(bytes32 depositId) external view returns (State state, uint256 amount) {
        Deposit storage deposit = _deposits[depositId];
        return (deposit.state, deposit.amount);
    }

    /// @inheritdoc IDepositRelease
    function idOf(Terms calldata terms) public pure returns (bytes32 depositId) {
        return keccak256(abi.encode(terms));
    }

    /// @dev Before anything is paid, so that whoever is paid and calls again finds nothing.
    function _close(bytes32 depositId, State state) private returns (uint256) {
        Deposit storage deposit = _deposits[depositId];
        if (deposit.state != State.Open) revert DepositReleaseNotOpen(depositId, deposit.state);
        deposit.state = state;
        return deposit.amount;
    }

    /// @dev The leaf of the agreed event, which the latest anchor holds.
    function _proven(Terms calldata terms, Evidence calldata evidence) private view returns (bytes32 leafHash) {
        if (!_isLive(terms.logId)) revert DepositReleaseLogNotLive(terms.logId);
        if (sha256(evidence.payload) != terms.payloadHash) revert DepositReleaseOtherPayload(sha256(evidence.payload));
        (TreeSize anchoredSize, , ) = anchor.latest(terms.logId);
        if (evidence.treeSize != anchoredSize) revert DepositReleaseStaleProof(evidence.treeSize, anchoredSize);
        bytes32 pay = LedgerLeaf.payloadCommitment(evidence.salt, evidence.payload);
        leafHash = LedgerLeaf.hashOf(terms.name, evidence.rest, pay);
        if (!anchor.verifyInclusion(terms.logId, leafHash, evidence.index, evidence.path))
            revert DepositReleaseNotIncluded(leafHash, evidence.index);
    }

    /// @dev Registered and not frozen.
    function _isLive(bytes32 logId) private view returns (bool) {
        return anchor.publisherOf(logId) != address(0);
    }
}
