// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IPermit2} from "./interfaces/IPermit2.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {IProviderSettlement} from "./interfaces/IProviderSettlement.sol";
import {ExactTransfer} from "./payments/ExactTransfer.sol";
import {NativeTransfer} from "./payments/NativeTransfer.sol";
import {PlatformPause} from "./payments/PlatformPause.sol";
import {SlotBitmap, Slots} from "./payments/SlotBitmap.sol";
import {MandateCollections} from "./settlement/MandateCollections.sol";
import {QuotePayments} from "./settlement/QuotePayments.sol";
import {ProviderId} from "./types/ProviderId.sol";
import {REFUNDER, Roles, SIGNER} from "./types/Roles.sol";
import {Seq} from "./types/Seq.sol";

/// @title The settlement that `IProviderSettlement` describes
/// @notice Immutable: no proxy, no upgrade. It takes no coin but with a payment, and has no way to move what strays here.
contract ProviderSettlement is QuotePayments, MandateCollections {
    using SlotBitmap for Slots;

    Slots private _refunded;

    /// @param registry_ Who providers are, and who the platform is.
    /// @param permit2_ Where Permit2 stands on this chain.
    constructor(
        IProviderRegistry registry_,
        IPermit2 permit2_
    ) EIP712("Tallyroot Settlement", "1") PlatformPause(registry_) QuotePayments(permit2_) {}

    /// @inheritdoc IProviderSettlement
    function refund(
        ProviderId providerId,
        Seq seq,
        Seq refundSeq,
        address token,
        address to,
        uint256 amount,
        bytes32 reason
    ) external payable nonReentrant {
        _requireOperator(providerId, SIGNER | REFUNDER);
        if (to == address(0)) revert ProviderSettlementZeroAddress();
        _requireAmount(amount);
        uint256 expected = token == NATIVE ? amount : 0;
        if (msg.value != expected) revert ProviderSettlementWrongValue(msg.value, expected);
        if (!_refunded.close(providerId, refundSeq)) revert ProviderSettlementAlreadyRefunded(providerId, refundSeq);
        emit Refunded(providerId, seq, to, refundSeq, token, amount, reason);
        if (token != NATIVE) _requireExact(ExactTransfer.pull(token, msg.sender, to, amount), amount);
        else if (!NativeTransfer.push(to, amount)) revert ProviderSettlementNativeTransferFailed();
    }

    /// @inheritdoc IProviderSettlement
    function cancelSeq(ProviderId providerId, Seq seq) external nonReentrant {
        _requireOperator(providerId, SIGNER);
        _close(providerId, seq);
        emit SeqCancelled(providerId, seq, msg.sender);
    }

    /// @inheritdoc IProviderSettlement
    function refundedWord(ProviderId providerId, uint256 word) external view returns (uint256) {
        return _refunded.words[providerId][word];
    }

    function _requireOperator(ProviderId providerId, Roles wanted) private view {
        (, , Roles roles) = registry.operable(providerId, msg.sender);
        if (!roles.includesAny(wanted)) revert ProviderSettlementSignerNotAuthorised(msg.sender);
    }
}
