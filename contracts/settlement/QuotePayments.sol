// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IPermit2} from "../interfaces/IPermit2.sol";
import {IProviderSettlement} from "../interfaces/IProviderSettlement.sol";
import {ExactTransfer} from "../payments/ExactTransfer.sol";
import {NativeTransfer} from "../payments/NativeTransfer.sol";
import {ProviderId} from "../types/ProviderId.sol";
import {SettlementSlots} from "./SettlementSlots.sol";
import {SettlementTypes} from "./SettlementTypes.sol";

/// @title Every way to pay a quote
/// @notice The payer is the caller, except where the payer's own signature names the quote (Permit2 and EIP-3009): an allowance or a permit
/// names no invoice, and whoever could spend it for another's quote could spend it for an own one.
abstract contract QuotePayments is SettlementSlots {
    using SettlementTypes for Quote;

    /// @dev How a quote was paid, in `Settled`.
    enum Method {
        None,
        Native,
        Allowance,
        Permit,
        Permit2,
        Authorization
    }

    uint8 private constant _LAST_KIND = 5;

    /// @notice Where Permit2 stands on this chain.
    IPermit2 public immutable permit2;

    constructor(IPermit2 permit2_) {
        permit2 = permit2_;
    }

    /// @inheritdoc IProviderSettlement
    function payNative(Quote calldata q, address signer, bytes calldata sig) external payable nonReentrant whenNotPaused {
        if (q.token != NATIVE) revert ProviderSettlementWrongToken(q.token);
        if (msg.value != q.amount) revert ProviderSettlementWrongValue(msg.value, q.amount);
        (Split memory split, ) = _settle(q, signer, sig, msg.sender, Method.Native);
        _payNative(split);
    }

    /// @inheritdoc IProviderSettlement
    function payToken(Quote calldata q, address signer, bytes calldata sig) external nonReentrant whenNotPaused {
        _requireToken(q.token);
        (Split memory split, ) = _settle(q, signer, sig, msg.sender, Method.Allowance);
        _pullSplit(q.token, msg.sender, split);
    }

    /// @inheritdoc IProviderSettlement
    function payWithPermit(
        Quote calldata q,
        address signer,
        bytes calldata sig,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external nonReentrant whenNotPaused {
        _requireToken(q.token);
        (Split memory split, ) = _settle(q, signer, sig, msg.sender, Method.Permit);
        try IERC20Permit(q.token).permit(msg.sender, address(this), q.amount, deadline, v, r, s) {} catch {}
        _pullSplit(q.token, msg.sender, split);
    }

    /// @inheritdoc IProviderSettlement
    function payWithPermit2(
        Quote calldata q,
        address signer,
        bytes calldata sig,
        address payer,
        uint256 nonce,
        bytes calldata payerSig
    ) external nonReentrant whenNotPaused {
        _requireToken(q.token);
        (Split memory split, bytes32 structHash) = _settle(q, signer, sig, payer, Method.Permit2);
        address to = split.fee == 0 ? split.treasury : address(this);
        IPermit2.TokenPermissions memory permitted = IPermit2.TokenPermissions(q.token, q.amount);
        IPermit2.PermitTransferFrom memory permit = IPermit2.PermitTransferFrom(permitted, nonce, q.deadline);
        _requireExact(
            ExactTransfer.pullPermitted(permit2, permit, payer, to, structHash, SettlementTypes.QUOTE_WITNESS, payerSig),
            q.amount
        );
        if (split.fee != 0) _pushSplit(q.token, split);
    }

    /// @inheritdoc IProviderSettlement
    function payWithAuthorization(
        Quote calldata q,
        address signer,
        bytes calldata sig,
        address payer,
        bytes calldata auth
    ) external nonReentrant whenNotPaused {
        _requireToken(q.token);
        (Split memory split, bytes32 structHash) = _settle(q, signer, sig, payer, Method.Authorization);
        _requireExact(ExactTransfer.receiveAuthorized(_signedPull(q, payer, structHash), auth), q.amount);
        _pushSplit(q.token, split);
    }

    /// @inheritdoc IProviderSettlement
    function payBatch(Quote[] calldata qs, address signer, bytes[] calldata sigs) external payable nonReentrant whenNotPaused {
        if (qs.length == 0 || qs.length != sigs.length) revert ProviderSettlementBatchLength(qs.length, sigs.length);
        ProviderId providerId = qs[0].providerId;
        address token = qs[0].token;
        Method method = token == NATIVE ? Method.Native : Method.Allowance;
        Split memory sum;
        uint16 bps;
        (sum.treasury, bps, sum.feeReceiver) = registry.quotable(providerId, token, signer);
        Split memory split = Split(sum.treasury, sum.feeReceiver, 0, 0);
        for (uint256 i = 0; i < qs.length; ++i) {
            Quote calldata q = qs[i];
            if (ProviderId.unwrap(q.providerId) != ProviderId.unwrap(providerId) || q.token != token)
                revert ProviderSettlementBatchMixed(i);
            _check(q, msg.sender);
            _requireSignature(signer, q.structHash(), sigs[i]);
            _divide(split, q.amount, bps);
            _record(q, msg.sender, method, split);
            sum.net += split.net;
            sum.fee += split.fee;
        }
        uint256 expected = token == NATIVE ? sum.net + sum.fee : 0;
        if (msg.value != expected) revert ProviderSettlementWrongValue(msg.value, expected);
        if (token == NATIVE) _payNative(sum);
        else _pullSplit(token, msg.sender, sum);
    }

    /// @inheritdoc IProviderSettlement
    function hashQuote(Quote calldata q) external view returns (bytes32) {
        return _hashTypedDataV4(q.structHash());
    }

    /// @dev Everything but the money: after this the slot is closed and told.
    function _settle(
        Quote calldata q,
        address signer,
        bytes calldata sig,
        address payer,
        Method method
    ) private returns (Split memory split, bytes32 structHash) {
        _check(q, payer);
        uint16 bps;
        (split.treasury, bps, split.feeReceiver) = registry.quotable(q.providerId, q.token, signer);
        structHash = q.structHash();
        _requireSignature(signer, structHash, sig);
        _divide(split, q.amount, bps);
        _record(q, payer, method, split);
    }

    function _record(Quote calldata q, address payer, Method method, Split memory split) private {
        _close(q.providerId, q.seq);
        emit Settled(
            q.providerId,
            q.invoiceRef,
            payer,
            q.seq,
            q.kind,
            uint8(method),
            q.token,
            q.amount,
            split.fee,
            split.treasury,
            q.currency,
            q.fiatMinor
        );
    }

    function _payNative(Split memory split) private {
        if (!NativeTransfer.pay(split.treasury, split.net)) revert ProviderSettlementNativeTransferFailed();
        _pushFee(NATIVE, split.feeReceiver, split.fee);
    }

    function _check(Quote calldata q, address payer) private view {
        if (block.timestamp <= q.validAfter) revert ProviderSettlementQuoteNotYetValid(q.validAfter);
        if (block.timestamp >= q.deadline) revert ProviderSettlementQuoteExpired(q.deadline);
        address expected = q.payer;
        if (expected != address(0) && expected != payer) revert ProviderSettlementWrongPayer(expected, payer);
        uint8 kind = q.kind;
        if (kind == 0 || kind > _LAST_KIND) revert ProviderSettlementUnknownKind(kind);
        _requireAmount(q.amount);
    }

    function _signedPull(
        Quote calldata q,
        address payer,
        bytes32 structHash
    ) private pure returns (ExactTransfer.SignedPull memory) {
        return ExactTransfer.SignedPull(q.token, payer, q.amount, q.validAfter, q.deadline, structHash);
    }

    function _requireToken(address token) private pure {
        if (token == NATIVE) revert ProviderSettlementWrongToken(token);
    }
}
