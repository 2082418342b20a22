// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IFeeVault} from "../../contracts/interfaces/IFeeVault.sol";
import {IPlatformPause} from "../../contracts/interfaces/IPlatformPause.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {BlocklistToken} from "../solidity/OddTokens.sol";
import {SettlementHandler} from "./SettlementHandler.sol";

/// @title What holds of the settlement after every call, whoever makes it and in whatever order
/// @notice The handler itself fails on an answer or an event that it does not expect (I2, I5, I6, M3, M5) and on a fee that is not its share (I8).
contract SettlementInvariants {
    error NeverMet(bytes4 what);

    SettlementHandler private _handler;
    mapping(bytes4 what => bool) private _isMet;

    function setUp() external {
        _handler = _begun();
    }

    /// @notice A history of six calls, of any kind, by anybody; the runner takes another ten thousand times.
    function testFuzz_I1_I2_I3_I4_I5_I7_M1_M2_M4_TheEventsAreTheBooks(uint256[6] calldata randoms) external {
        for (uint256 i = 0; i < randoms.length; ++i) {
            _any(uint256(keccak256(abi.encode(randoms[i]))));
            _handler.assertBooksAreTheState();
        }
        _handler.assertMandatesAreKept();
        _handler.assertProvidersAreKnown();
    }

    /// @notice The laws would hold of a contract that refuses everything, and of a handler that asks for nothing: every call is taken, and every
    /// reason to refuse is met.
    function test_TheHandlerMeetsEveryAnswer() external {
        for (uint256 i = 0; i < 400; ++i) {
            if (i % 10 == 9) _begin();
            uint256 random = uint256(keccak256(abi.encode(i)));
            for (uint256 j = 0; j < 3; ++j) _handler.pay(uint256(keccak256(abi.encode(i, j))));
            _handler.payBatch(random >> 1);
            _handler.collect(random >> 2);
            _handler.refund(random >> 3);
            _handler.claim(random >> 4);
            _handler.surround(random >> 5);
            _handler.govern(random >> 9, random >> 16);
            if (i % 5 == 0) _handler.approve(random >> 6);
            if (i % 5 == 1) _handler.cancel(random >> 7);
            if (i % 5 == 2) _handler.revoke(random >> 8);
            if (i % 5 == 3) _handler.pause(random >> 9);
            _handler.assertBooksAreTheState();
            _handler.assertMandatesAreKept();
            _handler.assertProvidersAreKnown();
        }
        _changeHands();
        _begin();
        bytes4[28] memory calls = _calls();
        for (uint256 i = 0; i < calls.length; ++i) if (!_isMet[calls[i]]) revert NeverMet(calls[i]);
        bytes4[28] memory reasons = _reasons();
        for (uint256 i = 0; i < reasons.length; ++i) if (!_isMet[reasons[i]]) revert NeverMet(reasons[i]);
    }

    /// @dev What takes days, by who may: an admin, a treasury and a recovery come into force, and nobody notices but who is concerned.
    function _changeHands() private {
        _begin();
        for (uint256 p = 0; p < 2; ++p) {
            for (uint256 kind = 5; kind < 14; kind += 3) {
                // Proposed, and ended by the admin: of the admin, of the treasury, of a recovery, which freezes the others.
                _handler.govern(kind, p);
                _handler.govern(kind == 11 ? 5 : kind + 1, p);
                _handler.govern(kind + 2, p);
            }
            _handler.govern(5, p);
            _handler.govern(8, p);
            _handler.wait(2 days);
            _handler.govern(6, p);
            _handler.govern(9, p);
            _handler.pay(p);
            _handler.govern(11, p);
            _handler.wait(14 days);
            _handler.govern(12, p);
            _handler.pay((1 << 24) + p);
            _handler.assertBooksAreTheState();
            _handler.assertProvidersAreKnown();
        }
    }

    /// @dev Both providers pay a fee already, and its receiver is on a blocklist, so that short histories get far.
    function _begun() private returns (SettlementHandler handler) {
        handler = new SettlementHandler();
        handler.govern(14, 100 << 32); // Provider 0 pays 1 %,
        handler.govern(14, (100 << 32) + 1); // and so does provider 1,
        handler.wait(7 days); // seven days later.
        handler.govern(2, 0x0201 << 32); // The refunder of provider 0,
        handler.govern(2, (0x0201 << 32) + 1); // and for provider 1.
        handler.surround(2);
    }

    /// @dev Another handler, since slots run out; what the last one met is remembered.
    function _begin() private {
        bytes4[28] memory calls = _calls();
        for (uint256 i = 0; i < calls.length; ++i) if (_handler.accepted(calls[i]) > 0) _isMet[calls[i]] = true;
        bytes4[28] memory reasons = _reasons();
        for (uint256 i = 0; i < reasons.length; ++i) if (_handler.refused(reasons[i]) > 0) _isMet[reasons[i]] = true;
        _handler = _begun();
    }

    function _any(uint256 random) private {
        uint256 kind = random % 16;
        random >>= 8;
        if (kind < 4) _handler.pay(random);
        else if (kind == 4) _handler.payBatch(random);
        else if (kind < 8) _handler.collect(random);
        else if (kind == 8) _handler.cancel(random);
        else if (kind == 9) _handler.refund(random);
        else if (kind == 10) _handler.claim(random);
        else if (kind == 11) _handler.surround(random);
        else if (kind < 14) _handler.govern(random >> 240, random);
        else if (kind == 14) _handler.pause(random);
        else if (random % 4 == 0) _handler.approve(random >> 2);
        else _handler.revoke(random >> 2);
    }

    function _calls() private pure returns (bytes4[28] memory) {
        return
            [
                IProviderSettlement.payNative.selector,
                IProviderSettlement.payToken.selector,
                IProviderSettlement.payWithPermit.selector,
                IProviderSettlement.payWithPermit2.selector,
                IProviderSettlement.payWithAuthorization.selector,
                IProviderSettlement.payBatch.selector,
                IProviderSettlement.collect.selector,
                IProviderSettlement.approveMandate.selector,
                IProviderSettlement.revoke.selector,
                IProviderSettlement.revokeBySig.selector,
                IProviderSettlement.cancelSeq.selector,
                IProviderSettlement.refund.selector,
                IFeeVault.claimFees.selector,
                IPlatformPause.pause.selector,
                IPlatformPause.unpause.selector,
                IProviderRegistry.setSigner.selector,
                IProviderRegistry.setCollector.selector,
                IProviderRegistry.setRefunder.selector,
                IProviderRegistry.setToken.selector,
                IProviderRegistry.setProviderPaused.selector,
                IProviderRegistry.acceptAdmin.selector,
                IProviderRegistry.cancelAdmin.selector,
                IProviderRegistry.applyTreasury.selector,
                IProviderRegistry.cancelTreasury.selector,
                IProviderRegistry.applyRecovery.selector,
                IProviderRegistry.vetoRecovery.selector,
                IProviderRegistry.setFee.selector,
                IProviderRegistry.setFeeReceiver.selector
            ];
    }

    /// @dev All errors of the settlement but two that no honest token and no key that takes coins bring about, and those of its neighbours.
    function _reasons() private pure returns (bytes4[28] memory) {
        return
            [
                IProviderSettlement.ProviderSettlementQuoteExpired.selector,
                IProviderSettlement.ProviderSettlementQuoteNotYetValid.selector,
                IProviderSettlement.ProviderSettlementAlreadySettled.selector,
                IProviderSettlement.ProviderSettlementAlreadyRefunded.selector,
                IProviderSettlement.ProviderSettlementWrongPayer.selector,
                IProviderSettlement.ProviderSettlementWrongToken.selector,
                IProviderSettlement.ProviderSettlementBatchMixed.selector,
                IProviderSettlement.ProviderSettlementBatchLength.selector,
                IProviderSettlement.ProviderSettlementWrongValue.selector,
                IProviderSettlement.ProviderSettlementSignerNotAuthorised.selector,
                IProviderSettlement.ProviderSettlementAmountOutOfRange.selector,
                IProviderSettlement.ProviderSettlementUnknownKind.selector,
                IProviderSettlement.ProviderSettlementZeroAddress.selector,
                IProviderSettlement.ProviderSettlementBadMandate.selector,
                IProviderSettlement.ProviderSettlementMandateInactive.selector,
                IProviderSettlement.ProviderSettlementCapExceeded.selector,
                IProviderRegistry.ProviderRegistrySignerNotAuthorised.selector,
                IProviderRegistry.ProviderRegistryNotCollector.selector,
                IProviderRegistry.ProviderRegistryProviderInactive.selector,
                IProviderRegistry.ProviderRegistryTokenNotAllowed.selector,
                IProviderRegistry.ProviderRegistryRecoveryPending.selector,
                IAccessControl.AccessControlUnauthorizedAccount.selector,
                Pausable.EnforcedPause.selector,
                IFeeVault.FeeVaultNothingOwed.selector,
                BlocklistToken.Blocked.selector,
                IERC20Errors.ERC20InsufficientAllowance.selector,
                ERC3009.ERC3009InvalidSignature.selector,
                bytes4(keccak256("InvalidSigner()"))
            ];
    }
}
