// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IERC3009} from "../interfaces/IERC3009.sol";

/// @title A dollar for chains of your own
/// @notice Pays like a common stablecoin: 6 decimals, EIP-2612, EIP-3009.
/// @dev WARNING: anybody makes as much of it as they like, so it is worth nothing.
contract DemoDollar is ERC20Permit, IERC3009 {
    bytes32 private constant _RECEIVE =
        keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );

    /// @notice Was this nonce of this holder used?
    mapping(address holder => mapping(bytes32 nonce => bool)) public authorizationState;

    /// @notice Only the receiver may send what was authorised for it.
    error DemoDollarNotReceiver(address to, address caller);
    /// @notice The authorisation is not valid yet, or no longer.
    error DemoDollarNotNow(uint256 validAfter, uint256 validBefore);
    /// @notice The nonce was used.
    error DemoDollarNonceUsed(address holder, bytes32 nonce);
    /// @notice The signature is not the holder's.
    error DemoDollarBadSignature(address holder);

    /// @notice A nonce was used, and its amount moved.
    event AuthorizationUsed(address indexed holder, bytes32 indexed nonce);

    constructor() ERC20("Demo Dollar", "DEMO") ERC20Permit("Demo Dollar") {}

    /// @notice Makes money out of nothing.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @inheritdoc IERC3009
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _receive(from, to, value, validAfter, validBefore, nonce, abi.encodePacked(r, s, v));
    }

    /// @inheritdoc IERC3009
    function receiveWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes calldata signature
    ) external {
        _receive(from, to, value, validAfter, validBefore, nonce, signature);
    }

    /// @notice As the usual dollars have it.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function _receive(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) private {
        if (to != msg.sender) revert DemoDollarNotReceiver(to, msg.sender);
        if (block.timestamp <= validAfter || block.timestamp >= validBefore) revert DemoDollarNotNow(validAfter, validBefore);
        if (authorizationState[from][nonce]) revert DemoDollarNonceUsed(from, nonce);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(_RECEIVE, from, to, value, validAfter, validBefore, nonce)));
        if (!SignatureChecker.isValidSignatureNow(from, digest, signature)) revert DemoDollarBadSignature(from);
        authorizationState[from][nonce] = true;
        emit AuthorizationUsed(from, nonce);
        _transfer(from, to, value);
    }
}
