// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {SettlementPayments} from "./SettlementPayments.sol";
import {vm} from "./Vm.sol";

/// @title Everybody who may speak to the settlement, in any order
/// @notice Makes calls out of random numbers, knows of each what the contract has to answer and to tell, and books what came of it.
contract SettlementHandler is SettlementPayments {
    uint48 private constant _PERIOD = 1 hours;
    uint48 private constant _START = 1_800_000_000;
    bytes32 private constant _REVOKE = keccak256("Revoke(bytes32 mandate)");
    bytes32 private constant _DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    function collect(uint256 random) external {
        IProviderSettlement.Mandate memory m = mandateOf(random);
        bytes32 mandate = settlement.hashMandate(m);
        uint256 amount = (random >> 32) % 150;
        Seq seq = Seq.wrap(uint64((random >> 24) % SLOTS));
        bool isForged = (random >> 100) % 8 == 0;
        address caller = (random >> 108) % 8 == 0 ? STRANGER : COLLECTOR;
        bytes memory refusal = _refusesNow();
        if (refusal.length == 0) refusal = _refusesMandate(m, mandate, caller, amount, !isForged);
        if (refusal.length == 0) refusal = _refusesSlot(m.providerId, seq);
        uint256 fee = _feeFrom(ProviderId.unwrap(m.providerId), amount);
        if (refusal.length == 0) refusal = _refusesPull(m.token, allowed[m.payer], amount, fee);
        bytes memory sig = _signed(_payerKey((random >> 8) % PAYERS) + (isForged ? 1 : 0), mandate);
        bytes memory data = abi.encodeCall(IProviderSettlement.collect, (m, sig, amount, seq, bytes32(random)));
        if (refusal.length == 0) {
            if (!books[mandate].isApproved) _expectApproval(m, mandate);
            _expectCollection(m, mandate, amount, seq, bytes32(random));
            _spend(m.payer, m.token, allowed[m.payer], amount);
        }
        _step(caller, 0, data, refusal);
    }

    function approve(uint256 random) external {
        IProviderSettlement.Mandate memory m = mandateOf(random);
        bytes32 mandate = settlement.hashMandate(m);
        address caller = (random >> 100) % 4 == 0 ? STRANGER : m.payer;
        bytes memory refusal = _refusesNow();
        if (refusal.length == 0 && caller != m.payer) refusal = _wrongPayer(m.payer, caller);
        if (refusal.length == 0 && (books[mandate].isRevoked || time >= m.end)) refusal = _inactive(mandate);
        if (refusal.length == 0 && m.period == 0)
            refusal = abi.encodeWithSelector(IProviderSettlement.ProviderSettlementBadMandate.selector);
        if (refusal.length == 0 && !books[mandate].isApproved) _expectApproval(m, mandate);
        _step(caller, 0, abi.encodeCall(IProviderSettlement.approveMandate, (m)), refusal);
    }

    /// @notice By the payer, the admin of the day, a stranger, or a signature of the payer that a stranger brings. No pause stops it, nor a
    /// recovery. Not often taken: what was revoked takes part no more.
    function revoke(uint256 random) external {
        IProviderSettlement.Mandate memory m = mandateOf(random);
        bytes32 mandate = settlement.hashMandate(m);
        uint256 by = (random >> 100) % 8;
        Known storage provider = known[ProviderId.unwrap(m.providerId)];
        address caller = by == 0 ? m.payer : by == 1 ? provider.admin : by == 2 ? provider.treasury : STRANGER;
        bytes memory data = abi.encodeCall(IProviderSettlement.revoke, (m));
        bytes memory refusal = by > 1 ? _wrongPayer(m.payer, caller) : bytes("");
        if (by > 2 && by < 6) {
            bytes memory sig = _signed(_payerKey((random >> 8) % PAYERS) + (by > 3 ? 1 : 0), _revocation(mandate));
            data = abi.encodeCall(IProviderSettlement.revokeBySig, (m, sig));
            refusal = by > 3 ? _notAuthorised(m.payer) : bytes("");
        }
        if (refusal.length == 0 && !books[mandate].isRevoked) {
            bytes32[] memory ids = _words(mandate, _word(m.payer));
            _expect(address(settlement), IProviderSettlement.MandateRevoked.selector, ids, abi.encode(caller));
        }
        _step(caller, 0, data, refusal);
    }

    /// @notice By each kind of hand: only a signer of this provider voids a slot.
    function cancel(uint256 random) external {
        uint256 p = random % PROVIDERS;
        Seq seq = Seq.wrap(uint64((random >> 24) % SLOTS));
        address caller = _handOf(p, (random >> 100) % 6);
        ProviderId id = ProviderId.wrap(uint64(p));
        bytes memory refusal = _hasRight(p, Right.Sign, caller) ? _refusesSlot(id, seq) : _notAuthorised(caller);
        bytes32[] memory ids = _words(_word(p), _word(Seq.unwrap(seq)));
        if (refusal.length == 0) _expect(address(settlement), IProviderSettlement.SeqCancelled.selector, ids, abi.encode(caller));
        _step(caller, 0, abi.encodeCall(IProviderSettlement.cancelSeq, (id, seq)), refusal);
    }

    /// @notice By each kind of hand: a signer's or a refunder's money goes to a payer, once by number.
    function refund(uint256 random) external {
        uint256 p = random % PROVIDERS;
        uint64 refundSeq = uint64((random >> 24) % SLOTS);
        address asset = assetOf((random >> 16) % ASSETS);
        uint256 amount = (random >> 32) % 1e9;
        address caller = _handOf(p, (random >> 100) % 6);
        address to = (random >> 108) % 16 == 0 ? address(0) : payerOf((random >> 8) % PAYERS);
        uint256 value = asset == address(0) && (random >> 116) % 8 > 0 ? amount : 0;
        bytes memory refusal = _refusesRefund(p, caller, to, amount);
        if (refusal.length == 0) refusal = _refusesValue(value, asset == address(0) ? amount : 0);
        if (refusal.length == 0 && refunded[uint64(p)][0] & (1 << refundSeq) != 0)
            refusal = abi.encodeWithSelector(IProviderSettlement.ProviderSettlementAlreadyRefunded.selector, p, refundSeq);
        if (refusal.length == 0) {
            bytes32[] memory ids = _words(_word(p), 0, _word(to));
            bytes memory told = abi.encode(refundSeq, asset, amount, bytes32(random));
            _expect(address(settlement), IProviderSettlement.Refunded.selector, ids, told);
        }
        bytes memory data = abi.encodeCall(
            IProviderSettlement.refund,
            (ProviderId.wrap(uint64(p)), Seq.wrap(0), Seq.wrap(refundSeq), asset, to, amount, bytes32(random))
        );
        // Who has no money of its own is lent what it sends, and gives it back: it is refused.
        bool isLent = caller == STRANGER || caller == known[p].admin;
        if (isLent) vm.deal(caller, value);
        _step(caller, value, data, refusal);
        if (isLent) vm.deal(caller, 0);
    }

    /// @notice What goes on around: time, a blocklist, allowances, money that strays here.
    function surround(uint256 random) external {
        uint256 what = random % 6;
        if (what == 0) _wait((random >> 16) % (2 * _PERIOD));
        if (what == 1) _wait(7 days);
        if (what == 2) _block(FEE_RECEIVER, !isBlocked[FEE_RECEIVER]);
        if (what == 3) _stray(random >> 200);
        if (what > 3) {
            address payer = payerOf((random >> 8) % PAYERS);
            _allow(payer, address(settlement));
            allowed[payer] = type(uint256).max;
        }
    }

    function wait(uint256 seconds_) external {
        _wait(seconds_);
    }

    /// @notice One for each provider and payer, of a hundred an hour and two hundred and fifty in all, over thirty days; now and then one
    /// whose terms nobody can keep.
    function mandateOf(uint256 random) public view returns (IProviderSettlement.Mandate memory) {
        return
            IProviderSettlement.Mandate({
                providerId: ProviderId.wrap(uint64(random % PROVIDERS)),
                payer: payerOf((random >> 8) % PAYERS),
                token: address(dollar),
                maxPerPeriod: 100,
                totalCap: 250,
                period: (random >> 120) % 16 == 1 ? 0 : _PERIOD,
                start: _START,
                end: _START + 30 days,
                accountRef: 0,
                salt: 0
            });
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

    function _refusesRefund(uint256 p, address caller, address to, uint256 amount) private view returns (bytes memory) {
        if (!_hasRight(p, Right.Sign, caller) && !_hasRight(p, Right.Refund, caller)) return _notAuthorised(caller);
        if (to == address(0)) return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementZeroAddress.selector);
        return _refusesAmount(amount);
    }

    /// @dev The two signers, the other provider's, the refunder, the admin, a stranger.
    function _handOf(uint256 p, uint256 which) private view returns (address) {
        if (which == 0) return signerOf(p);
        if (which == 1) return signerOf(p + PROVIDERS);
        if (which == 2) return signerOf(1 - p);
        if (which == 3) return REFUNDER;
        return which == 4 ? known[p].admin : STRANGER;
    }

    function _wrongPayer(address expected, address actual) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IProviderSettlement.ProviderSettlementWrongPayer.selector, expected, actual);
    }

    function _revocation(bytes32 mandate) private view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(_DOMAIN, keccak256("Tallyroot Settlement"), keccak256("1"), block.chainid, address(settlement))
        );
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(abi.encode(_REVOKE, mandate))));
    }
}
