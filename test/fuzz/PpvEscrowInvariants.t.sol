// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PpvEscrow} from "../../contracts/PpvEscrow.sol";
import {EventId} from "../../contracts/types/EventId.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {escrowHandler, PpvEscrowHandler} from "./PpvEscrowHandler.sol";

/// @title What holds of the escrow after every call, whoever makes it and whenever
/// @notice The handler itself fails where a status comes back (E3), a purchase is paid out twice (E4), money cannot leave past its time (E5), a
/// cancelled event is captured (E6) or a slot is bought twice (E7). The laws compare its books with balances.
contract PpvEscrowInvariants {
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
