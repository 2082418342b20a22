// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IFeeVault} from "../../contracts/interfaces/IFeeVault.sol";
import {IPlatformPause} from "../../contracts/interfaces/IPlatformPause.sol";
import {IPpvEscrow} from "../../contracts/interfaces/IPpvEscrow.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {BlocklistToken} from "../solidity/OddTokens.sol";
import {PpvEscrowHandler} from "./PpvEscrowHandler.sol";

/// @title What holds of the escrow after every call, whoever makes it and whenever
/// @notice The handler itself fails on an answer or an event that it does not expect, and where money cannot leave past its time (E5). The laws
/// compare its books with balances, statuses and slots.
contract PpvEscrowInvariants {
    error NeverMet(bytes4 what);

    PpvEscrowHandler private _handler;
    mapping(bytes4 what => bool) private _isMet;

    function setUp() external {
        _handler = _begun();
    }

    /// @notice E1 to E4, E6 and E7, in all assets of two providers, in a history of eight calls, of any kind, by anybody; the runner takes another
    /// ten thousand times.
    function testFuzz_E1_E2_E3_E4_E5_E6_E7_TheBooksAgree(uint256[8] calldata randoms) external {
        for (uint256 i = 0; i < randoms.length; ++i) {
            _any(uint256(keccak256(abi.encode(randoms[i]))));
            _handler.assertBooksAreTheState();
        }
        _handler.assertProvidersAreKnown();
    }

    /// @notice The laws would hold of an escrow that refuses everything, and of a handler that asks for nothing: every call is taken, and every
    /// reason to refuse is met.
    function test_TheHandlerMeetsEveryAnswer() external {
        for (uint256 i = 0; i < 400; ++i) {
            if (i % 20 == 19) _begin();
            for (uint256 j = 0; j < 3; ++j) _handler.buy(uint256(keccak256(abi.encode(i, j))));
            uint256 random = uint256(keccak256(abi.encode(i)));
            _handler.refundOne(random >> 1);
            _handler.claimRefunds(random >> 2);
            _handler.claimRefundTo(random >> 3);
            _handler.claim(random >> 4);
            _handler.setBlocked(random >> 5);
            if (i % 4 == 0) _handler.capture(random >> 6);
            if (i % 4 == 1) _handler.cancelSeq(random >> 7);
            if (i % 4 == 2) _handler.govern(random >> 9, random >> 16);
            if (i % 8 == 3) _handler.wait(random >> 10);
            if (i % 16 == 7) _handler.pause(random >> 11);
            if (i % 16 == 15) _handler.cancel(random >> 8);
            if (i % 20 == 18) for (uint256 j = 0; j < 4; ++j) _handler.letOut((j / 2) + ((j % 2) << 4));
            _handler.assertBooksAreTheState();
            _handler.assertProvidersAreKnown();
        }
        _meetWhatIsRare();
        _begin();
        bytes4[12] memory calls = _calls();
        for (uint256 i = 0; i < calls.length; ++i) if (!_isMet[calls[i]]) revert NeverMet(calls[i]);
        bytes4[25] memory reasons = _reasons();
        for (uint256 i = 0; i < reasons.length; ++i) if (!_isMet[reasons[i]]) revert NeverMet(reasons[i]);
    }

    /// @notice E3, E5. An event comes to each of its ends, and nothing of it stays behind.
    function test_EveryEventCanBeLeft() external {
        _handler.capture((2 << 24) + (3 << 16)); // Too early, even for the admin.
        _handler.cancel((3 << 16) + 17); // The second event of the second provider.
        _handler.wait(2 hours);
        _handler.capture((2 << 24) + (3 << 16)); // The native coin of the first event; what else it holds stays.
        assert(_handler.statusOf(0, 0) == IPpvEscrow.Status.Captured);
        for (uint256 i = 0; i < 3; ++i) _handler.wait(10 days - 1);
        IPpvEscrow.Status[4] memory ends = [
            IPpvEscrow.Status.Captured,
            IPpvEscrow.Status.Open,
            IPpvEscrow.Status.Open,
            IPpvEscrow.Status.Cancelled
        ];
        for (uint256 i = 0; i < 4; ++i) {
            _handler.letOut((i / 2) + ((i % 2) << 4));
            assert(_handler.statusOf(i / 2, uint64(i % 2)) == ends[i]);
        }
        _handler.assertBooksAreTheState();
        _handler.assertNothingIsHeld();
    }

    /// @dev What chance brings about too seldom.
    function _meetWhatIsRare() private {
        _begin();
        _handler.claim(0); // Nothing waits for a stranger.
        _handler.claimRefundTo(0); // Nobody is address zero.
        _handler.buy(_purchase(0) - (1 << 130)); // By a key that does not sign yet.
        _handler.buy(_special(2, 0, 9, 6)); // The times of an event that nobody opened.
        _handler.buy(_special(0, 2, 10, 10)); // Somebody else's word, to the token
        _handler.buy(_special(0, 1, 10, 10)); // and to Permit2,
        _handler.buy(_special(0, 1, 10, 20)); // the payer's own,
        _handler.buy(_special(0, 1, 11, 20)); // and the same bit again.
        _handler.pause(0x100); // A stranger pauses nothing,
        _handler.pause(0x101); // the guardian does,
        _handler.buy(_purchase(0));
        _handler.pause(1); // and the platform ends it.
        _handler.setBlocked(1); // The second payer,
        _handler.refundOne((4 << 8) + (3 << 16)); // whose refund fails.
        _handler.setBlocked(3); // The receiver of fees,
        _handler.wait(2 hours);
        _handler.capture((1 << 32) + (2 << 24) + (3 << 16)); // whose fee of a token waits
        _handler.claim((1 << 16) + 2); // until it is
        _handler.setBlocked(261); // on no list any more.
        _handler.claim((1 << 16) + 2);
        _handler.govern(3, 0); // A token that is allowed no longer.
        _handler.buy(_purchase(4));
        _handler.govern(4, 0); // A provider that the guardian stops.
        _handler.buy(_purchase(4));
        _handler.assertBooksAreTheState();
    }

    /// @dev Both providers pay a fee, and their events have viewers from the start, so that short histories get far.
    function _begun() private returns (PpvEscrowHandler handler) {
        handler = new PpvEscrowHandler();
        handler.govern(14, 300 << 32);
        handler.govern(14, (300 << 32) + 1);
        handler.wait(7 days);
        for (uint256 i = 0; i < 8; ++i) handler.buy(_purchase(i));
    }

    function _any(uint256 random) private {
        uint256 kind = random % 16;
        random >>= 8;
        if (kind < 4) _handler.buy(random);
        else if (kind == 4) _handler.capture(random);
        else if (kind == 5) _handler.cancel(random);
        else if (kind == 6) _handler.cancelSeq(random);
        else if (kind == 7) _handler.refundOne(random);
        else if (kind == 8) _handler.claimRefunds(random);
        else if (kind == 9) _handler.claimRefundTo(random);
        else if (kind == 10) _handler.letOut(random);
        else if (kind == 11) _handler.setBlocked(random);
        else if (kind < 14) _handler.wait(random);
        else if (kind == 14) _handler.govern(random >> 240, random);
        else if (random % 2 == 0) _handler.claim(random >> 1);
        else _handler.pause(random >> 1);
    }

    /// @dev The i-th of eight, undamaged: two in each of two events of two providers, in all assets, an hour before they begin.
    function _purchase(uint256 i) private pure returns (uint256) {
        uint256 what = (i % 2) | (((i >> 1) % 2) << 4) | ((i % 3) << 8) | (i << 24) | ((i / 4) << 48);
        return what | (3_600 << 64) | (20 << 104) | (1 << 130) | (1_000 << 170);
    }

    /// @dev Another handler, since slots run out; what the last one met is remembered.
    function _begin() private {
        bytes4[12] memory calls = _calls();
        for (uint256 i = 0; i < calls.length; ++i) if (_handler.accepted(calls[i]) > 0) _isMet[calls[i]] = true;
        bytes4[25] memory reasons = _reasons();
        for (uint256 i = 0; i < reasons.length; ++i) if (_handler.refused(reasons[i]) > 0) _isMet[reasons[i]] = true;
        _handler = _begun();
    }

    /// @dev In dollars, of the first provider.
    function _special(uint256 eventId, uint256 way, uint256 seq, uint256 damage) private pure returns (uint256) {
        uint256 what = (eventId << 4) | (way << 16) | (seq << 24) | (2 << 48) | (3_600 << 64);
        return what | (damage << 104) | (1 << 130) | (1_000 << 170);
    }

    function _calls() private pure returns (bytes4[12] memory) {
        return
            [
                IPpvEscrow.purchase.selector,
                IPpvEscrow.purchaseWithAuthorization.selector,
                IPpvEscrow.purchaseWithPermit2.selector,
                IPpvEscrow.captureEvent.selector,
                IPpvEscrow.cancelEvent.selector,
                IPpvEscrow.cancelSeq.selector,
                IPpvEscrow.refundPurchase.selector,
                IPpvEscrow.claimRefunds.selector,
                IPpvEscrow.claimRefundTo.selector,
                IFeeVault.claimFees.selector,
                IPlatformPause.pause.selector,
                IPlatformPause.unpause.selector
            ];
    }

    /// @dev All errors of the escrow but two that no honest token and no key that takes coins bring about, and those of its neighbours.
    function _reasons() private pure returns (bytes4[25] memory) {
        return
            [
                IPpvEscrow.PpvEscrowQuoteExpired.selector,
                IPpvEscrow.PpvEscrowWrongPayer.selector,
                IPpvEscrow.PpvEscrowWrongToken.selector,
                IPpvEscrow.PpvEscrowWrongValue.selector,
                IPpvEscrow.PpvEscrowSignerNotAuthorised.selector,
                IPpvEscrow.PpvEscrowRefundFailed.selector,
                IPpvEscrow.PpvEscrowAmountOutOfRange.selector,
                IPpvEscrow.PpvEscrowWrongStatus.selector,
                IPpvEscrow.PpvEscrowTooEarly.selector,
                IPpvEscrow.PpvEscrowTooLate.selector,
                IPpvEscrow.PpvEscrowTermsMismatch.selector,
                IPpvEscrow.PpvEscrowAlreadyPurchased.selector,
                IPpvEscrow.PpvEscrowNothingToRefund.selector,
                IPpvEscrow.PpvEscrowNothingHeld.selector,
                IPpvEscrow.PpvEscrowBadTimes.selector,
                IPpvEscrow.PpvEscrowBadReceiver.selector,
                IProviderRegistry.ProviderRegistrySignerNotAuthorised.selector,
                IProviderRegistry.ProviderRegistryProviderInactive.selector,
                IProviderRegistry.ProviderRegistryTokenNotAllowed.selector,
                Pausable.EnforcedPause.selector,
                IFeeVault.FeeVaultNothingOwed.selector,
                BlocklistToken.Blocked.selector,
                ERC3009.ERC3009InvalidSignature.selector,
                bytes4(keccak256("InvalidNonce()")),
                bytes4(keccak256("InvalidSigner()"))
            ];
    }
}
