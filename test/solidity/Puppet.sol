// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A contract that a test moves by strings: a payer, a receiver, a signer, a treasury
contract Puppet {
    enum Mood {
        Accept,
        Refuse,
        BurnGas,
        AnswerBomb,
        Call
    }

    Mood private _mood;
    address private _target;
    bytes private _data;
    /// @notice What the call of `Mood.Call` met: the error's selector, or the first word of an answer. Never zero before it, so that even
    /// little gas is enough to write it.
    bytes32 public heard;

    /// @notice What it does when coins or tokens arrive, or a signature is asked of it.
    function plan(Mood mood, address target, bytes calldata data) external {
        (_mood, _target, _data, heard) = (mood, target, data, bytes32(uint256(1)));
    }

    /// @notice Makes a call as itself.
    function act(address target, uint256 value, bytes calldata data) external payable {
        (bool isTaken, bytes memory answer) = target.call{value: value}(data);
        if (isTaken) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    /// @notice What a token with hooks calls.
    function onTokenMoved() external {
        _react();
    }

    /// @notice ERC-1271. Agrees to everything, unless a call that it tries in between is taken.
    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        if (_mood == Mood.Refuse) return 0;
        if (_mood == Mood.BurnGas) while (true) {}
        if (_mood != Mood.Call) return this.isValidSignature.selector;
        (bool isTaken, ) = _target.call(_data);
        return isTaken ? bytes4(0) : this.isValidSignature.selector;
    }

    receive() external payable {
        _react();
    }

    function _react() private {
        if (_mood == Mood.Refuse) revert();
        if (_mood == Mood.BurnGas) while (true) {}
        if (_mood == Mood.AnswerBomb) {
            assembly ("memory-safe") {
                return(0, 1000000)
            }
        }
        if (_mood == Mood.Call) {
            (, bytes memory answer) = _target.call(_data);
            heard = answer.length == 0 ? bytes32(0) : bytes32(answer);
        }
    }
}
