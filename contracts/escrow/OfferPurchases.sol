// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IPermit2} from "../interfaces/IPermit2.sol";
import {IPpvEscrow} from "../interfaces/IPpvEscrow.sol";
import {ExactTransfer} from "../payments/ExactTransfer.sol";
import {FeeVault} from "../payments/FeeVault.sol";
import {PlatformPause} from "../payments/PlatformPause.sol";
import {SignedBy} from "../payments/SignedBy.sol";
import {SlotBitmap, Slots} from "../payments/SlotBitmap.sol";
import {EventId} from "../types/EventId.sol";
import {ProviderId} from "../types/ProviderId.sol";
import {Seq} from "../types/Seq.sol";
import {OfferTypes} from "./OfferTypes.sol";

/// @title What is held for whom, and every way in
/// @notice The payer is the caller, except where the payer's own signature names the offer (Permit2 and EIP-3009).
abstract contract OfferPurchases is IPpvEscrow, FeeVault, PlatformPause, EIP712 {
    using OfferTypes for Offer;
    using SlotBitmap for Slots;

    /// @dev What is held of an event in one token.
    struct TokenBook {
        /// @dev The sum of the purchases that were neither refunded nor captured.
        uint256 held;
        mapping(Seq seq => Purchase) purchases;
    }

    /// @dev A refund in another token than the purchase finds nothing.
    struct EventBook {
        EventState state;
        mapping(address token => TokenBook) tokens;
    }

    address internal constant NATIVE = address(0);
    uint256 private constant _CAPTURE_TIME_MIN = 14 days;
    uint256 private constant _HOLDING_TIME_MAX = 400 days;

    /// @notice Where Permit2 stands on this chain.
    IPermit2 public immutable permit2;

    mapping(ProviderId id => mapping(EventId eventId => EventBook)) internal _events;
    /// @dev Over all events and tokens of a provider.
    Slots internal _purchased;

    constructor(IPermit2 permit2_) {
        permit2 = permit2_;
    }

    /// @inheritdoc IPpvEscrow
    function purchase(Offer calldata o, address signer, bytes calldata sig) external payable nonReentrant whenNotPaused {
        uint256 expected = o.token == NATIVE ? o.amount : 0;
        if (msg.value != expected) revert PpvEscrowWrongValue(msg.value, expected);
        _hold(o, signer, sig, msg.sender);
        if (o.token != NATIVE) _requireExact(ExactTransfer.pull(o.token, msg.sender, address(this), o.amount), o.amount);
    }

    /// @inheritdoc IPpvEscrow
    function purchaseWithAuthorization(
        Offer calldata o,
        address signer,
        bytes calldata sig,
        address payer,
        bytes calldata auth
    ) external nonReentrant whenNotPaused {
        if (o.token == NATIVE) revert PpvEscrowWrongToken(o.token);
        bytes32 structHash = _hold(o, signer, sig, payer);
        _requireExact(ExactTransfer.receiveAuthorized(_signedPull(o, payer, structHash), auth), o.amount);
    }

    /// @inheritdoc IPpvEscrow
    function purchaseWithPermit2(
        Offer calldata o,
        address signer,
        bytes calldata sig,
        address payer,
        uint256 nonce,
        bytes calldata payerSig
    ) external nonReentrant whenNotPaused {
        if (o.token == NATIVE) revert PpvEscrowWrongToken(o.token);
        bytes32 structHash = _hold(o, signer, sig, payer);
        IPermit2.TokenPermissions memory permitted = IPermit2.TokenPermissions(o.token, o.amount);
        IPermit2.PermitTransferFrom memory permit = IPermit2.PermitTransferFrom(permitted, nonce, o.deadline);
        _requireExact(
            ExactTransfer.pullPermitted(permit2, permit, payer, address(this), structHash, OfferTypes.OFFER_WITNESS, payerSig),
            o.amount
        );
    }

    /// @inheritdoc IPpvEscrow
    function eventOf(ProviderId providerId, EventId eventId) external view returns (EventState memory) {
        return _events[providerId][eventId].state;
    }

    /// @inheritdoc IPpvEscrow
    function heldOf(ProviderId providerId, EventId eventId, address token) external view returns (uint256) {
        return _events[providerId][eventId].tokens[token].held;
    }

    /// @inheritdoc IPpvEscrow
    function purchaseOf(ProviderId providerId, EventId eventId, address token, Seq seq) external view returns (Purchase memory) {
        return _events[providerId][eventId].tokens[token].purchases[seq];
    }

    /// @inheritdoc IPpvEscrow
    function purchasedWord(ProviderId providerId, uint256 word) external view returns (uint256) {
        return _purchased.words[providerId][word];
    }

    /// @inheritdoc IPpvEscrow
    function hashOffer(Offer calldata o) external view returns (bytes32) {
        return _hashTypedDataV4(o.structHash());
    }

    function _close(ProviderId providerId, Seq seq) internal {
        if (!_purchased.close(providerId, seq)) revert PpvEscrowAlreadyPurchased(seq);
    }

    /// @dev Everything but the money: after this the purchase stands and is told.
    function _hold(Offer calldata o, address signer, bytes calldata sig, address payer) private returns (bytes32 structHash) {
        if (block.timestamp >= o.deadline) revert PpvEscrowQuoteExpired(o.deadline);
        if (o.payer != address(0) && o.payer != payer) revert PpvEscrowWrongPayer(o.payer, payer);
        if (o.amount == 0) revert PpvEscrowAmountOutOfRange(o.amount);
        (, uint16 feeBps, ) = registry.quotable(o.providerId, o.token, signer);
        structHash = o.structHash();
        if (!SignedBy.isSignedBy(_hashTypedDataV4(structHash), signer, sig)) revert PpvEscrowSignerNotAuthorised(signer);
        EventBook storage book = _events[o.providerId][o.eventId];
        _enter(o, book, feeBps);
        _close(o.providerId, o.seq);
        TokenBook storage tokenBook = book.tokens[o.token];
        tokenBook.purchases[o.seq] = Purchase(payer, o.amount);
        tokenBook.held += o.amount;
        emit Purchased(o.providerId, o.eventId, payer, o.seq, o.token, o.amount, o.ref);
    }

    /// @dev The first offer opens the event, and its terms hold for all others.
    function _enter(Offer calldata o, EventBook storage book, uint16 feeBps) private {
        if (block.timestamp >= o.captureAfter) revert PpvEscrowTooLate(o.captureAfter);
        EventState storage state = book.state;
        if (state.status == Status.Open) {
            if (state.captureAfter != o.captureAfter || state.reclaimAfter != o.reclaimAfter) revert PpvEscrowTermsMismatch();
            return;
        }
        if (state.status != Status.None) revert PpvEscrowWrongStatus(state.status);
        if (o.reclaimAfter < o.captureAfter + _CAPTURE_TIME_MIN || o.reclaimAfter > block.timestamp + _HOLDING_TIME_MAX)
            revert PpvEscrowBadTimes(o.captureAfter, o.reclaimAfter);
        book.state = EventState(o.captureAfter, o.reclaimAfter, feeBps, Status.Open);
        emit EventOpened(o.providerId, o.eventId, o.captureAfter, o.reclaimAfter, feeBps);
    }

    function _signedPull(
        Offer calldata o,
        address payer,
        bytes32 structHash
    ) private pure returns (ExactTransfer.SignedPull memory) {
        return ExactTransfer.SignedPull(o.token, payer, o.amount, 0, o.deadline, structHash);
    }

    function _requireExact(uint256 got, uint256 expected) private pure {
        if (got != expected) revert PpvEscrowInexactTransfer(got, expected);
    }
}
