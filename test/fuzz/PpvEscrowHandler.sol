// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IPermit2} from "../../contracts/interfaces/IPermit2.sol";
import {IPpvEscrow} from "../../contracts/interfaces/IPpvEscrow.sol";
import {EventId} from "../../contracts/types/EventId.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {PpvEscrowModel} from "./PpvEscrowModel.sol";

/// @title Everybody who may speak to the escrow, in any order and over months
/// @notice Makes calls out of random numbers, knows of each what the contract has to answer and to tell, and keeps books of its own.
contract PpvEscrowHandler is PpvEscrowModel {
    error Broken(bytes32 law);

    enum Way {
        Plain,
        Permit2,
        Authorization
    }

    uint64 public constant EVENTS = 3;
    uint256 private constant _SLOTS = 12;

    /// @dev Bits that a payer's purchases have taken in Permit2.
    mapping(address payer => mapping(uint256 nonce => bool)) private _isUsed;

    /// @notice Buys by one of three ways; one time in two something is wrong with it.
    function buy(uint256 random) external {
        uint256 payer = uint8(random >> 8) % PAYERS;
        uint256 damage = uint8(random >> 104) % 24;
        IPpvEscrow.Offer memory o = _offer(random, damage);
        Way way = Way(uint8(random >> 16) % (o.token == address(token) ? 2 : 3));
        uint256 p = ProviderId.unwrap(o.providerId);
        uint256 signer = uint8(random >> 130) % 4 == 0 ? p + PROVIDERS : p;
        bytes memory sig = _signed(_signerKey(damage == 0 ? 1 - p : signer), escrow.hashOffer(o));
        if (damage == 1) o.amount += 1;
        uint256 value = way == Way.Plain && o.token == address(0) && damage != 2 ? o.amount : 0;
        uint256 nonce = uint8(random >> 140) % 3;
        bool isForged = damage > 9 && damage < 12;

        bytes memory refusal = _refusesNow();
        if (refusal.length == 0) refusal = _refusesWay(o, way, value);
        if (refusal.length == 0) refusal = _refusesOffer(o, payerOf(payer), signerOf(signer), damage > 1);
        if (refusal.length == 0) refusal = _refusesMoney(o, way, payerOf(payer), nonce, isForged);
        if (refusal.length == 0) {
            _bookPurchase(o, payerOf(payer));
            if (way == Way.Permit2) _isUsed[payerOf(payer)][nonce] = true;
        }
        bytes memory data = _callOf(o, way, signerOf(signer), sig, payer, nonce, isForged);
        _step(way == Way.Plain ? payerOf(payer) : STRANGER, value, data, refusal);
    }

    /// @notice Of no asset, one, or two, which may be the same.
    function capture(uint256 random) external {
        (uint256 p, uint64 id) = _eventOf(random);
        address caller = _handOf(p, uint8(random >> 16) % 6);
        address[] memory tokens = new address[](uint8(random >> 24) % 8 == 0 ? 0 : 1 + (uint8(random >> 24) % 2));
        for (uint256 i = 0; i < tokens.length; ++i) tokens[i] = assetOf((uint256(uint8(random >> 32)) + (uint8(random >> 40) % 2) * i) % ASSETS);
        _capture(p, id, caller, tokens);
    }

    function cancel(uint256 random) external {
        (uint256 p, uint64 id) = _eventOf(random);
        address caller = _handOf(p, uint8(random >> 16) % 6);
        IPpvEscrow.EventState storage state = states[p][id];
        bytes memory refusal = _refusesOperator(p, caller);
        if (refusal.length == 0 && uint8(state.status) > uint8(IPpvEscrow.Status.Open)) refusal = _wrongStatus(state.status);
        if (refusal.length == 0) {
            state.status = IPpvEscrow.Status.Cancelled;
            _expectOf(IPpvEscrow.EventCancelled.selector, p, id, "");
        }
        bytes memory data = abi.encodeCall(IPpvEscrow.cancelEvent, (ProviderId.wrap(uint64(p)), EventId.wrap(id)));
        _step(caller, 0, data, refusal);
    }

    function cancelSeq(uint256 random) external {
        uint256 p = random % PROVIDERS;
        uint64 seq = uint64(uint8(random >> 24) % _SLOTS);
        address caller = _handOf(p, uint8(random >> 16) % 6);
        bytes memory refusal = _refusesOperator(p, caller);
        if (refusal.length == 0) refusal = _refusesSeq(p, seq);
        if (refusal.length == 0) {
            closed[p] |= 1 << seq;
            _expectOf(IPpvEscrow.SeqCancelled.selector, p, seq, abi.encode(caller));
        }
        _step(caller, 0, abi.encodeCall(IPpvEscrow.cancelSeq, (ProviderId.wrap(uint64(p)), Seq.wrap(seq))), refusal);
    }

    /// @notice Of a purchase that was made, now and then as if it were another provider's.
    function refundOne(uint256 random) external {
        if (bought.length == 0) return;
        Bought storage one = bought[uint8(random >> 8) % bought.length];
        address caller = _handOf(one.p, uint8(random >> 16) % 6);
        IPpvEscrow.Status status = states[one.p][one.eventId].status;
        bytes memory refusal = _refusesOperator(one.p, caller);
        if (refusal.length == 0 && status != IPpvEscrow.Status.Open) refusal = _wrongStatus(status);
        if (refusal.length == 0 && !one.isLive) refusal = _nothingToRefund(one.seq);
        if (refusal.length == 0 && _isShunned(one.payer, one.asset))
            refusal = abi.encodeWithSelector(IPpvEscrow.PpvEscrowRefundFailed.selector, one.payer);
        if (refusal.length == 0) _bookRefund(one, one.payer);
        (ProviderId id, EventId eventId) = _idsOf(one);
        bytes memory data = abi.encodeCall(IPpvEscrow.refundPurchase, (id, eventId, one.asset, Seq.wrap(one.seq)));
        _step(caller, 0, data, refusal);
    }

    /// @notice Claims two purchases at once, perhaps one of them twice, perhaps in an asset that was not paid. Whoever is on a blocklist is left out.
    function claimRefunds(uint256 random) external {
        if (bought.length == 0) return;
        Bought storage one = bought[uint8(random >> 8) % bought.length];
        address asset = uint8(random >> 48) % 8 == 0 ? assetOf(uint8(random >> 16) % ASSETS) : one.asset;
        uint64[2] memory seqs = [one.seq, bought[uint8(random >> 24) % bought.length].seq];
        Seq[] memory given = new Seq[](uint8(random >> 40) % 2 == 0 ? 1 : 2);
        for (uint256 i = 0; i < given.length; ++i) given[i] = Seq.wrap(seqs[i]);
        bytes memory refusal = _refusesReclaim(one.p, one.eventId);
        for (uint256 i = 0; i < given.length && refusal.length == 0; ++i)
            if (!_isIn(one, asset, seqs[i]) || (i == 1 && seqs[0] == seqs[1] && !_isShunned(one.payer, asset)))
                refusal = _nothingToRefund(seqs[i]);
        for (uint256 i = 0; i < given.length && refusal.length == 0; ++i) {
            Bought storage each = bought[_indexOf(one.p, seqs[i])];
            if (!_isShunned(each.payer, asset)) _bookRefund(each, each.payer);
            else _expectOf(IPpvEscrow.RefundSkipped.selector, one.p, one.eventId, abi.encode(seqs[i], asset));
        }
        (ProviderId id, EventId eventId) = _idsOf(one);
        _step(STRANGER, 0, abi.encodeCall(IPpvEscrow.claimRefunds, (id, eventId, asset, given)), refusal);
    }

    function claimRefundTo(uint256 random) external {
        if (bought.length == 0) return;
        Bought storage one = bought[uint8(random >> 8) % bought.length];
        uint256 where = uint8(random >> 24) % 8;
        address to = where == 0 ? address(0) : where == 1 ? address(escrow) : where == 2 ? one.payer : ELSEWHERE;
        _claimTo(one, uint8(random >> 16) % 4 == 0 ? STRANGER : one.payer, to);
    }

    /// @notice E5. Past its time, or once it is decided, nothing of an event needs its provider, or a platform that does not pause, to leave.
    function letOut(uint256 random) external {
        (uint256 p, uint64 id) = _eventOf(random);
        _block(known[p].treasury, false);
        for (uint256 i = 0; i < bought.length; ++i) {
            Bought storage one = bought[i];
            if (one.p != p || one.eventId != id || !one.isLive) continue;
            if (states[p][id].status == IPpvEscrow.Status.Captured) {
                address[] memory tokens = new address[](1);
                tokens[0] = one.asset;
                _capture(p, id, STRANGER, tokens);
                assert(!one.isLive);
            } else if (_refusesReclaim(p, id).length == 0) {
                _claimTo(one, one.payer, ELSEWHERE);
                assert(!one.isLive);
            }
        }
    }

    function setBlocked(uint256 random) external {
        uint256 who = random % 6;
        address account = who < 3 ? payerOf(who) : who == 3 ? feeReceiver : known[who % PROVIDERS].treasury;
        _block(account, uint8(random >> 8) % 2 == 0);
    }

    function wait(uint256 random) external {
        _wait(random % 10 days);
    }

    /// @notice E1 to E4, E6 and E7: every balance, every status, every slot and every purchase is what it has to be.
    function assertBooksAreTheState() external view {
        uint256[ASSETS] memory sums;
        for (uint64 p = 0; p < PROVIDERS; ++p) {
            ProviderId provider = ProviderId.wrap(p);
            _hold("E7", escrow.purchasedWord(provider, 0) == closed[p]);
            for (uint64 e = 0; e < EVENTS; ++e) {
                IPpvEscrow.EventState memory state = escrow.eventOf(provider, EventId.wrap(e));
                IPpvEscrow.EventState memory expected = states[p][e];
                _hold("E3", keccak256(abi.encode(state)) == keccak256(abi.encode(expected)));
                for (uint256 a = 0; a < ASSETS; ++a) {
                    uint256 live = _liveOf(p, e, assetOf(a));
                    _hold("E2", escrow.heldOf(provider, EventId.wrap(e), assetOf(a)) == live);
                    sums[a] += live;
                }
            }
        }
        for (uint256 a = 0; a < ASSETS; ++a) {
            (uint256 one, uint256 two) = (owed[FEE_RECEIVER][assetOf(a)], owed[NEXT_FEE_RECEIVER][assetOf(a)]);
            _hold("owed", escrow.owedTo(FEE_RECEIVER, assetOf(a)) == one);
            _hold("owed", escrow.owedTo(NEXT_FEE_RECEIVER, assetOf(a)) == two);
            _hold("E1", held[address(escrow)][assetOf(a)] == sums[a] + one + two);
        }
        for (uint256 i = 0; i < bought.length; ++i) {
            (ProviderId id, EventId eventId) = _idsOf(bought[i]);
            IPpvEscrow.Purchase memory one = escrow.purchaseOf(id, eventId, bought[i].asset, Seq.wrap(bought[i].seq));
            _hold("E4", one.amount == (bought[i].isRefunded ? 0 : bought[i].amount));
        }
        _requireBalances();
    }

    /// @notice Nobody's money is left.
    function assertNothingIsHeld() external view {
        for (uint256 i = 0; i < bought.length; ++i) assert(!bought[i].isLive);
    }

    /// @notice What became of an event.
    function statusOf(uint256 p, uint64 eventId) external view returns (IPpvEscrow.Status) {
        return states[p][eventId].status;
    }

    function _hold(bytes32 law, bool isHeld) private pure {
        if (!isHeld) revert Broken(law);
    }

    function _capture(uint256 p, uint64 id, address caller, address[] memory tokens) private {
        bytes memory refusal = _refusesCapture(p, id, caller);
        if (refusal.length == 0 && tokens.length == 0)
            refusal = abi.encodeWithSelector(IPpvEscrow.PpvEscrowNothingHeld.selector, address(0));
        for (uint256 i = 0; i < tokens.length && refusal.length == 0; ++i) {
            bool isAgain = i > 0 && tokens[i] == tokens[0];
            if (isAgain || _liveOf(p, id, tokens[i]) == 0)
                refusal = abi.encodeWithSelector(IPpvEscrow.PpvEscrowNothingHeld.selector, tokens[i]);
            else if (_isShunned(known[p].treasury, tokens[i])) refusal = _blocked(known[p].treasury);
        }
        if (refusal.length == 0) {
            states[p][id].status = IPpvEscrow.Status.Captured;
            for (uint256 i = 0; i < tokens.length; ++i) _bookCapture(p, id, tokens[i]);
        }
        bytes memory data = abi.encodeCall(IPpvEscrow.captureEvent, (ProviderId.wrap(uint64(p)), EventId.wrap(id), tokens));
        _step(caller, 0, data, refusal);
    }

    function _claimTo(Bought storage one, address caller, address to) private {
        bytes memory refusal;
        if (to == address(0) || to == address(escrow))
            refusal = abi.encodeWithSelector(IPpvEscrow.PpvEscrowBadReceiver.selector, to);
        else refusal = _refusesReclaim(one.p, one.eventId);
        if (refusal.length == 0 && !one.isLive) refusal = _nothingToRefund(one.seq);
        if (refusal.length == 0 && caller != one.payer)
            refusal = abi.encodeWithSelector(IPpvEscrow.PpvEscrowWrongPayer.selector, one.payer, caller);
        if (refusal.length == 0 && _isShunned(to, one.asset)) refusal = _blocked(to);
        if (refusal.length == 0) _bookRefund(one, to);
        (ProviderId id, EventId eventId) = _idsOf(one);
        bytes memory data = abi.encodeCall(IPpvEscrow.claimRefundTo, (id, eventId, one.asset, Seq.wrap(one.seq), to));
        _step(caller, 0, data, refusal);
    }

    /// @dev On the terms of the event, if it is open.
    function _offer(uint256 random, uint256 damage) private view returns (IPpvEscrow.Offer memory o) {
        (uint256 p, uint64 id) = _eventOf(random);
        IPpvEscrow.EventState storage state = states[p][id];
        bool isOpened = state.captureAfter > 0;
        uint48 captureAfter = isOpened ? state.captureAfter : uint48(time + 1 + (uint32(random >> 64) % 20 days));
        o = IPpvEscrow.Offer({
            providerId: ProviderId.wrap(uint64(p)),
            eventId: EventId.wrap(id),
            seq: Seq.wrap(uint64(uint8(random >> 24) % _SLOTS)),
            payer: address(0),
            token: assetOf(uint8(random >> 48) % ASSETS),
            amount: uint96(1 + (uint32(random >> 170) % 1e9)),
            ref: bytes32(random),
            captureAfter: captureAfter,
            reclaimAfter: isOpened ? state.reclaimAfter : captureAfter + 14 days,
            deadline: FOREVER
        });
        if (damage == 3) o.deadline = uint48(time);
        if (damage == 4) o.payer = address(0xDEAD);
        if (damage == 5) o.amount = 0;
        if (damage == 6) o.reclaimAfter -= 1;
        if (damage == 7) o.reclaimAfter = uint48(time + 400 days + 1);
        if (damage == 8) o.captureAfter = uint48(time);
        if (damage == 9) o.captureAfter += 1;
    }

    function _callOf(
        IPpvEscrow.Offer memory o,
        Way way,
        address signer,
        bytes memory sig,
        uint256 payer,
        uint256 nonce,
        bool isForged
    ) private view returns (bytes memory) {
        if (way == Way.Plain) return abi.encodeCall(IPpvEscrow.purchase, (o, signer, sig));
        uint256 key = _payerKey(isForged ? (payer + 1) % PAYERS : payer);
        bytes32 structHash = keccak256(abi.encode(keccak256(bytes(OFFER_TYPE)), o));
        if (way == Way.Authorization) {
            uint48[2] memory times = [0, o.deadline];
            bytes memory auth = _authorized(key, payerOf(payer), address(escrow), o.amount, times, structHash);
            return abi.encodeCall(IPpvEscrow.purchaseWithAuthorization, (o, signer, sig, payerOf(payer), auth));
        }
        IPermit2.TokenPermissions memory permitted = IPermit2.TokenPermissions(o.token, o.amount);
        string memory witness = string.concat("Offer witness)", OFFER_TYPE, "TokenPermissions(address token,uint256 amount)");
        IPermit2.PermitTransferFrom memory permit = IPermit2.PermitTransferFrom(permitted, nonce, o.deadline);
        bytes memory payerSig = _witnessed(key, address(escrow), permit, structHash, witness);
        return abi.encodeCall(IPpvEscrow.purchaseWithPermit2, (o, signer, sig, payerOf(payer), nonce, payerSig));
    }

    function _refusesWay(IPpvEscrow.Offer memory o, Way way, uint256 value) private pure returns (bytes memory) {
        if (way != Way.Plain)
            return o.token == address(0) ? abi.encodeWithSelector(IPpvEscrow.PpvEscrowWrongToken.selector, o.token) : bytes("");
        uint256 expected = o.token == address(0) ? o.amount : 0;
        return value == expected ? bytes("") : abi.encodeWithSelector(IPpvEscrow.PpvEscrowWrongValue.selector, value, expected);
    }

    /// @dev Permit2 has one word for whatever a token answers.
    function _refusesMoney(
        IPpvEscrow.Offer memory o,
        Way way,
        address payer,
        uint256 nonce,
        bool isForged
    ) private view returns (bytes memory) {
        if (way == Way.Plain) return _isShunned(payer, o.token) ? _blocked(payer) : bytes("");
        if (way == Way.Authorization)
            return isForged ? abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector) : bytes("");
        if (_isUsed[payer][nonce]) return abi.encodeWithSelector(bytes4(keccak256("InvalidNonce()")));
        if (isForged) return abi.encodeWithSelector(bytes4(keccak256("InvalidSigner()")));
        return _isShunned(payer, o.token) ? abi.encodeWithSignature("Error(string)", "TRANSFER_FROM_FAILED") : bytes("");
    }

    /// @dev Both signers, the other provider's, the admin, the other admin, a stranger.
    function _handOf(uint256 p, uint256 which) private view returns (address) {
        if (which < 2) return signerOf(p + which * PROVIDERS);
        if (which == 2) return signerOf(1 - p);
        if (which == 3) return known[p].admin;
        return which == 4 ? known[1 - p].admin : STRANGER;
    }

    /// @dev Is a purchase of this number live in the event of another, in this asset?
    function _isIn(Bought storage one, address asset, uint64 seq) private view returns (bool) {
        uint256 i = _indexOf(one.p, seq);
        return i < bought.length && _isOf(bought[i], one.p, one.eventId, asset) && bought[i].isLive;
    }

    function _indexOf(uint256 p, uint64 seq) private view returns (uint256 i) {
        while (i < bought.length && (bought[i].p != p || bought[i].seq != seq)) ++i;
    }

    function _eventOf(uint256 random) private pure returns (uint256 p, uint64 eventId) {
        return (random % PROVIDERS, (uint8(random >> 4) & 15) % EVENTS);
    }

    function _idsOf(Bought storage one) private view returns (ProviderId, EventId) {
        return (ProviderId.wrap(uint64(one.p)), EventId.wrap(one.eventId));
    }
}
