// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermit2} from "../../contracts/interfaces/IPermit2.sol";
import {ProviderRegistry} from "../../contracts/ProviderRegistry.sol";
import {DemoDollar} from "../../contracts/examples/DemoDollar.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {BlocklistToken} from "../solidity/OddTokens.sol";
import {vm} from "./Vm.sol";

interface IDomain {
    function DOMAIN_SEPARATOR() external view returns (bytes32);
}

/// @title Two providers, three payers, three assets, and the platform around them
abstract contract ProviderWorld {
    uint256 internal constant PROVIDERS = 2;
    uint256 internal constant PAYERS = 3;
    uint256 internal constant ASSETS = 3;
    uint16 internal constant FEE_CAP = 1_000;
    uint48 internal constant FOREVER = type(uint48).max;
    bytes32 private constant _RECEIVE =
        keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
    bytes32 private constant _PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant _TOKEN_PERMISSIONS = keccak256("TokenPermissions(address token,uint256 amount)");

    address internal constant PLATFORM = address(0xA0);
    address internal constant FEE_RECEIVER = address(0xA1);
    address internal constant COLLECTOR = address(0xA2);
    address internal constant STRANGER = address(0xA3);
    address internal constant REFUNDER = address(0xA4);
    address internal constant NEXT_FEE_RECEIVER = address(0xA5);

    /// @dev Not immutable: the runner tells contracts by their code, in which values that differ would have to be few.
    ProviderRegistry internal registry;
    IPermit2 internal permit2;
    DemoDollar internal dollar;
    BlocklistToken internal token;
    /// @dev Asked for once: an address is a multiplication on the curve away from its key.
    address[PAYERS] private _payers;
    address[2 * PROVIDERS] private _signers;

    constructor() {
        registry = new ProviderRegistry(0, PLATFORM, PLATFORM, PLATFORM, FEE_CAP, FEE_RECEIVER);
        permit2 = _permit2();
        dollar = new DemoDollar();
        token = new BlocklistToken();
        for (uint256 i = 0; i < PAYERS; ++i) _payers[i] = vm.addr(_payerKey(i));
        for (uint256 i = 0; i < 2 * PROVIDERS; ++i) _signers[i] = vm.addr(_signerKey(i));
        for (uint256 i = 0; i < PROVIDERS; ++i) _open(i);
    }

    function payerOf(uint256 i) internal view returns (address) {
        return _payers[i];
    }

    /// @dev Those of provider 0 and 1, and then the keys that take turns with them.
    function signerOf(uint256 i) internal view returns (address) {
        return _signers[i];
    }

    function adminOf(uint256 i) internal pure returns (address) {
        return address(uint160(0xB0 + i));
    }

    function treasuryOf(uint256 i) internal pure returns (address) {
        return address(uint160(0xC0 + i));
    }

    /// @dev The native coin, a token with a blocklist, and one with EIP-2612 and EIP-3009.
    function assetOf(uint256 i) internal view returns (address) {
        if (i == 0) return address(0);
        return i == 1 ? address(token) : address(dollar);
    }

    function _payerKey(uint256 i) internal pure returns (uint256) {
        return 1_000 + i;
    }

    function _signerKey(uint256 i) internal pure returns (uint256) {
        return 2_000 + i;
    }

    /// @dev As the contracts hash what is signed; that this is what wallets hash is said by other tests.
    function _signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// @dev EIP-3009, by a key of whoever says to be `from`.
    function _authorized(
        uint256 key,
        address from,
        address to,
        uint256 amount,
        uint48[2] memory times,
        bytes32 nonce
    ) internal view returns (bytes memory) {
        bytes32 structHash = keccak256(abi.encode(_RECEIVE, from, to, amount, times[0], times[1], nonce));
        return _signed(key, _digest(address(dollar), structHash));
    }

    /// @dev EIP-2612, without an end.
    function _permitted(
        uint256 key,
        address owner,
        address spender,
        uint256 amount
    ) internal view returns (uint8 v, bytes32 r, bytes32 s) {
        bytes32 structHash = keccak256(abi.encode(_PERMIT, owner, spender, amount, dollar.nonces(owner), uint256(FOREVER)));
        return vm.sign(key, _digest(address(dollar), structHash));
    }

    /// @dev Permit2, with a witness of the type that `witnessType` ends the type string with.
    function _witnessed(
        uint256 key,
        address spender,
        IPermit2.PermitTransferFrom memory permit,
        bytes32 witness,
        string memory witnessType
    ) internal view returns (bytes memory) {
        bytes32 permissions = keccak256(abi.encode(_TOKEN_PERMISSIONS, permit.permitted));
        bytes memory type_ = abi.encodePacked(
            "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,",
            witnessType
        );
        bytes32 structHash = keccak256(abi.encode(keccak256(type_), permissions, spender, permit.nonce, permit.deadline, witness));
        return _signed(key, _digest(address(permit2), structHash));
    }

    /// @dev Everybody who pays or refunds has much of everything, and a standing allowance without an end for the contract and for Permit2.
    function _fund(address account, address spender) internal {
        vm.deal(account, type(uint128).max);
        token.mint(account, type(uint128).max);
        dollar.mint(account, type(uint128).max);
        _allow(account, spender);
        _allow(account, address(permit2));
    }

    function _allow(address account, address spender) internal {
        vm.prank(account);
        token.approve(spender, type(uint256).max);
        vm.prank(account);
        dollar.approve(spender, type(uint256).max);
    }

    function _digest(address verifier, bytes32 structHash) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", IDomain(verifier).DOMAIN_SEPARATOR(), structHash));
    }

    /// @dev Permit2 as it stands on every chain; its source is no part of this project.
    function _permit2() private returns (IPermit2 deployed) {
        bytes memory code = vm.parseJsonBytes(vm.readFile("test/vectors/permit2.json"), ".creationCode");
        assembly ("memory-safe") {
            deployed := create(0, add(code, 32), mload(code))
        }
        assert(address(deployed) != address(0));
    }

    function _open(uint256 i) private {
        ProviderId id = ProviderId.wrap(uint64(i));
        vm.prank(PLATFORM);
        registry.createProvider(id, adminOf(i), treasuryOf(i));
        vm.prank(adminOf(i));
        registry.setSigner(id, signerOf(i), FOREVER);
        vm.prank(adminOf(i));
        registry.setCollector(id, COLLECTOR, FOREVER);
        vm.prank(adminOf(i));
        registry.setToken(id, address(token), true, 6);
        vm.prank(adminOf(i));
        registry.setToken(id, address(dollar), true, 6);
    }
}
