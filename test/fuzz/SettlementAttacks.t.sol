// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {SettlementWorld} from "./SettlementWorld.sol";
import {vm} from "./Vm.sol";

/// @dev Moves nothing, says that it did, and tells whatever balance it was told to tell.
contract Liar {
    uint8 public constant decimals = 6;
    uint256 private _rise;
    uint256 private _told = 1 << 128;

    function lie(uint256 rise) external {
        _rise = rise;
    }

    function transferFrom(address, address, uint256) external returns (bool) {
        _told += _rise;
        return true;
    }

    function balanceOf(address) external view returns (uint256) {
        return _told;
    }
}

/// @title Attacks of the table that are worth more than an example: A2, A16, A17 and A31
contract SettlementAttacks is SettlementWorld {
    uint48 private constant _NOW = 1_800_000_000;

    Liar private _liar;

    /// @dev What all runs need is made here: each begins from where this ends.
    function setUp() external {
        vm.warp(_NOW);
        _liar = new Liar();
        // The same key signs for both, so that nothing but the signature tells their quotes apart.
        vm.prank(adminOf(1));
        registry.setSigner(ProviderId.wrap(1), signerOf(0), FOREVER);
    }

    /// @notice A2. No field of a signed quote can be another one: each in turn becomes any other value that would be taken if it were signed.
    function testFuzz_A2_NoFieldOfAQuoteChanges(uint256 field, uint256 noise) external {
        IProviderSettlement.Quote memory q = _quote(0, 1, 2, 1e6);
        bytes memory sig = _signed(_signerKey(0), settlement.hashQuote(q));
        bytes32 before = keccak256(abi.encode(q));
        field %= 11;
        if (field == 0) q.providerId = ProviderId.wrap(1);
        if (field == 1) q.seq = Seq.wrap(uint64(noise));
        if (field == 2) q.invoiceRef = bytes32(noise);
        if (field == 3) q.kind = uint8(1 + (noise % 5));
        if (field == 4) q.payer = payerOf(0);
        if (field == 5) q.token = address(token);
        if (field == 6) q.amount = 1 + (noise % 1e12);
        if (field == 7) q.currency = bytes3(uint24(noise));
        if (field == 8) q.fiatMinor = uint128(noise);
        if (field == 9) q.validAfter = uint48(noise % _NOW);
        if (field == 10) q.deadline = uint48(_NOW + 1 + (noise % 1e9));
        vm.assume(keccak256(abi.encode(q)) != before);
        bytes memory expected = abi.encodeWithSelector(
            IProviderSettlement.ProviderSettlementSignerNotAuthorised.selector,
            signerOf(0)
        );
        (bool isTaken, bytes memory answer) = _pay(q, sig);
        assert(!isTaken && keccak256(answer) == keccak256(expected));
        // It would have been taken if it had been signed.
        (isTaken, ) = _pay(q, _signed(_signerKey(0), settlement.hashQuote(q)));
        assert(isTaken && settlement.isSettled(q.providerId, q.seq));
    }

    /// @notice A16. A token that lies in `balanceOf` hurts who allows it: no honest token moves, and no slot of another provider is closed.
    function testFuzz_A16_ALyingTokenHurtsWhoAllowsIt(uint256 rise, uint96 amount, bool isExact) external {
        vm.assume(amount > 0);
        vm.prank(adminOf(0));
        registry.setToken(ProviderId.wrap(0), address(_liar), true, 6);
        rise = isExact ? amount : rise % (1 << 127);
        _liar.lie(rise);
        bytes32 honest = _honestBalances();

        IProviderSettlement.Quote memory q = _quote(0, 1, 2, amount);
        q.token = address(_liar);
        (bool isTaken, ) = _pay(q, _signed(_signerKey(0), settlement.hashQuote(q)));
        assert(isTaken == (rise == amount) && settlement.isSettled(q.providerId, q.seq) == isTaken);

        q.providerId = ProviderId.wrap(1);
        (isTaken, ) = _pay(q, _signed(_signerKey(1), settlement.hashQuote(q)));
        assert(!isTaken && settlement.settledWord(q.providerId, 0) == 0);
        assert(_honestBalances() == honest);
    }

    /// @notice A17. The fee is the share rounded down, nothing is lost, and a batch costs what its quotes cost.
    function testFuzz_A17_SmallAmountsAreSharedExactly(uint256 one, uint256 two, uint256 bps) external {
        (one, two, bps) = (1 + (one % 10_000), 1 + (two % 10_000), bps % (FEE_CAP + 1));
        vm.prank(PLATFORM);
        registry.setFee(ProviderId.wrap(0), uint16(bps));
        vm.warp(_NOW + 7 days);
        uint256 fees = (one * bps) / 10_000 + (two * bps) / 10_000;

        IProviderSettlement.Quote[] memory qs = new IProviderSettlement.Quote[](2);
        bytes[] memory sigs = new bytes[](2);
        (qs[0], qs[1]) = (_quote(0, 1, 2, one), _quote(0, 2, 2, two));
        for (uint256 i = 0; i < 2; ++i) sigs[i] = _signed(_signerKey(0), settlement.hashQuote(qs[i]));
        vm.prank(payerOf(0));
        settlement.payBatch(qs, signerOf(0), sigs);
        assert(dollar.balanceOf(FEE_RECEIVER) == fees && dollar.balanceOf(treasuryOf(0)) == one + two - fees);

        for (uint256 i = 0; i < 2; ++i) {
            qs[i].seq = Seq.wrap(uint64(3 + i));
            (bool isTaken, ) = _pay(qs[i], _signed(_signerKey(0), settlement.hashQuote(qs[i])));
            assert(isTaken);
        }
        assert(dollar.balanceOf(FEE_RECEIVER) == 2 * fees && dollar.balanceOf(treasuryOf(0)) == 2 * (one + two - fees));
        assert(dollar.balanceOf(address(settlement)) == 0);
    }

    /// @notice A31. Whatever the hands of one provider do, nothing of the other changes.
    function testFuzz_A31_ProvidersDoNotTouchEachOther(uint256 what, uint64 seq, uint48 time, address key) external {
        vm.assume(key != address(0));
        ProviderId other = ProviderId.wrap(1);
        bytes32 before = _recordOf(other, seq);
        address[4] memory hands = [adminOf(0), treasuryOf(0), signerOf(1), COLLECTOR];
        // The signer of provider 1 is none of provider 0 and, at its own provider, no admin; it may cancel its own slots.
        address hand = hands[what % 4];
        uint256 i = (what >> 8) % (hand == signerOf(1) ? 8 : 9);
        vm.prank(hand);
        (bool isTaken, ) = (i == 8 ? address(settlement) : address(registry)).call(_intrusion(i, seq, time, key));
        assert(!isTaken && _recordOf(other, seq) == before);

        // And what a hand does at home stays there.
        vm.prank(signerOf(0));
        settlement.cancelSeq(ProviderId.wrap(0), Seq.wrap(seq));
        vm.prank(adminOf(0));
        registry.setProviderPaused(ProviderId.wrap(0), true);
        assert(settlement.isSettled(ProviderId.wrap(0), Seq.wrap(seq)) && _recordOf(other, seq) == before);
        IProviderSettlement.Quote memory q = _quote(1, seq, 2, 1e6);
        (isTaken, ) = _pay(q, _signed(_signerKey(1), settlement.hashQuote(q)), signerOf(1));
        assert(isTaken);
    }

    function _intrusion(uint256 i, uint64 seq, uint48 time, address key) private view returns (bytes memory) {
        ProviderId other = ProviderId.wrap(1);
        if (i == 0) return abi.encodeCall(IProviderRegistry.setSigner, (other, key, time));
        if (i == 1) return abi.encodeCall(IProviderRegistry.setCollector, (other, key, time));
        if (i == 2) return abi.encodeCall(IProviderRegistry.setRefunder, (other, key, time));
        if (i == 3) return abi.encodeCall(IProviderRegistry.setToken, (other, address(token), false, 6));
        if (i == 4) return abi.encodeCall(IProviderRegistry.setProviderPaused, (other, true));
        if (i == 5) return abi.encodeCall(IProviderRegistry.proposeAdmin, (other, key));
        if (i == 6) return abi.encodeCall(IProviderRegistry.proposeTreasury, (other, key));
        if (i == 7) return abi.encodeCall(IProviderRegistry.vetoRecovery, (other));
        return abi.encodeCall(IProviderSettlement.cancelSeq, (other, Seq.wrap(seq)));
    }

    function _pay(IProviderSettlement.Quote memory q, bytes memory sig) private returns (bool, bytes memory) {
        return _pay(q, sig, ProviderId.unwrap(q.providerId) == 1 && q.token != address(dollar) ? signerOf(1) : signerOf(0));
    }

    function _pay(IProviderSettlement.Quote memory q, bytes memory sig, address signer) private returns (bool, bytes memory) {
        vm.prank(payerOf(0));
        return address(settlement).call(abi.encodeCall(IProviderSettlement.payToken, (q, signer, sig)));
    }

    function _honestBalances() private view returns (bytes32) {
        uint256[2][6] memory held;
        address[6] memory accounts = [payerOf(0), payerOf(1), treasuryOf(0), treasuryOf(1), FEE_RECEIVER, address(settlement)];
        for (uint256 i = 0; i < 6; ++i) held[i] = [dollar.balanceOf(accounts[i]), token.balanceOf(accounts[i])];
        return keccak256(abi.encode(held));
    }

    function _recordOf(ProviderId id, uint64 seq) private view returns (bytes32) {
        (IProviderRegistry.Provider memory provider, address admin) = registry.providerOf(id);
        return
            keccak256(
                abi.encode(
                    provider,
                    admin,
                    registry.signerUntil(id, signerOf(1)),
                    registry.isTokenAllowed(id, address(token)),
                    registry.pendingAdmin(id),
                    registry.pendingTreasury(id),
                    settlement.settledWord(id, seq >> 8)
                )
            );
    }
}
