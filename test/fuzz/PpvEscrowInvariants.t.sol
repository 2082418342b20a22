// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPpvEscrow} from "../../contracts/interfaces/IPpvEscrow.sol";
import {PpvEscrow} from "../../contracts/PpvEscrow.sol";
import {EventId} from "../../contracts/types/EventId.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {escrowHandler, PpvEscrowHandler} from "./PpvEscrowHandler.sol";

/// @title What holds of the escrow after every call, whoever makes it and whenever
/// @notice The handler itself fails where a status comes back (E3), a purchase is paid out twice (E4), money cannot leave past its time (E5), a
/// cancelled event is captured (E6) or a slot is bought twice (E7). The laws compare its books with balances.
contract PpvEscrowInvariants {
    error NeverMet(bytes4 action);

    ProviderId private constant _PROVIDER = ProviderId.wrap(1);
    uint256 private constant _START = 1e18;

    PpvEscrowHandler private _handler;

    /// @dev Two events have viewers from the start, so that short histories get far.
    function setUp() external {
        _handler = escrowHandler(address(this));
        _handler.buy(0, 0, 0, 1_000, false);
        _handler.buy(1, 0, 1, 5_000_000, true);
        _handler.buy(2, 1, 2, 777, false);
    }

    /// @notice Read by the runner: it calls nothing else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice E1, E2, E4 and E6 in the token and in the native coin: one walk, since the runner plays all histories again for each invariant.
    function invariant_E1_E2_E4_E6_TheBooksAgree() external view {
        _agree(address(_handler.token()));
        _agree(address(0));
    }

    /// @notice The laws would hold of an escrow that refuses everything, and of a handler that asks for nothing: every action is taken and refused,
    /// and an event comes to each of its ends.
    function test_TheHandlerMeetsEveryAnswer() external {
        _handler.buy(0, 2, 3, 5, false);
        _handler.buy(1, 2, 4, 5, true);
        _handler.buy(2, 1, 5, 9, true);
        _handler.buy(2, 1, 5, 9, true); // Its slot is closed.
        _handler.capture(2, 0, 0); // Too early.
        for (uint256 who = 0; who < 2; ++who) {
            // A stranger, and then the admin.
            _handler.cancelSeq(who, 7);
            _handler.refundOne(who, 3);
            _handler.claim(2, 2, false); // Refused before the event is cancelled.
            _handler.claimTo(1, 5);
            _handler.cancel(who, 1);
        }
        _handler.claim(2, 2, false);
        _handler.claimTo(1, 5);
        _handler.wait(2 hours);
        _handler.capture(2, 0, 0);
        _handler.letOut(0); // What the capture left in the other asset.
        _handler.wait(10 days - 1);
        _handler.wait(10 days - 1);
        _handler.letOut(2); // Nobody captured it.
        bytes4[7] memory actions = [
            IPpvEscrow.purchase.selector,
            IPpvEscrow.captureEvent.selector,
            IPpvEscrow.cancelEvent.selector,
            IPpvEscrow.cancelSeq.selector,
            IPpvEscrow.refundPurchase.selector,
            IPpvEscrow.claimRefunds.selector,
            IPpvEscrow.claimRefundTo.selector
        ];
        for (uint256 i = 0; i < actions.length; ++i)
            if (_handler.accepted(actions[i]) == 0 || _handler.refused(actions[i]) == 0) revert NeverMet(actions[i]);
        PpvEscrow escrow = _handler.escrow();
        IPpvEscrow.Status[3] memory ends = [IPpvEscrow.Status.Captured, IPpvEscrow.Status.Cancelled, IPpvEscrow.Status.Open];
        for (uint64 id = 0; id < 3; ++id) assert(escrow.eventOf(_PROVIDER, EventId.wrap(id)).status == ends[id]);
        for (uint64 id = 0; id < 3; ++id) assert(escrow.heldOf(_PROVIDER, EventId.wrap(id), address(0)) == 0);
        _agree(address(_handler.token()));
        _agree(address(0));
    }

    function _agree(address token) private view {
        PpvEscrow escrow = _handler.escrow();
        uint256 held;
        for (uint64 id = 0; id < _handler.EVENTS(); ++id) {
            uint256 live = escrow.heldOf(_PROVIDER, EventId.wrap(id), token);
            assert(live == _handler.liveOf(id, token)); // E2
            held += live;
        }
        uint256 owed = escrow.owedTo(_handler.FEE_RECEIVER(), token);
        assert(_balance(token, address(escrow)) == held + owed); // E1, and nothing strays here.
        assert(held == _handler.paidIn(token) - _handler.paidBack(token) - _handler.captured(token));
        // E4, E6: the platform and the treasury have exactly what was captured, everybody else what was paid back.
        uint256 earned = _balance(token, _handler.TREASURY()) + _balance(token, _handler.FEE_RECEIVER()) + owed;
        assert(earned == _handler.captured(token));
        uint256 theirs = _balance(token, address(0xD0));
        for (uint160 payer = 0xC0; payer < 0xC3; ++payer) theirs += _balance(token, address(payer));
        assert(theirs == 3 * _START - _handler.paidIn(token) + _handler.paidBack(token));
    }

    function _balance(address token, address account) private view returns (uint256) {
        return token == address(0) ? account.balance : _handler.token().balanceOf(account);
    }
}
