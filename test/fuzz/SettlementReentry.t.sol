// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IFeeVault} from "../../contracts/interfaces/IFeeVault.sol";
import {IPpvEscrow} from "../../contracts/interfaces/IPpvEscrow.sol";
import {IPrepaidCredit} from "../../contracts/interfaces/IPrepaidCredit.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {PpvEscrow} from "../../contracts/PpvEscrow.sol";
import {PrepaidCredit} from "../../contracts/PrepaidCredit.sol";
import {PrepaidCreditFactory} from "../../contracts/PrepaidCreditFactory.sol";
import {EventId} from "../../contracts/types/EventId.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {HookToken} from "../solidity/HookToken.sol";
import {IObserver, Intruder} from "./Intruder.sol";
import {SettlementWorld} from "./SettlementWorld.sol";
import {vm} from "./Vm.sol";

/// @title A12 over all contracts: whoever is called in the middle of a payment may call whatever it likes
/// @notice The contract that pays refuses, and its neighbours take the call as if it had come after: nothing is told that is not so already, and
/// nothing comes of it that could not come of two transactions.
contract SettlementReentry is SettlementWorld, IObserver {
    error ToldOtherwise(uint256 outer);
    error NotRefused(uint256 outer, uint256 inner, bytes answer);
    error NotAsIfAfter(uint256 outer, uint256 inner);
    error NeverCalled(uint256 outer);

    struct Call {
        address caller;
        address target;
        bytes data;
    }

    uint256 private constant _OUTERS = 10;
    uint256 private constant _INNERS = 35;
    uint48 private constant _NOW = 1_800_000_000;
    ProviderId private constant _ID = ProviderId.wrap(7);

    PpvEscrow private _escrow;
    PrepaidCredit private _credit;
    HookToken private _hooked;
    /// @dev Admin, signer, collector, refunder, minter and treasury of the provider.
    Intruder private _boss;
    /// @dev Buys, and is refunded.
    Intruder private _guest;

    function setUp() external {
        vm.warp(_NOW);
        _escrow = new PpvEscrow(registry, permit2);
        PrepaidCreditFactory factory = new PrepaidCreditFactory(registry);
        (_hooked, _boss, _guest) = (new HookToken(), new Intruder(), new Intruder());
        vm.prank(PLATFORM);
        registry.createProvider(_ID, address(_boss), address(_boss));
        for (uint256 i = 0; i < 2; ++i) {
            address key = i == 0 ? address(_boss) : signerOf(0);
            _as(address(_boss), address(registry), abi.encodeCall(IProviderRegistry.setSigner, (_ID, key, FOREVER)));
            _as(address(_boss), address(registry), abi.encodeCall(IProviderRegistry.setCollector, (_ID, key, FOREVER)));
            _as(address(_boss), address(registry), abi.encodeCall(IProviderRegistry.setRefunder, (_ID, key, FOREVER)));
        }
        _as(address(_boss), address(registry), abi.encodeCall(IProviderRegistry.setToken, (_ID, address(_hooked), true, 6)));
        vm.prank(address(_boss));
        _credit = PrepaidCredit(factory.createCredit(_ID, 2, "EUR", 1e6, "Credit", "CR"));
        _as(address(_boss), address(_credit), abi.encodeCall(IPrepaidCredit.setMinter, (address(_boss), FOREVER)));
        _as(address(_boss), address(_credit), _issue(0));
        address[4] memory holders = [address(_boss), address(_guest), payerOf(0), signerOf(0)];
        for (uint256 i = 0; i < holders.length; ++i) {
            _hooked.mint(holders[i], 1e12);
            _as(holders[i], address(_hooked), abi.encodeCall(_hooked.approve, (address(settlement), 1e12)));
            _as(holders[i], address(_hooked), abi.encodeCall(_hooked.approve, (address(_escrow), 1e12)));
        }
        // Event 0 is open, event 1 can be captured, and event 2 is cancelled; the guest bought all of them.
        for (uint64 e = 0; e < 3; ++e) _as(address(_guest), address(_escrow), _buy(e, e));
        _as(address(_boss), address(_escrow), abi.encodeCall(IPpvEscrow.cancelEvent, (_ID, EventId.wrap(2))));
        vm.warp(_NOW + 1 hours);
    }

    /// @notice Every call in the middle of every other.
    function test_A12_WhatComesInBetweenIsRefusedOrIsAsIfItCameAfter() external {
        for (uint256 outer = 0; outer < _OUTERS; ++outer) for (uint256 inner = 0; inner < _INNERS; ++inner) _try(outer, inner);
    }

    /// @inheritdoc IObserver
    function told() external view returns (bytes32) {
        return keccak256(abi.encode(_toldBySettlement(), _toldByEscrow(), _toldByCredit(), _toldByRegistry()));
    }

    function _try(uint256 outer, uint256 inner) private {
        (Call memory first, Intruder intruder) = _outer(outer);
        (address target, bytes memory data) = _inner(inner, address(intruder));
        uint256 snapshot = vm.snapshotState();
        assert(_made(first));
        bytes32 toldAfterFirst = this.told();
        bytes32 heldAfterFirst = _held();
        (bool wasTaken, bytes memory answer) = intruder.act(target, data);
        (bytes32 toldAfterBoth, bytes32 heldAfterBoth) = (this.told(), _held());
        vm.revertToState(snapshot);

        snapshot = vm.snapshotState();
        intruder.plan(target, data);
        bool isMade = _made(first);
        if (!isMade) {
            // The call in between paid the treasury too: what arrived is not what was asked for.
            if (heldAfterBoth == heldAfterFirst || target == first.target) revert NotAsIfAfter(outer, inner);
        } else {
            if (!intruder.hasCalled()) revert NeverCalled(outer);
            if (intruder.seen() != toldAfterFirst) revert ToldOtherwise(outer);
            if (target == first.target) {
                bytes memory refusal = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
                if (keccak256(intruder.answer()) != keccak256(refusal)) revert NotRefused(outer, inner, intruder.answer());
                if (this.told() != toldAfterFirst || _held() != heldAfterFirst) revert NotAsIfAfter(outer, inner);
            } else {
                bool isSame = intruder.wasTaken() == wasTaken && keccak256(intruder.answer()) == keccak256(answer);
                if (!isSame || this.told() != toldAfterBoth || _held() != heldAfterBoth) revert NotAsIfAfter(outer, inner);
            }
        }
        vm.revertToState(snapshot);
    }

    /// @dev What moves money, and whom it moves it to or from.
    function _outer(uint256 i) private view returns (Call memory, Intruder) {
        (address settlement_, address escrow_) = (address(settlement), address(_escrow));
        if (i == 0) return (Call(payerOf(0), settlement_, _pay(0)), _boss);
        if (i == 1) return (Call(payerOf(0), settlement_, _payBatch(0)), _boss);
        if (i == 2) return (Call(signerOf(0), settlement_, _collect(0)), _boss);
        if (i == 3) return (Call(signerOf(0), settlement_, _refund(0, address(_guest))), _guest);
        if (i == 4) return (Call(address(_guest), settlement_, _pay(0)), _guest);
        if (i == 5) return (Call(signerOf(0), escrow_, _capture()), _boss);
        if (i == 6) return (Call(STRANGER, escrow_, _claim()), _guest);
        if (i == 7) return (Call(address(_guest), escrow_, _claimTo(address(_boss))), _boss);
        if (i == 8) return (Call(signerOf(0), escrow_, _refundOne()), _guest);
        return (Call(address(_guest), escrow_, _buy(0, 10)), _guest);
    }

    /// @dev Every function that changes something, so that it would if it came after; what differs is who asks.
    function _inner(uint256 i, address self) private view returns (address, bytes memory) {
        if (i < 13) return (address(settlement), _innerOfSettlement(i, self));
        if (i < 23) return (address(_escrow), _innerOfEscrow(i - 13, self));
        if (i < 29) return (address(_credit), _innerOfCredit(i - 23, self));
        return (address(registry), _innerOfRegistry(i - 29, self));
    }

    function _innerOfSettlement(uint256 i, address self) private view returns (bytes memory) {
        IProviderSettlement.Quote memory q = _quoteOf(20);
        bytes memory sig = _signed(_signerKey(0), settlement.hashQuote(q));
        if (i == 0) return abi.encodeCall(IProviderSettlement.payNative, (q, signerOf(0), sig));
        if (i == 1) return _pay(20);
        if (i == 2) return abi.encodeCall(IProviderSettlement.payWithPermit, (q, signerOf(0), sig, 0, 27, 0, 0));
        if (i == 3) return abi.encodeCall(IProviderSettlement.payWithPermit2, (q, signerOf(0), sig, self, 0, ""));
        if (i == 4) return abi.encodeCall(IProviderSettlement.payWithAuthorization, (q, signerOf(0), sig, self, ""));
        if (i == 5) return _payBatch(20);
        if (i == 6) return _collect(20);
        if (i == 7) return _refund(20, payerOf(0));
        if (i == 8) return abi.encodeCall(IProviderSettlement.cancelSeq, (_ID, Seq.wrap(20)));
        if (i == 9) return abi.encodeCall(IFeeVault.claimFees, (address(_hooked)));
        if (i == 10) return abi.encodeCall(IProviderSettlement.approveMandate, (_mandate()));
        if (i == 11) return abi.encodeCall(IProviderSettlement.revoke, (_mandate()));
        return abi.encodeCall(IProviderSettlement.revokeBySig, (_mandate(), ""));
    }

    function _innerOfEscrow(uint256 i, address self) private view returns (bytes memory) {
        IPpvEscrow.Offer memory o = _offerOf(0, 20);
        bytes memory sig = _signed(_signerKey(0), _escrow.hashOffer(o));
        if (i == 0) return _buy(0, 20);
        if (i == 1) return abi.encodeCall(IPpvEscrow.purchaseWithAuthorization, (o, signerOf(0), sig, self, ""));
        if (i == 2) return abi.encodeCall(IPpvEscrow.purchaseWithPermit2, (o, signerOf(0), sig, self, 0, ""));
        if (i == 3) return _capture();
        if (i == 4) return abi.encodeCall(IPpvEscrow.cancelEvent, (_ID, EventId.wrap(0)));
        if (i == 5) return abi.encodeCall(IPpvEscrow.cancelSeq, (_ID, Seq.wrap(20)));
        if (i == 6) return _refundOne();
        if (i == 7) return _claim();
        if (i == 8) return _claimTo(payerOf(0));
        return abi.encodeCall(IFeeVault.claimFees, (address(_hooked)));
    }

    function _innerOfCredit(uint256 i, address self) private view returns (bytes memory) {
        if (i == 0) return _issue(20);
        if (i == 1) return abi.encodeCall(IPrepaidCredit.redeem, (1, "ref", Seq.wrap(20)));
        if (i == 2) return abi.encodeCall(IPrepaidCredit.redeemWithSig, (payerOf(0), 5, "ref", Seq.wrap(21), FOREVER, _redemption()));
        if (i == 3) return abi.encodeCall(IPrepaidCredit.refundCredit, (payerOf(0), 5, Seq.wrap(22), "ref"));
        if (i == 4) return abi.encodeCall(IPrepaidCredit.setMinter, (self, 0));
        return abi.encodeCall(IPrepaidCredit.setDailyCap, (1));
    }

    function _innerOfRegistry(uint256 i, address self) private view returns (bytes memory) {
        if (i == 0) return abi.encodeCall(IProviderRegistry.setSigner, (_ID, signerOf(0), 0));
        if (i == 1) return abi.encodeCall(IProviderRegistry.setCollector, (_ID, signerOf(0), 0));
        if (i == 2) return abi.encodeCall(IProviderRegistry.setToken, (_ID, address(_hooked), false, 6));
        if (i == 3) return abi.encodeCall(IProviderRegistry.setProviderPaused, (_ID, true));
        if (i == 4) return abi.encodeCall(IProviderRegistry.proposeTreasury, (_ID, self));
        return abi.encodeCall(IProviderRegistry.proposeAdmin, (_ID, STRANGER));
    }

    function _quoteOf(uint64 seq) private view returns (IProviderSettlement.Quote memory q) {
        q = _quote(7, seq, 0, 1_000);
        q.token = address(_hooked);
    }

    function _pay(uint64 seq) private view returns (bytes memory) {
        IProviderSettlement.Quote memory q = _quoteOf(seq);
        bytes memory sig = _signed(_signerKey(0), settlement.hashQuote(q));
        return abi.encodeCall(IProviderSettlement.payToken, (q, signerOf(0), sig));
    }

    function _payBatch(uint64 seq) private view returns (bytes memory) {
        IProviderSettlement.Quote[] memory qs = new IProviderSettlement.Quote[](2);
        bytes[] memory sigs = new bytes[](2);
        for (uint64 i = 0; i < 2; ++i) {
            qs[i] = _quoteOf(seq + i);
            sigs[i] = _signed(_signerKey(0), settlement.hashQuote(qs[i]));
        }
        return abi.encodeCall(IProviderSettlement.payBatch, (qs, signerOf(0), sigs));
    }

    function _mandate() private view returns (IProviderSettlement.Mandate memory) {
        address payer = payerOf(0);
        return IProviderSettlement.Mandate(_ID, payer, address(_hooked), 100, 250, 1 hours, _NOW, _NOW + 30 days, 0, 0);
    }

    function _collect(uint64 seq) private view returns (bytes memory) {
        bytes memory sig = _signed(_payerKey(0), settlement.hashMandate(_mandate()));
        return abi.encodeCall(IProviderSettlement.collect, (_mandate(), sig, 10, Seq.wrap(seq), "ref"));
    }

    function _refund(uint64 number, address to) private view returns (bytes memory) {
        address token_ = address(_hooked);
        return abi.encodeCall(IProviderSettlement.refund, (_ID, Seq.wrap(0), Seq.wrap(number), token_, to, 7, "reason"));
    }

    function _offerOf(uint64 eventId, uint64 seq) private view returns (IPpvEscrow.Offer memory) {
        uint48 begins = eventId == 1 ? _NOW + 1 hours : _NOW + 2 hours;
        ProviderId id = _ID;
        address token_ = address(_hooked);
        uint48 ends = begins + 14 days;
        return
            IPpvEscrow.Offer(id, EventId.wrap(eventId), Seq.wrap(seq), address(0), token_, 500, "ref", begins, ends, FOREVER);
    }

    function _buy(uint64 eventId, uint64 seq) private view returns (bytes memory) {
        IPpvEscrow.Offer memory o = _offerOf(eventId, seq);
        return abi.encodeCall(IPpvEscrow.purchase, (o, signerOf(0), _signed(_signerKey(0), _escrow.hashOffer(o))));
    }

    function _capture() private view returns (bytes memory) {
        address[] memory tokens = new address[](1);
        tokens[0] = address(_hooked);
        return abi.encodeCall(IPpvEscrow.captureEvent, (_ID, EventId.wrap(1), tokens));
    }

    function _claim() private view returns (bytes memory) {
        Seq[] memory seqs = new Seq[](1);
        seqs[0] = Seq.wrap(2);
        return abi.encodeCall(IPpvEscrow.claimRefunds, (_ID, EventId.wrap(2), address(_hooked), seqs));
    }

    function _claimTo(address to) private view returns (bytes memory) {
        return abi.encodeCall(IPpvEscrow.claimRefundTo, (_ID, EventId.wrap(2), address(_hooked), Seq.wrap(2), to));
    }

    function _refundOne() private view returns (bytes memory) {
        return abi.encodeCall(IPpvEscrow.refundPurchase, (_ID, EventId.wrap(0), address(_hooked), Seq.wrap(0)));
    }

    function _issue(uint64 seq) private view returns (bytes memory) {
        uint32 epoch = _credit.currentEpoch();
        return abi.encodeCall(IPrepaidCredit.issue, (payerOf(0), 100, Seq.wrap(seq), epoch, "ref"));
    }

    function _redemption() private view returns (bytes memory) {
        return _signed(_payerKey(0), _credit.hashRedeem(payerOf(0), 5, "ref", Seq.wrap(21), FOREVER));
    }

    function _toldBySettlement() private view returns (bytes memory) {
        IProviderSettlement.MandateState memory state = settlement.stateOf(settlement.hashMandate(_mandate()));
        uint256 owed = settlement.owedTo(FEE_RECEIVER, address(_hooked));
        return abi.encode(settlement.settledWord(_ID, 0), settlement.refundedWord(_ID, 0), owed, state);
    }

    function _toldByEscrow() private view returns (bytes memory all) {
        all = abi.encode(_escrow.purchasedWord(_ID, 0), _escrow.owedTo(FEE_RECEIVER, address(_hooked)));
        for (uint64 e = 0; e < 3; ++e) {
            EventId id = EventId.wrap(e);
            IPpvEscrow.Purchase memory one = _escrow.purchaseOf(_ID, id, address(_hooked), Seq.wrap(e));
            all = abi.encode(all, _escrow.eventOf(_ID, id), _escrow.heldOf(_ID, id, address(_hooked)), one);
        }
    }

    function _toldByCredit() private view returns (bytes memory) {
        (uint128 cap, uint128 left) = _credit.dailyCap();
        uint48 until = _credit.minterValidUntil(address(_boss));
        uint256 redeemed = _credit.redeemedWord(payerOf(0), 0);
        return abi.encode(_credit.totalSupply(), _credit.balanceOf(payerOf(0)), cap, left, until, redeemed, _credit.refundedWord(0));
    }

    function _toldByRegistry() private view returns (bytes memory) {
        (IProviderRegistry.Provider memory provider, address admin) = registry.providerOf(_ID);
        bool isAllowed = registry.isTokenAllowed(_ID, address(_hooked));
        uint48 signs = registry.signerUntil(_ID, signerOf(0));
        uint48 collects = registry.collectorUntil(_ID, signerOf(0));
        return abi.encode(provider, admin, isAllowed, signs, collects, registry.pendingTreasury(_ID), registry.pendingAdmin(_ID));
    }

    function _held() private view returns (bytes32) {
        address[6] memory all = [address(_boss), address(_guest), payerOf(0), signerOf(0), address(settlement), address(_escrow)];
        uint256[6] memory held;
        for (uint256 i = 0; i < 6; ++i) held[i] = _hooked.balanceOf(all[i]);
        return keccak256(abi.encode(held));
    }

    function _made(Call memory one) private returns (bool isTaken) {
        vm.prank(one.caller);
        (isTaken, ) = one.target.call(one.data);
    }

    function _as(address caller, address target, bytes memory data) private {
        assert(_made(Call(caller, target, data)));
    }
}
