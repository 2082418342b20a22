// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LedgerAnchor} from "../../contracts/LedgerAnchor.sol";
import {ILedgerAnchor} from "../../contracts/interfaces/ILedgerAnchor.sol";
import {TreeSize} from "../../contracts/types/TreeSize.sol";
import {MerkleVerdicts} from "./MerkleVerdicts.sol";
import {packedAnchor} from "./PackedAnchor.sol";
import {ProofDamage} from "./ProofDamage.sol";
import {Consistency, Inclusion, RecursiveTree} from "./RecursiveTree.sol";
import {Vm, vm} from "./Vm.sol";

/// @title Laws of `anchor`, and of the same call in fewer bytes
contract AnchorCallsTest is MerkleVerdicts {
    using ProofDamage for bytes32;
    using ProofDamage for bytes32[];

    /// @dev What came of a call: answer, events and what is held then.
    struct Outcome {
        bool isTaken;
        bytes answer;
        Vm.Log[] logs;
        TreeSize size;
        bytes32 root;
        uint64 seq;
    }

    bytes32 private constant _LOG = keccak256("log");
    bytes32 private constant _FROZEN = keccak256("frozen");
    bytes32 private constant _FOREIGN = keccak256("foreign");
    bytes32 private constant _UNKNOWN = keccak256("unknown");

    /// @dev Beside `anchor`, and treated like it: one is called plainly, the other in packed form.
    LedgerAnchor private immutable _twin = new LedgerAnchor(0, address(this), address(this));

    constructor() {
        for (uint256 i = 0; i < 2; ++i) {
            LedgerAnchor one = i == 0 ? anchor : _twin;
            one.register(_LOG, address(this));
            one.register(_FROZEN, address(this));
            one.register(_FOREIGN, address(1));
            one.freeze(_FROZEN);
        }
    }

    function testFuzz_TakesEveryExtensionOfTheSizeItHolds(uint256 oldSize, uint256 newSize, bool isPacked) external {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        _holdFirst(claim);
        Outcome memory outcome = _call(anchor, _itemOf(claim), isPacked);
        assert(outcome.isTaken && TreeSize.unwrap(outcome.size) == claim.newSize && outcome.root == claim.newRoot && outcome.seq == 2);
    }

    function testFuzz_RefusesEveryDamagedProofAndKeepsWhatItHolds(
        uint256 oldSize,
        uint256 newSize,
        uint256 damage,
        uint256 spot,
        bool isPacked
    ) external {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        _holdFirst(claim);
        Outcome memory outcome = _call(anchor, _damaged(_itemOf(claim), 6 + (damage % 5), spot), isPacked);
        bytes memory refusal = abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorInconsistent.selector, _LOG, claim.newSize);
        assert(!outcome.isTaken && keccak256(outcome.answer) == keccak256(refusal));
        assert(TreeSize.unwrap(outcome.size) == claim.oldSize && outcome.root == claim.oldRoot && outcome.seq == 1);
    }

    /// @notice Whatever is asked, by whom, in whatever state: the packed call does what the plain one does.
    function testFuzz_GivesThePackedCallTheSameOutcome(
        uint256 oldSize,
        uint256 newSize,
        uint256 damage,
        uint256 spot,
        address caller,
        bool isFirst
    ) external {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        if (!isFirst) _holdFirst(claim);
        ILedgerAnchor.Item memory item = _damaged(_itemOf(claim), damage % 16, spot);
        if (damage % 16 == 15) {
            vm.prank(caller);
            (bool isPlainTaken, bytes memory plain_) = address(anchor).call(_plain(item));
            vm.prank(caller);
            (bool isPackedTaken, bytes memory packed) = address(_twin).call(packedAnchor(item));
            assert(isPlainTaken == isPackedTaken && keccak256(plain_) == keccak256(packed));
        }
        assert(keccak256(abi.encode(_call(anchor, item, false))) == keccak256(abi.encode(_call(_twin, item, true))));
    }

    /// @notice Bytes that stand in the words between are not looked at twice, so only whole proofs of whole hashes are a call.
    function testFuzz_RefusesAPackedCallOfAnyOtherLength(uint256 oldSize, uint256 newSize, uint256 spot, bytes calldata more) external {
        Consistency memory claim = extensionFrom(oldSize, newSize);
        bytes memory data = packedAnchor(_itemOf(claim));
        bytes memory long = bytes.concat(data, more);
        vm.assume(more.length % 32 != 0);
        _assertMalformed(long);
        uint256 length = 4 + (spot % (data.length - 4));
        if (length < 84 || (length - 84) % 32 != 0) _assertMalformed(_cut(data, length));
    }

    function testFuzz_TakesAnyFirstTreeWithoutAProofAndNoneWithOne(
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof,
        bool isPacked
    ) external {
        vm.assume(size != 0);
        ILedgerAnchor.Item memory item = ILedgerAnchor.Item(_LOG, TreeSize.wrap(0), TreeSize.wrap(size), root, proof);
        if (proof.length > 0) {
            assert(!_call(anchor, item, isPacked).isTaken);
            item.proof = new bytes32[](0);
        }
        Outcome memory outcome = _call(anchor, item, isPacked);
        assert(outcome.isTaken && TreeSize.unwrap(outcome.size) == size && outcome.root == root && outcome.seq == 1);
    }

    function testFuzz_FindsALeafInTheLatestTreeAlone(uint256 size, uint256 index, uint256 spot) external {
        uint64 length = sizeFrom(size);
        Inclusion memory claim = RecursiveTree.inclusion(uint64(index % length), length);
        assert(!anchor.verifyInclusion(_LOG, claim.leaf, claim.index, claim.proof));
        anchor.anchor(_LOG, TreeSize.wrap(0), TreeSize.wrap(claim.size), claim.root, new bytes32[](0));
        assert(anchor.verifyInclusion(_LOG, claim.leaf, claim.index, claim.proof));
        assert(!anchor.verifyInclusion(_LOG, claim.leaf.flipped(spot), claim.index, claim.proof));
        assert(!anchor.verifyInclusion(_LOG, claim.leaf, claim.index, claim.proof.withBitFlipped(spot)));
        assert(!anchor.verifyInclusion(_LOG, claim.leaf, another(claim.index, length, spot), claim.proof));
        assert(!anchor.verifyInclusion(_FROZEN, claim.leaf, claim.index, claim.proof));
        assert(!anchor.verifyInclusion(_UNKNOWN, claim.leaf, claim.index, claim.proof));
    }

    /// @dev Both contracts hold the older tree.
    function _holdFirst(Consistency memory claim) private {
        bytes32[] memory nothing = new bytes32[](0);
        anchor.anchor(_LOG, TreeSize.wrap(0), TreeSize.wrap(claim.oldSize), claim.oldRoot, nothing);
        _twin.anchor(_LOG, TreeSize.wrap(0), TreeSize.wrap(claim.oldSize), claim.oldRoot, nothing);
    }

    function _call(LedgerAnchor one, ILedgerAnchor.Item memory item, bool isPacked) private returns (Outcome memory outcome) {
        vm.recordLogs();
        (outcome.isTaken, outcome.answer) = address(one).call(isPacked ? packedAnchor(item) : _plain(item));
        outcome.logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < outcome.logs.length; ++i) outcome.logs[i].emitter = address(0);
        (outcome.size, outcome.root, outcome.seq) = one.latest(item.logId);
    }

    function _assertMalformed(bytes memory data) private {
        (bool isTaken, bytes memory answer) = address(anchor).call(data);
        bytes memory refusal = abi.encodeWithSelector(ILedgerAnchor.LedgerAnchorMalformed.selector, data.length);
        assert(!isTaken && keccak256(answer) == keccak256(refusal));
    }

    function _damaged(ILedgerAnchor.Item memory item, uint256 kind, uint256 spot) private pure returns (ILedgerAnchor.Item memory) {
        if (kind == 0) item.logId = _FROZEN;
        if (kind == 1) item.logId = _FOREIGN;
        if (kind == 2) item.logId = _UNKNOWN;
        if (kind == 3) item.oldSize = TreeSize.wrap(uint64(spot));
        if (kind == 4) item.newSize = TreeSize.wrap(uint64(spot));
        if (kind == 5) item.newSize = item.oldSize;
        if (kind == 6) item.newRoot = item.newRoot.flipped(spot);
        if (kind == 7) item.proof = item.proof.withBitFlipped(spot);
        if (kind == 8) item.proof = item.proof.withHashCut(spot);
        if (kind == 9) item.proof = item.proof.withHashAdded(spot, item.newRoot);
        if (kind == 10) item.proof = new bytes32[](66 + (spot % 9));
        return item;
    }

    function _itemOf(Consistency memory claim) private pure returns (ILedgerAnchor.Item memory) {
        return ILedgerAnchor.Item(_LOG, TreeSize.wrap(claim.oldSize), TreeSize.wrap(claim.newSize), claim.newRoot, claim.proof);
    }

    function _plain(ILedgerAnchor.Item memory item) private pure returns (bytes memory) {
        return abi.encodeCall(ILedgerAnchor.anchor, (item.logId, item.oldSize, item.newSize, item.newRoot, item.proof));
    }

    function _cut(bytes memory data, uint256 length) private pure returns (bytes memory start) {
        start = new bytes(length);
        for (uint256 i = 0; i < length; ++i) start[i] = data[i];
    }
}
