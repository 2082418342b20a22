// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermit2} from "../../contracts/interfaces/IPermit2.sol";
import {IPpvEscrow} from "../../contracts/interfaces/IPpvEscrow.sol";
import {PpvEscrow} from "../../contracts/PpvEscrow.sol";
import {ProviderRegistry} from "../../contracts/ProviderRegistry.sol";
import {EventId} from "../../contracts/types/EventId.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {BlocklistToken} from "../solidity/OddTokens.sol";
import {vm} from "./Vm.sol";

/// @dev A purchase, as whoever watched the calls knows it.
struct Bought {
    uint64 eventId;
    uint64 seq;
    address token;
    address payer;
    uint96 amount;
    bool isRefunded;
    bool isCaptured;
}

/// @title Everybody who may speak to the escrow, in any order and over months
/// @notice Keeps books of its own: what was bought, paid back and captured. Fails at once where a call is taken that breaks a law, or one is
/// refused that nobody may be refused.
contract PpvEscrowHandler {
    error StatusCameBack(uint64 eventId);
    error BoughtTwice(uint64 seq);
    error PaidTwice(uint64 seq);
    error CapturedACancelledEvent(uint64 eventId);
    error Stuck(uint64 seq);

    uint64 public constant EVENTS = 3;
    uint256 private constant _SIGNER_KEY = 0x51;
    ProviderId private constant _PROVIDER = ProviderId.wrap(1);
    address public constant TREASURY = address(0xE0);
    address public constant FEE_RECEIVER = address(0xE1);
    address private constant _ADMIN = address(0xE2);
    address private constant _STRANGER = address(0xE3);

    PpvEscrow public immutable escrow;
    BlocklistToken public immutable token;
    address private immutable _signer;
    address[3] private _payers = [address(0xC0), address(0xC1), address(0xC2)];
    Bought[] private _bought;
    mapping(uint64 seq => bool) private _used;
    mapping(uint64 eventId => IPpvEscrow.Status) private _statuses;
    mapping(uint64 eventId => uint48) private _captureAfter;
    mapping(address token => uint256) public paidIn;
    mapping(address token => uint256) public paidBack;
    mapping(address token => uint256) public captured;
    mapping(bytes4 selector => uint256) public accepted;
    mapping(bytes4 selector => uint256) public refused;

    constructor(ProviderRegistry registry, PpvEscrow escrow_, BlocklistToken token_) {
        (escrow, token, _signer) = (escrow_, token_, vm.addr(_SIGNER_KEY));
        vm.prank(_ADMIN);
        registry.setSigner(_PROVIDER, _signer, type(uint48).max);
        vm.prank(_ADMIN);
        registry.setToken(_PROVIDER, address(token_), true, 6);
        for (uint256 i = 0; i < _payers.length; ++i) {
            token_.mint(_payers[i], 1e18);
            vm.deal(_payers[i], 1e18);
            vm.prank(_payers[i]);
            token_.approve(address(escrow_), type(uint256).max);
        }
    }

    function buy(uint256 who, uint256 eventId, uint256 seq, uint256 amount, bool isNative) external {
        uint64 id = uint64(eventId % EVENTS);
        if (_captureAfter[id] == 0) _captureAfter[id] = uint48(block.timestamp + 1 + (amount % 30 days));
        IPpvEscrow.Offer memory offer = IPpvEscrow.Offer({
            providerId: _PROVIDER,
            eventId: EventId.wrap(id),
            seq: Seq.wrap(uint64(seq % 40)),
            payer: address(0),
            token: isNative ? address(0) : address(token),
            amount: uint96(1 + (amount % 1e9)),
            ref: bytes32(seq),
            captureAfter: _captureAfter[id],
            reclaimAfter: _captureAfter[id] + 14 days,
            deadline: type(uint48).max
        });
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_SIGNER_KEY, escrow.hashOffer(offer));
        bytes memory data = abi.encodeCall(IPpvEscrow.purchase, (offer, _signer, abi.encodePacked(r, s, v)));
        address payer = _payers[who % 3];
        if (!_try(payer, isNative ? offer.amount : 0, data)) return;
        uint64 slot = Seq.unwrap(offer.seq);
        if (_used[slot]) revert BoughtTwice(slot);
        _used[slot] = true;
        paidIn[offer.token] += offer.amount;
        _bought.push(Bought(id, slot, offer.token, payer, offer.amount, false, false));
        _follow(id);
    }

    function capture(uint256 who, uint256 eventId, uint256 which) external {
        uint64 id = uint64(eventId % EVENTS);
        address[] memory tokens = new address[](which % 3 == 2 ? 2 : 1);
        tokens[0] = which % 3 == 1 ? address(0) : address(token);
        if (_try(_operatorOr(who), 0, abi.encodeCall(IPpvEscrow.captureEvent, (_PROVIDER, EventId.wrap(id), tokens)))) {
            for (uint256 i = 0; i < tokens.length; ++i) _capturedAll(id, tokens[i]);
        }
        _follow(id);
    }

    function cancel(uint256 who, uint256 eventId) external {
        uint64 id = uint64(eventId % EVENTS);
        _try(_operatorOr(who), 0, abi.encodeCall(IPpvEscrow.cancelEvent, (_PROVIDER, EventId.wrap(id))));
        _follow(id);
    }

    function cancelSeq(uint256 who, uint256 seq) external {
        uint64 slot = uint64(seq % 40);
        if (!_try(_operatorOr(who), 0, abi.encodeCall(IPpvEscrow.cancelSeq, (_PROVIDER, Seq.wrap(slot))))) return;
        if (_used[slot]) revert BoughtTwice(slot);
        _used[slot] = true;
    }

    function refundOne(uint256 who, uint256 which) external {
        if (_bought.length == 0) return;
        Bought storage one = _bought[which % _bought.length];
        EventId id = EventId.wrap(one.eventId);
        if (_try(_operatorOr(who), 0, abi.encodeCall(IPpvEscrow.refundPurchase, (_PROVIDER, id, one.token, Seq.wrap(one.seq)))))
            _refunded(one);
    }

    /// @notice Claims some purchases at once, perhaps one of them twice.
    function claim(uint256 which, uint256 other, bool isPair) external {
        if (_bought.length == 0) return;
        Bought storage one = _bought[which % _bought.length];
        Bought storage two = _bought[other % _bought.length];
        Seq[] memory seqs = new Seq[](isPair ? 2 : 1);
        seqs[0] = Seq.wrap(one.seq);
        if (isPair) seqs[1] = Seq.wrap(two.seq);
        bytes memory data = abi.encodeCall(IPpvEscrow.claimRefunds, (_PROVIDER, EventId.wrap(one.eventId), one.token, seqs));
        if (!_try(_STRANGER, 0, data)) return;
        if (_isGone(one)) _refunded(one);
        if (isPair && _isGone(two)) _refunded(two);
    }

    function claimTo(uint256 who, uint256 which) external {
        if (_bought.length == 0) return;
        Bought storage one = _bought[which % _bought.length];
        address caller = who % 4 == 0 ? _STRANGER : one.payer;
        if (_claimTo(caller, one)) _refunded(one);
    }

    /// @notice E5. Past its time, or once it is decided, nothing of an event needs the provider to leave.
    function letOut(uint256 eventId) external {
        uint64 id = uint64(eventId % EVENTS);
        IPpvEscrow.Status status = _statuses[id];
        bool isOver = status == IPpvEscrow.Status.Open && block.timestamp >= _captureAfter[id] + 14 days;
        for (uint256 i = 0; i < _bought.length; ++i) {
            Bought storage one = _bought[i];
            if (one.eventId != id || one.isRefunded || one.isCaptured) continue;
            if (status == IPpvEscrow.Status.Captured) {
                address[] memory tokens = new address[](1);
                tokens[0] = one.token;
                bytes memory data = abi.encodeCall(IPpvEscrow.captureEvent, (_PROVIDER, EventId.wrap(id), tokens));
                if (!_try(_STRANGER, 0, data)) revert Stuck(one.seq);
                _capturedAll(id, one.token);
            } else if (isOver || status == IPpvEscrow.Status.Cancelled) {
                if (!_claimTo(one.payer, one)) revert Stuck(one.seq);
                _refunded(one);
            }
        }
        _follow(id);
    }

    function setBlocked(uint256 who, bool isBlocked) external {
        address[4] memory all = [_payers[0], _payers[1], _payers[2], FEE_RECEIVER];
        token.blockAccount(all[who % 4], isBlocked);
    }

    function wait(uint256 time) external {
        vm.warp(block.timestamp + (time % 10 days));
    }

    /// @notice What the books hold to be live, of one event in one token.
    function liveOf(uint64 eventId, address token_) external view returns (uint256 sum) {
        for (uint256 i = 0; i < _bought.length; ++i) {
            Bought storage one = _bought[i];
            if (one.eventId == eventId && one.token == token_ && !one.isRefunded && !one.isCaptured) sum += one.amount;
        }
    }

    function _claimTo(address caller, Bought storage one) private returns (bool) {
        EventId id = EventId.wrap(one.eventId);
        // Never blocked, and nobody else's.
        bytes memory data = abi.encodeCall(IPpvEscrow.claimRefundTo, (_PROVIDER, id, one.token, Seq.wrap(one.seq), address(0xD0)));
        return _try(caller, 0, data);
    }

    function _refunded(Bought storage one) private {
        if (one.isRefunded || one.isCaptured) revert PaidTwice(one.seq);
        one.isRefunded = true;
        paidBack[one.token] += one.amount;
    }

    function _capturedAll(uint64 id, address token_) private {
        if (_statuses[id] == IPpvEscrow.Status.Cancelled) revert CapturedACancelledEvent(id);
        for (uint256 i = 0; i < _bought.length; ++i) {
            Bought storage one = _bought[i];
            if (one.eventId != id || one.token != token_ || one.isRefunded || one.isCaptured) continue;
            one.isCaptured = true;
            captured[token_] += one.amount;
        }
    }

    /// @dev E3. None, Open, and then one of two ends, for good.
    function _follow(uint64 id) private {
        IPpvEscrow.Status was = _statuses[id];
        IPpvEscrow.Status now_ = escrow.eventOf(_PROVIDER, EventId.wrap(id)).status;
        bool isFinal = was == IPpvEscrow.Status.Cancelled || was == IPpvEscrow.Status.Captured;
        if ((isFinal && now_ != was) || uint8(now_) < uint8(was)) revert StatusCameBack(id);
        if (was == IPpvEscrow.Status.None && now_ == IPpvEscrow.Status.Captured) revert StatusCameBack(id);
        _statuses[id] = now_;
    }

    function _isGone(Bought storage one) private view returns (bool) {
        EventId id = EventId.wrap(one.eventId);
        return !one.isRefunded && escrow.purchaseOf(_PROVIDER, id, one.token, Seq.wrap(one.seq)).amount == 0;
    }

    function _operatorOr(uint256 who) private view returns (address) {
        return who % 4 == 0 ? _STRANGER : who % 4 == 1 ? _ADMIN : _signer;
    }

    function _try(address caller, uint256 value, bytes memory data) private returns (bool isTaken) {
        vm.prank(caller);
        (isTaken, ) = address(escrow).call{value: value}(data);
        if (isTaken) ++accepted[bytes4(data)];
        else ++refused[bytes4(data)];
    }
}

/// @dev The registry, the escrow and the hands, ready to begin.
function escrowHandler(address platform) returns (PpvEscrowHandler) {
    vm.warp(1_795_000_000);
    ProviderRegistry registry = new ProviderRegistry(0, platform, platform, platform, 500, address(0xE1));
    vm.prank(platform);
    registry.createProvider(ProviderId.wrap(1), address(0xE2), address(0xE0));
    vm.prank(platform);
    registry.setFee(ProviderId.wrap(1), 300);
    vm.warp(block.timestamp + 7 days);
    return new PpvEscrowHandler(registry, new PpvEscrow(registry, IPermit2(address(0))), new BlocklistToken());
}
