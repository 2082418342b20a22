// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Takes no coins
contract Refusing {}

/// @title Burns all gas that it is given
contract Burning {
    receive() external payable {
        while (true) {}
    }
}

/// @title Answers with as many bytes as its gas pays for
contract Bombing {
    receive() external payable {
        assembly ("memory-safe") {
            revert(0, 1000000)
        }
    }
}

/// @title Takes coins once it was told to, and claims fees for itself
contract LateReceiver {
    bool private _takes;

    error TooEarly();

    receive() external payable {
        if (!_takes) revert TooEarly();
    }

    function claim(address vault, address token, bool takes) external {
        _takes = takes;
        (bool isTaken, bytes memory answer) = vault.call(abi.encodeWithSignature("claimFees(address)", token));
        if (!isTaken) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }
}
