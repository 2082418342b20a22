// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Calls back when it is paid: as a treasury, a fee receiver, a refunded payer, a token's receiver
/// @notice Takes the money whatever came of the calls, and remembers their answers.
contract Reentrant {
    address private _target;
    bytes[] private _calls;

    bytes[] public answers;
    bool public hasSucceeded;

    receive() external payable {
        _callBack();
    }

    function prepare(address target, bytes[] calldata calls) external {
        _target = target;
        delete _calls;
        for (uint256 i = 0; i < calls.length; ++i) _calls.push(calls[i]);
    }

    function tokensReceived(address, uint256) external {
        _callBack();
    }

    /// @notice Does what it is told, so that it can be an admin or a signer too.
    function perform(address target, bytes calldata data) external payable returns (bytes memory) {
        (bool isTaken, bytes memory answer) = target.call{value: msg.value}(data);
        require(isTaken, string(answer));
        return answer;
    }

    function answerCount() external view returns (uint256) {
        return answers.length;
    }

    function _callBack() private {
        for (uint256 i = 0; i < _calls.length; ++i) {
            (bool isTaken, bytes memory answer) = _target.call(_calls[i]);
            if (isTaken) hasSucceeded = true;
            answers.push(answer);
        }
    }
}
