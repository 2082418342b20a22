// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DepositRelease} from "../../contracts/examples/DepositRelease.sol";
import {IDepositRelease} from "../../contracts/examples/IDepositRelease.sol";
import {LedgerLeaf} from "../../contracts/examples/LedgerLeaf.sol";
import {LedgerAnchor} from "../../contracts/LedgerAnchor.sol";
import {TreeSize} from "../../contracts/types/TreeSize.sol";
import {vm} from "./Vm.sol";

/// @title Laws of deposits that an event releases
contract DepositReleaseTest {
    bytes32 private constant _LOG = keccak256("log");

    LedgerAnchor private immutable _anchor = new LedgerAnchor(0, address(this), address(this));
    DepositRelease private immutable _escrow = new DepositRelease(_anchor);
    /// @dev What `receive` calls again, while it is being paid.
    bytes private _again;
    bool private _wasRefusedAgain;

    constructor() {
        _anchor.register(_LOG, address(this));
    }

    receive() external payable {
        if (_again.length == 0) return;
        bytes memory again = _again;
        delete _again; // Once is enough to be paid twice.
        (bool isTaken, bytes memory answer) = address(_escrow).call(again);
        _wasRefusedAgain = !isTaken && bytes4(answer) == IDepositRelease.DepositReleaseNotOpen.selector;
    }

    function testFuzz_PaysTheWholeDepositOnceEvenToWhoAsksAgainWhilePaid(
        IDepositRelease.Terms memory terms,
        IDepositRelease.Evidence memory evidence,
        uint128 amount,
        uint64 more
    ) external {
        vm.assume(amount > 0);
        (terms, evidence) = _agree(terms, evidence);
        // Another deposit is there to be robbed.
        IDepositRelease.Terms memory other = abi.decode(abi.encode(terms), (IDepositRelease.Terms));
        other.name.eventId = string.concat(other.name.eventId, "x");
        _open(other, uint256(more) + 1);
        _open(terms, amount);
        _again = abi.encodeCall(IDepositRelease.release, (terms, evidence));
        uint256 before = address(this).balance;
        _escrow.release(terms, evidence);
        assert(_wasRefusedAgain && address(this).balance == before + amount);
        assert(address(_escrow).balance == uint256(more) + 1);
    }

    function testFuzz_RefusesEvidenceOfAnythingElse(
        IDepositRelease.Terms memory terms,
        IDepositRelease.Evidence memory evidence,
        uint256 change,
        uint256 bit
    ) external {
        (terms, evidence) = _agree(terms, evidence);
        _open(terms, 1);
        bytes32 flip = bytes32(1 << (bit % 256));
        uint256 kind = change % 8;
        if (kind == 0) evidence.rest.decidedAt ^= bytes24(bytes32(1 << (64 + (bit % 192))));
        if (kind == 1) evidence.rest.meta ^= flip;
        if (kind == 2) evidence.rest.prev ^= flip;
        if (kind == 3) evidence.rest.rev ^= uint64(1 << (bit % 64));
        if (kind == 4) evidence.salt ^= flip;
        if (kind == 5) evidence.payload = bytes.concat(evidence.payload, bytes1(uint8(bit)));
        if (kind == 6) evidence.index ^= uint64(1 << (bit % 64));
        if (kind == 7) evidence.treeSize = TreeSize.wrap(2 + uint64(bit % 1000));
        (bool isTaken, ) = address(_escrow).call(abi.encodeCall(IDepositRelease.release, (terms, evidence)));
        assert(!isTaken && address(_escrow).balance == 1);
    }

    function testFuzz_ReleasesUpToTheDeadlineAndRefundsBehindIt(
        IDepositRelease.Terms memory terms,
        IDepositRelease.Evidence memory evidence,
        uint64 time,
        bool isReleaseFirst
    ) external {
        (terms, evidence) = _agree(terms, evidence);
        if (time % 4 == 0) time = terms.deadline;
        if (time % 4 == 1 && terms.deadline < type(uint64).max) time = terms.deadline + 1;
        vm.assume(time >= block.timestamp);
        _open(terms, 1);
        vm.warp(time);
        // Each is asked first in half of the runs: whatever comes second meets a deposit that may have gone.
        bytes memory release = abi.encodeCall(IDepositRelease.release, (terms, evidence));
        bytes memory refund = abi.encodeCall(IDepositRelease.refund, (terms));
        (bool isFirst, ) = address(_escrow).call(isReleaseFirst ? release : refund);
        (bool isSecond, ) = address(_escrow).call(isReleaseFirst ? refund : release);
        bool isInTime = time <= terms.deadline;
        assert(isFirst == (isInTime == isReleaseFirst) && isSecond != isFirst);
    }

    /// @dev Terms that this contract is both sides of, and a log of one leaf that fulfils them.
    function _agree(
        IDepositRelease.Terms memory terms,
        IDepositRelease.Evidence memory evidence
    ) private returns (IDepositRelease.Terms memory, IDepositRelease.Evidence memory) {
        vm.assume(terms.deadline >= block.timestamp);
        (terms.depositor, terms.beneficiary, terms.logId) = (address(this), payable(address(this)), _LOG);
        terms.payloadHash = sha256(evidence.payload);
        (evidence.index, evidence.treeSize, evidence.path) = (0, TreeSize.wrap(1), new bytes32[](0));
        bytes32 leafHash = this.leafHashOf(terms, evidence);
        _anchor.anchor(_LOG, TreeSize.wrap(0), TreeSize.wrap(1), leafHash, new bytes32[](0));
        return (terms, evidence);
    }

    /// @dev External, since the library reads calldata.
    function leafHashOf(
        IDepositRelease.Terms calldata terms,
        IDepositRelease.Evidence calldata evidence
    ) external pure returns (bytes32) {
        return LedgerLeaf.hashOf(terms.name, evidence.rest, LedgerLeaf.payloadCommitment(evidence.salt, evidence.payload));
    }

    function _open(IDepositRelease.Terms memory terms, uint256 amount) private {
        vm.deal(address(this), amount);
        _escrow.open{value: amount}(terms);
    }
}
