// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ILedgerAnchor} from "../../contracts/interfaces/ILedgerAnchor.sol";
import {Held, LedgerAnchorHandler, LOGS, Step} from "./LedgerAnchorHandler.sol";

/// @title What holds after every call, whoever makes it and in whatever order
/// @notice The handler itself fails on any answer or event that the model does not expect. The laws look at the contract alone.
contract LedgerAnchorInvariants {
    error SizeShrank(uint256 log);
    error SeqDoesNotCountTheAnchors(uint256 log);
    error RootChangedWithoutAProof(uint256 log);
    error ExtendedByAnother(uint256 log);
    error FrozenLogChanged(uint256 log);
    error GuardianDidMoreThanFreeze(uint256 log);
    error AdminDidMoreThanRegister(uint256 log);
    error RegisteredTwice(uint256 log);
    error RotatedInOneStep(uint256 log);

    LedgerAnchorHandler private _handler;

    /// @dev Two of the logs are there from the start and one of them has a tree, so that short histories get far.
    function setUp() external {
        _handler = new LedgerAnchorHandler();
        _handler.register(0, 1, 0x21);
        _handler.register(1, 1, 0x31);
        _handler.extend(0, 1, 0x208, false);
    }

    /// @notice Read by the runner: it calls nothing else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_HoldsWhatTheModelHolds() external view {
        for (uint256 i = 0; i < LOGS; ++i)
            assert(keccak256(abi.encode(_handler.held(i))) == keccak256(abi.encode(_handler.expected(i))));
    }

    function invariant_EveryStepKeepsTheLaws() external view {
        Step memory step = _handler.lastStep();
        for (uint256 i = 0; i < LOGS; ++i) {
            _growsOnlyByItsPublisherWithAProof(step, i);
            _changesHandsInTwoSteps(step, i);
            _keepsEachHandToItsPart(step, i);
            if (_isFrozen(step.was[i]) && !_isSame(step.was[i], step.now_[i])) revert FrozenLogChanged(i);
        }
    }

    /// @notice The laws would hold of a contract that refuses everything, and of a handler that asks for nothing.
    function test_TheHandlerMeetsEveryAnswer() external {
        for (uint256 i = 0; i < 100; ++i) {
            uint256 random = uint256(keccak256(abi.encode(i)));
            _handler.extend(random, random >> 16, random >> 32, random & 1 == 0);
            uint256[3] memory logs = [random >> 32, random >> 48, random >> 64];
            _handler.extendMany(random, random >> 16, logs, [random >> 80, random >> 96, random >> 112]);
            _handler.propose(random, random >> 16, random >> 32);
            _handler.accept(random, random >> 16);
            _handler.register(random, random >> 16, random >> 32);
            if (i % 25 == 24) _handler.freeze(random, random >> 16);
        }
        bytes4[6] memory calls = [
            _handler.register.selector,
            _handler.extend.selector,
            _handler.extendMany.selector,
            _handler.propose.selector,
            _handler.accept.selector,
            _handler.freeze.selector
        ];
        for (uint256 i = 0; i < calls.length; ++i) assert(_handler.accepted(calls[i]) > 0);
        bytes4[10] memory reasons = [
            ILedgerAnchor.LedgerAnchorNotRegistered.selector,
            ILedgerAnchor.LedgerAnchorAlreadyRegistered.selector,
            ILedgerAnchor.LedgerAnchorFrozen.selector,
            ILedgerAnchor.LedgerAnchorNotPublisher.selector,
            ILedgerAnchor.LedgerAnchorNotProposed.selector,
            ILedgerAnchor.LedgerAnchorSizeMismatch.selector,
            ILedgerAnchor.LedgerAnchorNotAhead.selector,
            ILedgerAnchor.LedgerAnchorInconsistent.selector,
            ILedgerAnchor.LedgerAnchorZeroAddress.selector,
            IAccessControl.AccessControlUnauthorizedAccount.selector
        ];
        for (uint256 i = 0; i < reasons.length; ++i) assert(_handler.refused(reasons[i]) > 0);
    }

    function _growsOnlyByItsPublisherWithAProof(Step memory step, uint256 i) private pure {
        (Held memory was, Held memory now_) = (step.was[i], step.now_[i]);
        if (now_.size < was.size) revert SizeShrank(i);
        bool hasGrown = now_.size > was.size;
        if (now_.seq - was.seq != step.anchored[i] || (now_.seq > was.seq) != hasGrown) revert SeqDoesNotCountTheAnchors(i);
        bool isNew = now_.root != was.root && _isRegistered(was);
        if ((hasGrown || isNew) && !step.isProven[i]) revert RootChangedWithoutAProof(i);
        if ((hasGrown || isNew) && step.caller != was.publisher) revert ExtendedByAnother(i);
    }

    function _changesHandsInTwoSteps(Step memory step, uint256 i) private pure {
        (address was, address now_) = (step.was[i].publisher, step.now_[i].publisher);
        if (was == now_ || now_ == address(0)) return;
        if (was == address(0) && _isRegistered(step.was[i])) revert RegisteredTwice(i);
        bool isByTheNext = step.selector == LedgerAnchorHandler.accept.selector && step.caller == now_;
        if (was != address(0) && !isByTheNext) revert RotatedInOneStep(i);
    }

    function _keepsEachHandToItsPart(Step memory step, uint256 i) private view {
        (Held memory was, Held memory now_) = (step.was[i], step.now_[i]);
        if (_isSame(was, now_)) return;
        bool isFrozenOnly = now_.publisher == address(0) && now_.size == was.size && now_.seq == was.seq && now_.root == was.root;
        if (step.caller == _handler.anchor().defaultAdmin() && _isRegistered(was)) revert AdminDidMoreThanRegister(i);
        if (_handler.anchor().hasRole(keccak256("GUARDIAN_ROLE"), step.caller) && !isFrozenOnly) revert GuardianDidMoreThanFreeze(i);
    }

    function _isFrozen(Held memory log) private pure returns (bool) {
        return log.publisher == address(0) && _isRegistered(log);
    }

    function _isRegistered(Held memory log) private pure returns (bool) {
        return log.root != 0 || log.size != 0;
    }

    function _isSame(Held memory one, Held memory other) private pure returns (bool) {
        return keccak256(abi.encode(one)) == keccak256(abi.encode(other));
    }
}
