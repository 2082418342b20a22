// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LedgerAnchor} from "../../contracts/LedgerAnchor.sol";
import {ILedgerAnchor} from "../../contracts/interfaces/ILedgerAnchor.sol";
import {TreeSize} from "../../contracts/types/TreeSize.sol";
import {LedgerAnchorModel} from "./LedgerAnchorModel.sol";
import {packedAnchor} from "./PackedAnchor.sol";
import {ProofDamage} from "./ProofDamage.sol";
import {Consistency, RecursiveTree} from "./RecursiveTree.sol";
import {Vm, vm} from "./Vm.sol";

uint256 constant LOGS = 3;

/// @dev What the contract holds of a log.
struct Held {
    uint64 size;
    uint64 seq;
    address publisher;
    bytes32 root;
}

/// @dev One call of one hand, and each log before and after it.
struct Step {
    bytes4 selector;
    address caller;
    Held[LOGS] was;
    Held[LOGS] now_;
    /// @dev Was there a proof of what the call asked for?
    bool[LOGS] isProven;
    /// @dev How many `Anchored` it brought.
    uint64[LOGS] anchored;
}

/// @title Everybody who may speak to the contract, in any order
/// @notice Makes calls out of random numbers, most of them such as an honest hand would make, and compares each answer and each event
/// with the model's. Keeps the last step for laws that know nothing of the model.
contract LedgerAnchorHandler is LedgerAnchorModel {
    using ProofDamage for bytes32;
    using ProofDamage for bytes32[];

    error Surprise(bytes expected, bytes actual);
    error OtherEvents(uint256 expected, uint256 actual);

    LedgerAnchor public immutable anchor;
    address[6] private _actors = [address(0xA0), address(0xA1), address(0xA2), address(0xA3), address(0xA4), address(0xA5)];
    address[4] private _publishers = [address(0xA2), address(0xA3), address(0xA4), address(0xA5)];
    /// @dev Two states in turn: nothing changes between two steps.
    Held[LOGS][2] private _held;
    uint256 private _steps;
    bytes4 private _selector;
    address private _caller;
    bool[LOGS] private _proven;
    uint64[LOGS] private _anchored;
    /// @dev The events that the running step has to bring, in order.
    Vm.Log[] private _expected;
    mapping(bytes4 selector => uint256) public accepted;
    mapping(bytes4 reason => uint256) public refused;

    constructor() LedgerAnchorModel(address(0xA0), address(0xA1)) {
        anchor = new LedgerAnchor(0, admin, guardian);
    }

    /// @dev Frames a step: what is held after it, and the events that it brings.
    modifier step(bytes4 selector, address caller) {
        (_selector, _caller) = (selector, caller);
        delete _proven;
        delete _expected;
        vm.recordLogs();
        _;
        _compareEvents();
        ++_steps;
        for (uint256 i = 0; i < LOGS; ++i) _held[_steps % 2][i] = held(i);
    }

    function register(uint256 log, uint256 actor, uint256 publisher) external {
        address caller = actor % 4 == 0 ? _anybody(actor >> 2) : admin;
        _registerBy(caller, _logId(log), publisher % 16 == 0 ? address(0) : _publisher(publisher >> 4));
    }

    function extend(uint256 log, uint256 actor, uint256 random, bool isPacked) external {
        bytes32 logId = _logId(log);
        _extendBy(_publisherOr(actor, logId), _itemOf(logId, random), isPacked);
    }

    function extendMany(uint256 log, uint256 actor, uint256[3] calldata logs, uint256[3] calldata randoms) external {
        _extendManyBy(_publisherOr(actor, _logId(log)), log, logs, randoms);
    }

    function propose(uint256 log, uint256 actor, uint256 next) external {
        bytes32 logId = _logId(log);
        _proposeBy(_publisherOr(actor, logId), logId, next % 8 == 0 ? address(0) : _publisher(next >> 3));
    }

    function accept(uint256 log, uint256 actor) external {
        bytes32 logId = _logId(log);
        address next = ghosts[logId].next;
        _acceptBy(actor % 4 == 0 || next == address(0) ? _anybody(actor >> 2) : next, logId);
    }

    function freeze(uint256 log, uint256 actor) external {
        _freezeBy(actor % 2 == 0 ? guardian : _anybody(actor >> 1), _logId(log));
    }

    function lastStep() external view returns (Step memory) {
        return Step(_selector, _caller, _held[(_steps + 1) % 2], _held[_steps % 2], _proven, _anchored);
    }

    /// @notice What the contract holds of log `i`.
    function held(uint256 i) public view returns (Held memory) {
        (TreeSize size, bytes32 root, uint64 seq) = anchor.latest(_logId(i));
        return Held({size: TreeSize.unwrap(size), seq: seq, publisher: anchor.publisherOf(_logId(i)), root: root});
    }

    /// @notice What it has to hold.
    function expected(uint256 i) external view returns (Held memory) {
        Ghost storage ghost = ghosts[_logId(i)];
        return Held({size: ghost.size, seq: ghost.seq, publisher: ghost.publisher, root: ghost.root});
    }

    function _registerBy(address caller, bytes32 logId, address publisher) private step(this.register.selector, caller) {
        bytes memory refusal = _register(caller, logId, publisher);
        if (refusal.length == 0) _expect(ILedgerAnchor.LogRegistered.selector, logId, abi.encode(publisher));
        _call(caller, abi.encodeCall(ILedgerAnchor.register, (logId, publisher)), refusal);
    }

    function _extendBy(address caller, ILedgerAnchor.Item memory item, bool isPacked) private step(this.extend.selector, caller) {
        bytes memory refusal = _expectExtension(caller, item);
        bytes memory plain = abi.encodeCall(ILedgerAnchor.anchor, (item.logId, item.oldSize, item.newSize, item.newRoot, item.proof));
        _call(caller, isPacked ? packedAnchor(item) : plain, refusal);
    }

    /// @dev Items may be about one log twice: the model goes on between them, as the contract does.
    function _extendManyBy(
        address caller,
        uint256 log,
        uint256[3] calldata logs,
        uint256[3] calldata randoms
    ) private step(this.extendMany.selector, caller) {
        ILedgerAnchor.Item[] memory items = new ILedgerAnchor.Item[](3);
        for (uint256 i = 0; i < items.length; ++i) {
            items[i] = _itemOf(_logId(logs[i] % 2 == 0 ? log : logs[i] >> 1), randoms[i]);
            bytes memory refusal = _expectExtension(caller, items[i]);
            if (refusal.length == 0) continue;
            _expect(ILedgerAnchor.AnchorSkipped.selector, items[i].logId, abi.encode(bytes4(refusal)));
            ++refused[bytes4(refusal)];
        }
        _call(caller, abi.encodeCall(ILedgerAnchor.anchorMany, (items)), "");
    }

    function _proposeBy(address caller, bytes32 logId, address next) private step(this.propose.selector, caller) {
        bytes memory refusal = _propose(caller, logId, next);
        if (refusal.length == 0) _expect(ILedgerAnchor.PublisherProposed.selector, logId, abi.encode(next));
        _call(caller, abi.encodeCall(ILedgerAnchor.proposePublisher, (logId, next)), refusal);
    }

    function _acceptBy(address caller, bytes32 logId) private step(this.accept.selector, caller) {
        address from = ghosts[logId].publisher;
        bytes memory refusal = _accept(caller, logId);
        if (refusal.length == 0) _expect(ILedgerAnchor.PublisherRotated.selector, logId, abi.encode(from, caller));
        _call(caller, abi.encodeCall(ILedgerAnchor.acceptPublisher, (logId)), refusal);
    }

    function _freezeBy(address caller, bytes32 logId) private step(this.freeze.selector, caller) {
        bytes memory refusal = _freeze(caller, logId);
        if (refusal.length == 0) _expect(ILedgerAnchor.Frozen.selector, logId, "");
        _call(caller, abi.encodeCall(ILedgerAnchor.freeze, (logId)), refusal);
    }

    function _expectExtension(address caller, ILedgerAnchor.Item memory item) private returns (bytes memory refusal) {
        bytes32 prevRoot = ghosts[item.logId].root;
        if (_isProven(item)) _proven[_placeOf(item.logId)] = true;
        refusal = _anchor(caller, item);
        if (refusal.length > 0) return refusal;
        _expect(ILedgerAnchor.Anchored.selector, item.logId, abi.encode(item.newRoot, prevRoot, ghosts[item.logId].seq));
        _expected[_expected.length - 1].topics.push(bytes32(uint256(TreeSize.unwrap(item.newSize))));
    }

    /// @dev The next tree of a log, or something that only looks like it.
    function _itemOf(bytes32 logId, uint256 random) private view returns (ILedgerAnchor.Item memory item) {
        Ghost storage ghost = ghosts[logId];
        uint64 newSize = ghost.size + 1 + uint64((random >> 8) % 3);
        Consistency memory claim = RecursiveTree.grown(logId, ghost.size == 0 ? newSize : ghost.size, newSize);
        item = ILedgerAnchor.Item(logId, TreeSize.wrap(ghost.size), TreeSize.wrap(newSize), claim.newRoot, claim.proof);
        uint256 kind = random % 16;
        if (kind == 0) item.oldSize = TreeSize.wrap(ghost.size + 1);
        if (kind == 1) item.newSize = TreeSize.wrap(uint64((random >> 16) % (ghost.size + 1)));
        if (kind == 2) item.newRoot = item.newRoot.flipped(random >> 16);
        if (kind == 3) item.proof = item.proof.withHashAdded(random >> 16, claim.newRoot);
        if (kind == 4 && item.proof.length > 0) item.proof = item.proof.withHashCut(random >> 16);
        if (kind == 5 && item.proof.length > 0) item.proof = item.proof.withBitFlipped(random >> 16);
        if (kind == 6 && item.proof.length > 1) item.proof = item.proof.withHashesSwapped(random >> 16);
        if (kind == 7) item.newRoot = 0;
    }

    function _call(address caller, bytes memory data, bytes memory refusal) private {
        vm.prank(caller);
        (bool isTaken, bytes memory answer) = address(anchor).call(data);
        if (isTaken != (refusal.length == 0) || keccak256(answer) != keccak256(refusal)) revert Surprise(refusal, answer);
        if (isTaken) ++accepted[_selector];
        else ++refused[bytes4(refusal)];
    }

    function _expect(bytes32 topic, bytes32 logId, bytes memory data) private {
        Vm.Log storage log = _expected.push();
        log.topics.push(topic);
        log.topics.push(logId);
        log.data = data;
        log.emitter = address(anchor);
    }

    function _compareEvents() private {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (keccak256(abi.encode(logs)) != keccak256(abi.encode(_expected))) revert OtherEvents(_expected.length, logs.length);
        delete _anchored;
        for (uint256 i = 0; i < logs.length; ++i)
            if (logs[i].topics[0] == ILedgerAnchor.Anchored.selector) ++_anchored[_placeOf(logs[i].topics[1])];
    }

    function _logId(uint256 random) private pure returns (bytes32) {
        return keccak256(abi.encode(random % LOGS));
    }

    function _placeOf(bytes32 logId) private pure returns (uint256 place) {
        while (_logId(place) != logId) ++place;
    }

    function _anybody(uint256 random) private view returns (address) {
        return _actors[random % _actors.length];
    }

    /// @dev Neither the admin nor the guardian, who then have only their own part to play.
    function _publisher(uint256 random) private view returns (address) {
        return _publishers[random % _publishers.length];
    }

    /// @dev Mostly the publisher, and anybody now and then.
    function _publisherOr(uint256 random, bytes32 logId) private view returns (address) {
        address publisher = ghosts[logId].publisher;
        return random % 4 == 0 || publisher == address(0) ? _anybody(random >> 2) : publisher;
    }
}
