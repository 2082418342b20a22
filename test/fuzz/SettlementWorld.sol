// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProviderRegistry} from "../../contracts/ProviderRegistry.sol";
import {ProviderSettlement} from "../../contracts/ProviderSettlement.sol";
import {DemoDollar} from "../../contracts/examples/DemoDollar.sol";
import {IPermit2} from "../../contracts/interfaces/IPermit2.sol";
import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {BlocklistToken} from "../solidity/OddTokens.sol";
import {vm} from "./Vm.sol";

/// @title Two providers, three payers, three assets, and the platform around them
abstract contract SettlementWorld {
    uint256 internal constant PROVIDERS = 2;
    uint256 internal constant PAYERS = 3;
    uint256 internal constant ASSETS = 3;
    uint16 internal constant FEE_CAP = 1_000;
    uint48 internal constant FOREVER = type(uint48).max;
    bytes32 private constant _RECEIVE =
        keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
    bytes32 private constant _QUOTE =
        keccak256(
            "Quote(uint64 providerId,uint64 seq,bytes32 invoiceRef,uint8 kind,address payer,address token,uint256 amount,"
            "bytes3 currency,uint128 fiatMinor,uint48 validAfter,uint48 deadline)"
        );

    address internal constant PLATFORM = address(0xA0);
    address internal constant FEE_RECEIVER = address(0xA1);
    address internal constant COLLECTOR = address(0xA2);
    address internal constant STRANGER = address(0xA3);

    /// @dev Not immutable: the runner tells contracts by their code, in which values that differ would have to be few.
    ProviderRegistry internal registry;
    ProviderSettlement internal settlement;
    DemoDollar internal dollar;
    BlocklistToken internal token;

    constructor() {
        registry = new ProviderRegistry(0, PLATFORM, PLATFORM, PLATFORM, FEE_CAP, FEE_RECEIVER);
        settlement = new ProviderSettlement(registry, IPermit2(address(1)));
        dollar = new DemoDollar();
        token = new BlocklistToken();
        for (uint256 i = 0; i < PROVIDERS; ++i) _open(i);
        for (uint256 i = 0; i < PAYERS; ++i) _fund(payerOf(i));
        for (uint256 i = 0; i < PROVIDERS; ++i) _fund(signerOf(i));
    }

    function payerOf(uint256 i) internal pure returns (address) {
        return vm.addr(_payerKey(i));
    }

    function signerOf(uint256 i) internal pure returns (address) {
        return vm.addr(_signerKey(i));
    }

    function adminOf(uint256 i) internal pure returns (address) {
        return address(uint160(0xB0 + i));
    }

    function treasuryOf(uint256 i) internal pure returns (address) {
        return address(uint160(0xC0 + i));
    }

    /// @dev The native coin, a token with a blocklist, and one with EIP-3009.
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

    function _quote(
        uint256 provider,
        uint256 seq,
        uint256 asset,
        uint256 amount
    ) internal view returns (IProviderSettlement.Quote memory) {
        return
            IProviderSettlement.Quote({
                providerId: ProviderId.wrap(uint64(provider)),
                seq: Seq.wrap(uint64(seq)),
                invoiceRef: keccak256(abi.encode(provider, seq)),
                kind: 1,
                payer: address(0),
                token: assetOf(asset),
                amount: amount,
                currency: "EUR",
                fiatMinor: 1,
                validAfter: 0,
                deadline: FOREVER
            });
    }

    /// @dev As the settlement hashes what is signed; that this is what wallets hash is said by other tests.
    function _signed(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function _authorized(uint256 key, IProviderSettlement.Quote memory q) internal view returns (bytes memory) {
        bytes32 nonce = keccak256(abi.encode(_QUOTE, q));
        address from = vm.addr(key);
        bytes32 structHash = keccak256(
            abi.encode(_RECEIVE, from, address(settlement), q.amount, q.validAfter, q.deadline, nonce)
        );
        return _signed(key, keccak256(abi.encodePacked(hex"1901", dollar.DOMAIN_SEPARATOR(), structHash)));
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

    /// @dev Everybody has a standing allowance without an end.
    function _fund(address account) private {
        vm.deal(account, type(uint128).max);
        token.mint(account, type(uint128).max);
        dollar.mint(account, type(uint128).max);
        vm.prank(account);
        token.approve(address(settlement), type(uint256).max);
        vm.prank(account);
        dollar.approve(address(settlement), type(uint256).max);
    }
}
