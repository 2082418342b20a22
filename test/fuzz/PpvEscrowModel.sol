// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPpvEscrow} from "../../contracts/interfaces/IPpvEscrow.sol";
import {PpvEscrow} from "../../contracts/PpvEscrow.sol";
import {EventId} from "../../contracts/types/EventId.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {ModuleHands} from "./ModuleHands.sol";
import {Vm} from "./Vm.sol";

/// @title What the escrow has to answer, to tell and to hold, said once more and plainly
/// @notice Purchases in a list instead of books by token. Refusals are whole errors, in the order in which the contract looks.
abstract contract PpvEscrowModel is ModuleHands {
    struct Bought {
        uint256 p;
        uint64 eventId;
        uint64 seq;
        address asset;
        address payer;
        uint96 amount;
        /// @dev Neither refunded nor captured.
        bool isLive;
        /// @dev Only then is its record gone: a capture is one write, however many purchases it ends.
        bool isRefunded;
    }

    string internal constant OFFER_TYPE =
        "Offer(uint64 providerId,uint64 eventId,uint64 seq,address payer,address token,uint96 amount,bytes32 ref,"
        "uint48 captureAfter,uint48 reclaimAfter,uint48 deadline)";
    address internal constant ELSEWHERE = address(0xD0);

    PpvEscrow internal escrow;
    Bought[] internal bought;
    mapping(uint256 provider => mapping(uint64 eventId => IPpvEscrow.EventState)) internal states;
    mapping(uint256 provider => uint256 bits) internal closed;

    constructor() {
        escrow = new PpvEscrow(registry, permit2);
        for (uint256 i = 0; i < PAYERS; ++i) {
            _fund(payerOf(i), address(escrow));
            _follow(payerOf(i));
        }
        for (uint256 i = 0; i < 2 * PROVIDERS; ++i) _follow(treasuryOf(i));
        address[4] memory others = [FEE_RECEIVER, NEXT_FEE_RECEIVER, ELSEWHERE, address(escrow)];
        for (uint256 i = 0; i < others.length; ++i) _follow(others[i]);
    }

    function _module() internal view override returns (address) {
        return address(escrow);
    }

    /// @dev The model knows what a call has to bring: it books before, and the events are compared.
    function _bookOne(address, Vm.Log memory) internal override {}

    /// @dev Everything about an offer but the payer's own word.
    function _refusesOffer(
        IPpvEscrow.Offer memory o,
        address payer,
        address signer,
        bool isSigned
    ) internal view returns (bytes memory refusal) {
        if (time >= o.deadline) return abi.encodeWithSelector(IPpvEscrow.PpvEscrowQuoteExpired.selector, o.deadline);
        if (o.payer != address(0) && o.payer != payer)
            return abi.encodeWithSelector(IPpvEscrow.PpvEscrowWrongPayer.selector, o.payer, payer);
        if (o.amount == 0) return abi.encodeWithSelector(IPpvEscrow.PpvEscrowAmountOutOfRange.selector, 0);
        uint256 p = ProviderId.unwrap(o.providerId);
        refusal = _refusesPayment(p, o.token, Right.Sign, signer);
        if (refusal.length == 0 && !isSigned) refusal = _notAuthorised(signer);
        if (refusal.length == 0) refusal = _refusesTimes(o, states[p][EventId.unwrap(o.eventId)]);
        if (refusal.length == 0) refusal = _refusesSeq(p, Seq.unwrap(o.seq));
    }

    function _refusesSeq(uint256 p, uint64 seq) internal view returns (bytes memory) {
        if (closed[p] & (1 << seq) == 0) return "";
        return abi.encodeWithSelector(IPpvEscrow.PpvEscrowAlreadyPurchased.selector, seq);
    }

    function _refusesOperator(uint256 p, address caller) internal view returns (bytes memory) {
        return _operates(p, caller) ? bytes("") : _notAuthorised(caller);
    }

    /// @dev The first capture is a choice, by those who may choose in its time; after it there is none left.
    function _refusesCapture(uint256 p, uint64 eventId, address caller) internal view returns (bytes memory) {
        IPpvEscrow.EventState storage state = states[p][eventId];
        if (state.status == IPpvEscrow.Status.Captured) return "";
        if (state.status != IPpvEscrow.Status.Open) return _wrongStatus(state.status);
        if (time < state.captureAfter) return abi.encodeWithSelector(IPpvEscrow.PpvEscrowTooEarly.selector, state.captureAfter);
        if (time >= state.reclaimAfter) return abi.encodeWithSelector(IPpvEscrow.PpvEscrowTooLate.selector, state.reclaimAfter);
        return time < uint256(state.captureAfter) + 3 days ? _refusesOperator(p, caller) : bytes("");
    }

    function _refusesReclaim(uint256 p, uint64 eventId) internal view returns (bytes memory) {
        IPpvEscrow.EventState storage state = states[p][eventId];
        if (state.status == IPpvEscrow.Status.Cancelled) return "";
        if (state.status != IPpvEscrow.Status.Open) return _wrongStatus(state.status);
        if (time >= state.reclaimAfter) return "";
        return abi.encodeWithSelector(IPpvEscrow.PpvEscrowTooEarly.selector, state.reclaimAfter);
    }

    function _wrongStatus(IPpvEscrow.Status status) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IPpvEscrow.PpvEscrowWrongStatus.selector, status);
    }

    function _notAuthorised(address who) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IPpvEscrow.PpvEscrowSignerNotAuthorised.selector, who);
    }

    function _nothingToRefund(uint64 seq) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IPpvEscrow.PpvEscrowNothingToRefund.selector, seq);
    }

    /// @dev Whoever signs for a provider may run its events, and so may its admin, in a recovery too.
    function _operates(uint256 p, address caller) internal view returns (bool) {
        return caller == known[p].admin || _hasRight(p, Right.Sign, caller);
    }

    function _liveOf(uint256 p, uint64 eventId, address asset) internal view returns (uint256 sum) {
        for (uint256 i = 0; i < bought.length; ++i)
            if (_isOf(bought[i], p, eventId, asset) && bought[i].isLive) sum += bought[i].amount;
    }

    function _isOf(Bought storage one, uint256 p, uint64 eventId, address asset) internal view returns (bool) {
        return one.p == p && one.eventId == eventId && one.asset == asset;
    }

    function _bookPurchase(IPpvEscrow.Offer memory o, address payer) internal {
        (uint256 p, uint64 id, uint64 seq) = (ProviderId.unwrap(o.providerId), EventId.unwrap(o.eventId), Seq.unwrap(o.seq));
        if (states[p][id].status == IPpvEscrow.Status.None) {
            uint16 fee = uint16(_feeOf(p));
            states[p][id] = IPpvEscrow.EventState(o.captureAfter, o.reclaimAfter, fee, IPpvEscrow.Status.Open);
            _expectOf(IPpvEscrow.EventOpened.selector, p, id, abi.encode(o.captureAfter, o.reclaimAfter, fee));
        }
        bytes32[] memory ids = _words(_word(p), _word(id), _word(payer));
        _expect(address(escrow), IPpvEscrow.Purchased.selector, ids, abi.encode(seq, o.token, o.amount, o.ref));
        closed[p] |= 1 << seq;
        bought.push(Bought(p, id, seq, o.token, payer, o.amount, true, false));
        _move(payer, address(escrow), o.token, o.amount);
    }

    /// @dev All that lives of an event in one asset goes to the treasury, less the fee of the day that the event was opened on.
    function _bookCapture(uint256 p, uint64 eventId, address asset) internal {
        uint256 amount = _liveOf(p, eventId, asset);
        uint256 fee = (amount * states[p][eventId].feeBps) / 10_000;
        for (uint256 i = 0; i < bought.length; ++i) if (_isOf(bought[i], p, eventId, asset)) bought[i].isLive = false;
        _expectOf(IPpvEscrow.EventCaptured.selector, p, eventId, abi.encode(asset, amount, fee, known[p].treasury));
        _expectFee(asset, fee);
        _move(address(escrow), known[p].treasury, asset, amount - fee);
        _move(address(escrow), feeReceiver, asset, fee);
    }

    function _bookRefund(Bought storage one, address to) internal {
        (one.isLive, one.isRefunded) = (false, true);
        bytes32[] memory ids = _words(_word(one.p), _word(one.eventId), _word(one.payer));
        bytes memory data = abi.encode(one.seq, one.asset, one.amount, to);
        _expect(address(escrow), IPpvEscrow.PurchaseRefunded.selector, ids, data);
        _move(address(escrow), to, one.asset, one.amount);
    }

    function _expectOf(bytes32 topic, uint256 p, uint64 eventId, bytes memory data) internal {
        _expect(address(escrow), topic, _words(_word(p), _word(eventId)), data);
    }

    /// @dev An event is entered before it begins, on the terms that it was opened with.
    function _refusesTimes(IPpvEscrow.Offer memory o, IPpvEscrow.EventState storage state) private view returns (bytes memory) {
        if (time >= o.captureAfter) return abi.encodeWithSelector(IPpvEscrow.PpvEscrowTooLate.selector, o.captureAfter);
        if (state.status == IPpvEscrow.Status.Open) {
            bool isSame = state.captureAfter == o.captureAfter && state.reclaimAfter == o.reclaimAfter;
            return isSame ? bytes("") : abi.encodeWithSelector(IPpvEscrow.PpvEscrowTermsMismatch.selector);
        }
        if (state.status != IPpvEscrow.Status.None) return _wrongStatus(state.status);
        if (o.reclaimAfter >= uint256(o.captureAfter) + 14 days && o.reclaimAfter <= time + 400 days) return "";
        return abi.encodeWithSelector(IPpvEscrow.PpvEscrowBadTimes.selector, o.captureAfter, o.reclaimAfter);
    }
}
