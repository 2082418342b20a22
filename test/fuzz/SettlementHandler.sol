// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {SettlementReplay} from "./SettlementReplay.sol";
import {Vm, vm} from "./Vm.sol";

/// @title Everybody who may speak to the settlement, in any order
/// @notice Makes calls out of random numbers, knows of each whether the contract has to take it, and books what came of it.
contract SettlementHandler is SettlementReplay {
    error Surprise(bool shouldBeTaken, bytes answer);

    uint256 private constant _SLOTS = 6;
    uint48 private constant _PERIOD = 1 hours;

    mapping(bytes4 selector => uint256) public taken;
    mapping(bytes4 selector => uint256) public refused;
    bool private _isBlocked;
    uint256 private _pausedUntil;
    uint256[PROVIDERS] private _nextFee;
    uint256[PROVIDERS] private _feeFrom;
    uint256 private _time = _START;
    uint48 private constant _START = 1_800_000_000;

    constructor() {
        vm.warp(_time);
    }

    /// @notice Pays a quote by one of four ways, damaged in one time of three.
    function pay(uint256 random) external {
        uint256 provider = random % PROVIDERS;
        uint256 payer = (random >> 8) % PAYERS;
        uint256 asset = (random >> 16) % ASSETS;
        IProviderSettlement.Quote memory q = _quote(provider, (random >> 24) % _SLOTS, asset, 1 + ((random >> 32) % 1e12));
        if (random & (1 << 100) != 0) q.payer = payerOf(payer);
        uint256 damage = (random >> 104) % 12;
        if (damage == 0) q.deadline = uint48(_time);
        if (damage == 1) q.payer = STRANGER;
        if (damage == 2) q.kind = 0;
        bytes memory sig = _signed(damage == 3 ? _signerKey(1 - provider) : _signerKey(provider), settlement.hashQuote(q));
        if (damage == 4) q.amount += 1;
        bool isRelayed = asset == 2 && random & (1 << 101) != 0;
        bool isFine = damage > 4 && _isOpen(provider, Seq.unwrap(q.seq)) && !_isPaused();
        bytes memory data;
        if (asset == 0) data = abi.encodeCall(IProviderSettlement.payNative, (q, signerOf(provider), sig));
        else if (!isRelayed) data = abi.encodeCall(IProviderSettlement.payToken, (q, signerOf(provider), sig));
        else {
            // By somebody else's signature, an allowance without an end notwithstanding.
            bool isForged = damage == 5;
            bytes memory auth = _authorized(isForged ? _payerKey((payer + 1) % PAYERS) : _payerKey(payer), q);
            isFine = isFine && !isForged;
            data = abi.encodeCall(
                IProviderSettlement.payWithAuthorization,
                (q, signerOf(provider), sig, payerOf(payer), auth)
            );
        }
        _step(isRelayed ? STRANGER : payerOf(payer), asset == 0 ? q.amount : 0, data, isFine);
    }

    /// @notice Pays two quotes at once, sometimes of two providers or of one slot.
    function payBatch(uint256 random) external {
        uint256 provider = random % PROVIDERS;
        uint256 asset = (random >> 16) % ASSETS;
        bool isMixed = (random >> 100) % 8 == 0;
        IProviderSettlement.Quote[] memory qs = new IProviderSettlement.Quote[](2);
        bytes[] memory sigs = new bytes[](2);
        qs[0] = _quote(provider, (random >> 24) % _SLOTS, asset, 1 + ((random >> 32) % 1e12));
        qs[1] = _quote(isMixed ? 1 - provider : provider, (random >> 28) % _SLOTS, asset, 1 + ((random >> 72) % 1e6));
        for (uint256 i = 0; i < 2; ++i) sigs[i] = _signed(_signerKey(provider), settlement.hashQuote(qs[i]));
        (uint64 first, uint64 second) = (Seq.unwrap(qs[0].seq), Seq.unwrap(qs[1].seq));
        bool isFine = !isMixed && first != second && _isOpen(provider, first) && _isOpen(provider, second) && !_isPaused();
        uint256 value = asset == 0 ? qs[0].amount + qs[1].amount : 0;
        if ((random >> 108) % 8 == 0 && asset == 0) {
            value = qs[0].amount;
            isFine = false;
        }
        bytes memory data = abi.encodeCall(IProviderSettlement.payBatch, (qs, signerOf(provider), sigs));
        _step(payerOf((random >> 8) % PAYERS), value, data, isFine);
    }

    function collect(uint256 random) external {
        IProviderSettlement.Mandate memory m = mandateOf(random);
        bytes32 mandate = settlement.hashMandate(m);
        uint256 provider = ProviderId.unwrap(m.providerId);
        uint256 amount = 1 + ((random >> 32) % 150);
        uint64 seq = uint64((random >> 24) % _SLOTS);
        Book storage book = books[mandate];
        uint256 payer = (random >> 8) % PAYERS;
        bool isForged = (random >> 100) % 8 == 0;
        bool isForeign = (random >> 108) % 8 == 0;
        bool isInTime = _time >= m.start && _time < m.end;
        uint256 spent = isInTime && (_time - m.start) / m.period == book.period ? book.spent : 0;
        bool isFine = !isForeign && !_isPaused() && _isOpen(provider, seq) && isInTime && !book.isRevoked;
        isFine = isFine && (book.isApproved || !isForged) && spent + amount <= m.maxPerPeriod && book.total + amount <= m.totalCap;
        bytes memory sig = _signed(isForged ? _payerKey(payer) + 1 : _payerKey(payer), mandate);
        bytes memory data = abi.encodeCall(IProviderSettlement.collect, (m, sig, amount, Seq.wrap(seq), bytes32(random)));
        _step(isForeign ? STRANGER : COLLECTOR, 0, data, isFine);
    }

    function approve(uint256 random) external {
        IProviderSettlement.Mandate memory m = mandateOf(random);
        bool isForeign = (random >> 100) % 4 == 0;
        bool isFine = !isForeign && !_isPaused() && !books[settlement.hashMandate(m)].isRevoked && _time < m.end;
        _step(isForeign ? STRANGER : m.payer, 0, abi.encodeCall(IProviderSettlement.approveMandate, (m)), isFine);
    }

    /// @notice Not often: what was revoked takes part no more.
    function revoke(uint256 random) external {
        IProviderSettlement.Mandate memory m = mandateOf(random);
        uint256 by = (random >> 100) % 8;
        if (by == 0) _step(m.payer, 0, abi.encodeCall(IProviderSettlement.revoke, (m)), true);
        else if (by == 1)
            _step(adminOf(ProviderId.unwrap(m.providerId)), 0, abi.encodeCall(IProviderSettlement.revoke, (m)), true);
        else _step(STRANGER, 0, abi.encodeCall(IProviderSettlement.revoke, (m)), false);
    }

    function cancel(uint256 random) external {
        uint256 provider = random % PROVIDERS;
        uint64 seq = uint64((random >> 24) % _SLOTS);
        uint256 by = (random >> 100) % 3;
        address caller = by == 0 ? signerOf(provider) : by == 1 ? signerOf(1 - provider) : STRANGER;
        bytes memory data = abi.encodeCall(IProviderSettlement.cancelSeq, (ProviderId.wrap(uint64(provider)), Seq.wrap(seq)));
        _step(caller, 0, data, by == 0 && _isOpen(provider, seq));
    }

    function refund(uint256 random) external {
        uint256 provider = random % PROVIDERS;
        uint64 refundSeq = uint64((random >> 24) % _SLOTS);
        uint256 asset = (random >> 16) % ASSETS;
        uint256 amount = 1 + ((random >> 32) % 1e9);
        bool isForeign = (random >> 100) % 4 == 0;
        address caller = isForeign ? signerOf(1 - provider) : signerOf(provider);
        bytes memory data = abi.encodeCall(
            IProviderSettlement.refund,
            (
                ProviderId.wrap(uint64(provider)),
                Seq.wrap(0),
                Seq.wrap(refundSeq),
                assetOf(asset),
                payerOf((random >> 8) % PAYERS),
                amount,
                bytes32(0)
            )
        );
        bool isFine = !isForeign && refunded[uint64(provider)][0] & (1 << refundSeq) == 0;
        _step(caller, asset == 0 ? amount : 0, data, isFine);
    }

    function claim(uint256 random) external {
        uint256 asset = (random >> 16) % ASSETS;
        bool isForeign = random % 4 == 0;
        bool isFine = !isForeign && owed[asset] > 0 && !(asset == 1 && _isBlocked);
        bytes memory data = abi.encodeWithSignature("claimFees(address)", assetOf(asset));
        _step(isForeign ? STRANGER : FEE_RECEIVER, 0, data, isFine);
    }

    /// @notice What goes on around: time, fees, a blocklist, the pause, money that strays here.
    function surround(uint256 random) external {
        uint256 provider = (random >> 8) % PROVIDERS;
        uint256 what = random % 6;
        if (what == 0) _pass((random >> 16) % (2 * _PERIOD));
        if (what == 1) _setFee(provider, uint16((random >> 16) % (FEE_CAP + 1)));
        if (what == 2) {
            _isBlocked = !_isBlocked;
            token.blockAccount(FEE_RECEIVER, _isBlocked);
        }
        if (what == 3 && !_isPaused()) {
            vm.prank(PLATFORM);
            settlement.pause();
            _pausedUntil = _time + 7 days;
        }
        if (what == 4) _pass(7 days);
        if (what == 5) {
            dollar.mint(address(settlement), random >> 200);
            strayed[2] += random >> 200;
        }
    }

    /// @notice One for each provider and payer, of a hundred an hour and two hundred and fifty in all, over thirty days.
    function mandateOf(uint256 random) public view returns (IProviderSettlement.Mandate memory) {
        return
            IProviderSettlement.Mandate({
                providerId: ProviderId.wrap(uint64(random % PROVIDERS)),
                payer: payerOf((random >> 8) % PAYERS),
                token: address(dollar),
                maxPerPeriod: 100,
                totalCap: 250,
                period: _PERIOD,
                start: _START,
                end: _START + 30 days,
                accountRef: 0,
                salt: 0
            });
    }

    /// @notice I1, I2, I7: what the contract holds is what its events say.
    function assertBooksAreTheState() external view {
        for (uint64 p = 0; p < PROVIDERS; ++p) {
            assert(settlement.settledWord(ProviderId.wrap(p), 0) == closed[p][0]);
            assert(settlement.refundedWord(ProviderId.wrap(p), 0) == refunded[p][0]);
        }
        for (uint256 a = 0; a < ASSETS; ++a) {
            assert(settlement.owedTo(FEE_RECEIVER, assetOf(a)) == owed[a]);
            assert(_balance(address(settlement), a) == owed[a] + strayed[a]);
        }
    }

    /// @notice M1 to M4: a mandate gave what its events say, never above its caps, and nothing that nobody agreed to.
    function assertMandatesAreKept() external view {
        for (uint256 p = 0; p < PROVIDERS; ++p)
            for (uint256 i = 0; i < PAYERS; ++i) {
                IProviderSettlement.Mandate memory m = mandateOf(p + (i << 8));
                IProviderSettlement.MandateState memory state = settlement.stateOf(settlement.hashMandate(m));
                Book storage book = books[settlement.hashMandate(m)];
                assert(state.spent == book.spent && state.total == book.total && state.periodIndex == book.period);
                assert(state.approved == book.isApproved && state.revoked == book.isRevoked);
                assert(book.spent <= m.maxPerPeriod && book.total <= m.totalCap);
                assert(book.isApproved || book.total == 0);
            }
    }

    function _step(address caller, uint256 value, bytes memory data, bool shouldBeTaken) private {
        uint256[ASSETS][ACCOUNTS] memory before = _balances();
        for (uint256 i = 0; i < PROVIDERS; ++i) feeNow[i] = _feeOf(i);
        vm.deal(STRANGER, 0);
        vm.recordLogs();
        vm.prank(caller);
        (bool isTaken, bytes memory answer) = address(settlement).call{value: value}(data);
        if (isTaken != shouldBeTaken) revert Surprise(shouldBeTaken, answer);
        // The runner records the events of a call that was undone too.
        Vm.Log[] memory logs = vm.getRecordedLogs();
        _book(caller, isTaken ? logs : new Vm.Log[](0), before);
        if (isTaken) ++taken[bytes4(data)];
        else ++refused[bytes4(data)];
    }

    function _setFee(uint256 provider, uint16 bps) private {
        uint256 current = _feeOf(provider);
        vm.prank(PLATFORM);
        registry.setFee(ProviderId.wrap(uint64(provider)), bps);
        feeNow[provider] = bps > current ? current : bps;
        _nextFee[provider] = bps;
        _feeFrom[provider] = bps > current ? _time + 7 days : _time;
    }

    function _pass(uint256 seconds_) private {
        for (uint256 i = 0; i < PROVIDERS; ++i) feeNow[i] = _feeOf(i);
        _time += seconds_;
        vm.warp(_time);
    }

    function _feeOf(uint256 provider) private view returns (uint256) {
        return _time < _feeFrom[provider] ? feeNow[provider] : _nextFee[provider];
    }

    function _isPaused() private view returns (bool) {
        return _time < _pausedUntil;
    }

    function _isOpen(uint256 provider, uint256 seq) private view returns (bool) {
        return closed[uint64(provider)][0] & (1 << seq) == 0;
    }
}
