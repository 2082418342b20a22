// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @title Signs by the key of its owner, until that is taken back; what follows the key's signature is not looked at
contract WalletSigner is IERC1271 {
    address private _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function setOwner(address owner) external {
        _owner = owner;
    }

    function isValidSignature(bytes32 digest, bytes calldata sig) external view returns (bytes4) {
        (address recovered, , ) = ECDSA.tryRecover(digest, sig[:65]);
        return recovered == _owner && _owner != address(0) ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

/// @title Reverts
contract RevertingSigner {
    error Never();

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert Never();
    }
}

/// @title Burns all gas that it is given
contract BurningSigner {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        while (true) {}
        return IERC1271.isValidSignature.selector;
    }
}

/// @title Agrees to everything, for more gas than anybody would give
contract CostlySigner {
    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        uint256 given = gasleft();
        while (given - gasleft() < 500_000) {}
        return IERC1271.isValidSignature.selector;
    }
}

/// @title Answers the right word with something behind it that is no zero
contract SloppySigner {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes32) {
        return bytes32(uint256(uint32(IERC1271.isValidSignature.selector)) << 224) | bytes32(uint256(1));
    }
}

/// @title Wants to change something while it is asked
contract WritingSigner {
    uint256 public asked;

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        ++asked;
        return IERC1271.isValidSignature.selector;
    }
}

/// @title Says yes to whoever prepares it first, as a wallet of ERC-6492 would be deployed first
contract PreparedSigner {
    bool public isPrepared;

    function prepare() external {
        isPrepared = true;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return isPrepared ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
