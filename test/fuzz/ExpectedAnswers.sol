// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm, vm} from "./Vm.sol";

/// @title Calls whose answers and events are known beforehand
/// @notice A handler says what a call has to bring, makes it, and fails on anything else.
abstract contract ExpectedAnswers {
    error Surprise(bytes4 call, bytes expected, bytes actual);
    error OtherEvents(bytes4 call, Vm.Log[] expected, Vm.Log[] actual);

    /// @dev The events that the next call has to bring, in order.
    Vm.Log[] private _expected;
    mapping(bytes4 selector => uint256) public accepted;
    mapping(bytes4 reason => uint256) public refused;

    /// @dev Topics beyond the event's own are words; `data` is the rest, encoded.
    function _expect(address emitter, bytes32 topic, bytes32[] memory indexed_, bytes memory data) internal {
        Vm.Log storage log = _expected.push();
        log.topics.push(topic);
        for (uint256 i = 0; i < indexed_.length; ++i) log.topics.push(indexed_[i]);
        log.data = data;
        log.emitter = emitter;
    }

    /// @dev Calls without coins.
    function _call(address caller, address target, bytes memory data, bytes memory refusal) internal returns (Vm.Log[] memory) {
        return _call(caller, target, 0, data, refusal);
    }

    /// @dev Calls, and compares with what is expected: `refusal` is the whole error, empty for a call that has to be taken. What has to be
    /// refused brings no event. Answers the events of the target itself.
    function _call(
        address caller,
        address target,
        uint256 value,
        bytes memory data,
        bytes memory refusal
    ) internal returns (Vm.Log[] memory logs) {
        vm.recordLogs();
        _ask(caller, target, value, data, refusal);
        // The runner records the events of a call that was undone too.
        Vm.Log[] memory all = vm.getRecordedLogs();
        if (refusal.length == 0) logs = _emittedBy(target, all);
        if (keccak256(abi.encode(logs)) != keccak256(abi.encode(_expected))) revert OtherEvents(bytes4(data), _expected, logs);
        delete _expected;
    }

    /// @dev Calls, and compares the answer alone.
    function _ask(address caller, address target, uint256 value, bytes memory data, bytes memory refusal) internal {
        vm.prank(caller);
        (bool isTaken, bytes memory answer) = target.call{value: value}(data);
        bytes4 selector = bytes4(data);
        if (isTaken != (refusal.length == 0) || (!isTaken && keccak256(answer) != keccak256(refusal)))
            revert Surprise(selector, refusal, answer);
        if (isTaken) ++accepted[selector];
        else ++refused[bytes4(refusal)];
    }

    function _words(bytes32 one) internal pure returns (bytes32[] memory words) {
        words = new bytes32[](1);
        words[0] = one;
    }

    function _words(bytes32 one, bytes32 two) internal pure returns (bytes32[] memory words) {
        words = new bytes32[](2);
        (words[0], words[1]) = (one, two);
    }

    function _words(bytes32 one, bytes32 two, bytes32 three) internal pure returns (bytes32[] memory words) {
        words = new bytes32[](3);
        (words[0], words[1], words[2]) = (one, two, three);
    }

    function _word(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    function _word(uint256 number) internal pure returns (bytes32) {
        return bytes32(number);
    }

    function _emittedBy(address emitter, Vm.Log[] memory all) private pure returns (Vm.Log[] memory own) {
        uint256 count;
        for (uint256 i = 0; i < all.length; ++i) if (all[i].emitter == emitter) ++count;
        own = new Vm.Log[](count);
        for (uint256 i = all.length; i > 0; --i) if (all[i - 1].emitter == emitter) own[--count] = all[i - 1];
    }
}
