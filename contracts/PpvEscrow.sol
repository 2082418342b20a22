// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {OfferPurchases} from "./escrow/OfferPurchases.sol";
import {IPermit2} from "./interfaces/IPermit2.sol";
import {IPpvEscrow} from "./interfaces/IPpvEscrow.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {NativeTransfer} from "./payments/NativeTransfer.sol";
import {PlatformPause} from "./payments/PlatformPause.sol";
import {EventId} from "./types/EventId.sol";
import {ProviderId} from "./types/ProviderId.sol";
import {ADMIN, Roles, SIGNER} from "./types/Roles.sol";
import {Seq} from "./types/Seq.sol";

/// @title The escrow that `IPpvEscrow` describes
/// @notice Immutable: no proxy, no upgrade. It takes no coin but with a purchase, and has no way to move what strays here. No pause stops what
/// is below the purchases.
contract PpvEscrow is OfferPurchases {
    using SafeERC20 for IERC20;

    uint256 private constant _PROVIDER_ALONE = 3 days;

    /// @param registry_ Who providers are, and who the platform is.
    /// @param permit2_ Where Permit2 stands on this chain.
    constructor(
        IProviderRegistry registry_,
        IPermit2 permit2_
    ) EIP712("Tallyroot Escrow", "1") PlatformPause(registry_) OfferPurchases(permit2_) {}

    /// @inheritdoc IPpvEscrow
    function captureEvent(ProviderId providerId, EventId eventId, address[] calldata tokens) external nonReentrant {
        (address treasury, address feeReceiver, Roles roles) = registry.operable(providerId, msg.sender);
        EventBook storage book = _events[providerId][eventId];
        uint16 feeBps = _capture(book.state, roles);
        if (tokens.length == 0) revert PpvEscrowNothingHeld(NATIVE);
        for (uint256 i = 0; i < tokens.length; ++i) {
            address token = tokens[i];
            TokenBook storage tokenBook = book.tokens[token];
            uint256 amount = tokenBook.held;
            if (amount == 0) revert PpvEscrowNothingHeld(token);
            uint256 fee = _feeOf(amount, feeBps);
            tokenBook.held = 0;
            emit EventCaptured(providerId, eventId, token, amount, fee, treasury);
            _pay(token, treasury, amount - fee);
            if (fee > 0) _pushFee(token, feeReceiver == address(0) ? registry.feeReceiver() : feeReceiver, fee);
        }
    }

    /// @inheritdoc IPpvEscrow
    function cancelEvent(ProviderId providerId, EventId eventId) external nonReentrant {
        _requireOperator(providerId);
        EventState storage state = _events[providerId][eventId].state;
        if (state.status != Status.None && state.status != Status.Open) revert PpvEscrowWrongStatus(state.status);
        state.status = Status.Cancelled;
        emit EventCancelled(providerId, eventId);
    }

    /// @inheritdoc IPpvEscrow
    function cancelSeq(ProviderId providerId, Seq seq) external nonReentrant {
        _requireOperator(providerId);
        _close(providerId, seq);
        emit SeqCancelled(providerId, seq, msg.sender);
    }

    /// @inheritdoc IPpvEscrow
    function refundPurchase(ProviderId providerId, EventId eventId, address token, Seq seq) external nonReentrant {
        _requireOperator(providerId);
        EventBook storage book = _events[providerId][eventId];
        Status status = book.state.status;
        if (status != Status.Open) revert PpvEscrowWrongStatus(status);
        Purchase memory bought = _release(book.tokens[token], seq);
        emit PurchaseRefunded(providerId, eventId, bought.payer, seq, token, bought.amount, bought.payer);
        if (!_tryPay(token, bought.payer, bought.amount)) revert PpvEscrowRefundFailed(bought.payer);
    }

    /// @inheritdoc IPpvEscrow
    function claimRefunds(ProviderId providerId, EventId eventId, address token, Seq[] calldata seqs) external nonReentrant {
        EventBook storage book = _events[providerId][eventId];
        _requireReclaimable(book.state);
        TokenBook storage tokenBook = book.tokens[token];
        for (uint256 i = 0; i < seqs.length; ++i) {
            Seq seq = seqs[i];
            Purchase memory bought = _release(tokenBook, seq);
            if (_tryPay(token, bought.payer, bought.amount)) {
                emit PurchaseRefunded(providerId, eventId, bought.payer, seq, token, bought.amount, bought.payer);
            } else {
                tokenBook.purchases[seq] = bought;
                tokenBook.held += bought.amount;
                emit RefundSkipped(providerId, eventId, seq, token);
            }
        }
    }

    /// @inheritdoc IPpvEscrow
    function claimRefundTo(ProviderId providerId, EventId eventId, address token, Seq seq, address to) external nonReentrant {
        if (to == address(0) || to == address(this)) revert PpvEscrowBadReceiver(to);
        EventBook storage book = _events[providerId][eventId];
        _requireReclaimable(book.state);
        Purchase memory bought = _release(book.tokens[token], seq);
        if (bought.payer != msg.sender) revert PpvEscrowWrongPayer(bought.payer, msg.sender);
        emit PurchaseRefunded(providerId, eventId, bought.payer, seq, token, bought.amount, to);
        _pay(token, to, bought.amount);
    }

    /// @dev The first capture decides between treasury and payers; later ones only bring what it left to the same place.
    function _capture(EventState storage state, Roles roles) private returns (uint16 feeBps) {
        feeBps = state.feeBps;
        Status status = state.status;
        if (status == Status.Captured) return feeBps;
        if (status != Status.Open) revert PpvEscrowWrongStatus(status);
        uint48 captureAfter = state.captureAfter;
        if (block.timestamp < captureAfter) revert PpvEscrowTooEarly(captureAfter);
        uint48 reclaimAfter = state.reclaimAfter;
        if (block.timestamp >= reclaimAfter) revert PpvEscrowTooLate(reclaimAfter);
        if (!roles.includesAny(ADMIN | SIGNER) && block.timestamp < captureAfter + _PROVIDER_ALONE)
            revert PpvEscrowSignerNotAuthorised(msg.sender);
        state.status = Status.Captured;
    }

    /// @dev Takes a purchase out of the books, to be paid back.
    function _release(TokenBook storage tokenBook, Seq seq) private returns (Purchase memory bought) {
        bought = tokenBook.purchases[seq];
        if (bought.amount == 0) revert PpvEscrowNothingToRefund(seq);
        delete tokenBook.purchases[seq];
        tokenBook.held -= bought.amount;
    }

    function _pay(address token, address to, uint256 amount) private {
        if (token != NATIVE) IERC20(token).safeTransfer(to, amount);
        else if (!NativeTransfer.pay(to, amount)) revert PpvEscrowNativeTransferFailed();
    }

    /// @dev With gas for the native coin that is capped: payers are not chosen by who pays them back.
    function _tryPay(address token, address to, uint256 amount) private returns (bool isTaken) {
        return token == NATIVE ? NativeTransfer.push(to, amount) : IERC20(token).trySafeTransfer(to, amount);
    }

    function _requireReclaimable(EventState storage state) private view {
        if (state.status == Status.Cancelled) return;
        if (state.status != Status.Open) revert PpvEscrowWrongStatus(state.status);
        if (block.timestamp < state.reclaimAfter) revert PpvEscrowTooEarly(state.reclaimAfter);
    }

    function _requireOperator(ProviderId providerId) private view {
        (, , Roles roles) = registry.operable(providerId, msg.sender);
        if (!roles.includesAny(ADMIN | SIGNER)) revert PpvEscrowSignerNotAuthorised(msg.sender);
    }
}
