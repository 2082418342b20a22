// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface IObserver {
    /// @notice Everything that the contracts tell of themselves, in one word.
    function told() external view returns (bytes32);
}

/// @title Makes a call while it is paid, or pays
contract Intruder {
    IObserver private immutable _OBSERVER;

    /// @notice What the contracts told in the middle of the outer call.
    bytes32 public seen;
    bool public wasTaken;
    bytes public answer;
    bool public hasCalled;
    address private _target;
    bytes private _data;

    constructor() {
        _OBSERVER = IObserver(msg.sender);
    }

    receive() external payable {
        _react();
    }

    /// @notice The next time that money moves, looks, and makes this call.
    function plan(address target, bytes calldata data) external {
        (_target, _data, hasCalled) = (target, data, false);
    }

    /// @notice Makes a call as itself.
    function act(address target, bytes calldata data) external returns (bool isTaken, bytes memory said) {
        return target.call(data);
    }

    /// @notice What a token with hooks calls.
    function onTokenMoved() external {
        _react();
    }

    function _react() private {
        (address target, bytes memory data) = (_target, _data);
        if (target == address(0)) return;
        (_target, hasCalled) = (address(0), true);
        seen = _OBSERVER.told();
        (wasTaken, answer) = target.call(data);
    }
}
