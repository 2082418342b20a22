// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {ModuleHands} from "./ModuleHands.sol";
import {SettlementWorld} from "./SettlementWorld.sol";
import {Vm} from "./Vm.sol";

/// @title The books, from the events alone
/// @notice After each call every balance must be what the events say (I3, I4, I5, I8), and what the books hold is what the contract holds
/// (I1, I2, I7).
abstract contract SettlementReplay is SettlementWorld, ModuleHands {
    error ClosedTwice(uint64 provider, uint64 seq);
    error RefundedTwice(uint64 provider, uint64 refundSeq);
    error FeeIsNotItsShare(uint256 amount, uint256 fee);
    error WrongTreasury(address treasury);
    error ApprovedTwice(bytes32 mandate);

    /// @dev Of a mandate, by its events.
    struct Book {
        bool isApproved;
        bool isRevoked;
        uint32 period;
        uint256 spent;
        uint256 total;
    }

    mapping(uint64 provider => mapping(uint256 word => uint256)) internal closed;
    mapping(uint64 provider => mapping(uint256 word => uint256)) internal refunded;
    mapping(bytes32 mandate => Book) internal books;
    mapping(address asset => uint256) private _strayed;

    /// @dev Everybody whom money can reach: those who pay or refund, treasuries, receivers of fees, and the contract.
    constructor() {
        for (uint256 i = 0; i < PAYERS; ++i) _follow(payerOf(i));
        for (uint256 i = 0; i < 2 * PROVIDERS; ++i) _follow(signerOf(i));
        for (uint256 i = 0; i < 2 * PROVIDERS; ++i) _follow(treasuryOf(i));
        _fund(REFUNDER, address(settlement));
        address[4] memory others = [REFUNDER, FEE_RECEIVER, NEXT_FEE_RECEIVER, address(settlement)];
        for (uint256 i = 0; i < others.length; ++i) _follow(others[i]);
    }

    /// @notice I1 to I5, I7: slots, fees that wait and every balance are what the events say.
    function assertBooksAreTheState() external view {
        for (uint64 p = 0; p < PROVIDERS; ++p) {
            assert(settlement.settledWord(ProviderId.wrap(p), 0) == closed[p][0]);
            assert(settlement.refundedWord(ProviderId.wrap(p), 0) == refunded[p][0]);
        }
        for (uint256 a = 0; a < ASSETS; ++a) {
            address asset = assetOf(a);
            (uint256 one, uint256 two) = (owed[FEE_RECEIVER][asset], owed[NEXT_FEE_RECEIVER][asset]);
            assert(settlement.owedTo(FEE_RECEIVER, asset) == one && settlement.owedTo(NEXT_FEE_RECEIVER, asset) == two);
            assert(held[address(settlement)][asset] == one + two + _strayed[asset]);
        }
        _requireBalances();
    }

    /// @dev Money that nobody was asked for.
    function _stray(uint256 amount) internal {
        dollar.mint(address(settlement), amount);
        _strayed[address(dollar)] += amount;
        held[address(settlement)][address(dollar)] += amount;
    }

    function _module() internal view override returns (address) {
        return address(settlement);
    }

    function _bookOne(address caller, Vm.Log memory log) internal override {
        bytes32 kind = log.topics[0];
        if (kind == IProviderSettlement.Settled.selector) _bookSettled(log);
        else if (kind == IProviderSettlement.Collected.selector) _bookCollected(log);
        else if (kind == IProviderSettlement.SeqCancelled.selector) _close(_uint64(log.topics[1]), _uint64(log.topics[2]));
        else if (kind == IProviderSettlement.Refunded.selector) _bookRefunded(caller, log);
        else if (kind == IProviderSettlement.MandateApproved.selector) {
            if (books[log.topics[1]].isApproved) revert ApprovedTwice(log.topics[1]);
            books[log.topics[1]].isApproved = true;
        } else if (kind == IProviderSettlement.MandateRevoked.selector) books[log.topics[1]].isRevoked = true;
    }

    function _bookSettled(Vm.Log memory log) private {
        (uint64 seq, , , address asset, uint256 amount, uint256 fee, address treasury) = abi.decode(
            log.data,
            (uint64, uint8, uint8, address, uint256, uint256, address)
        );
        uint64 provider = _uint64(log.topics[1]);
        _close(provider, seq);
        _bookPayment(provider, _address(log.topics[3]), asset, amount, fee, treasury);
    }

    function _bookCollected(Vm.Log memory log) private {
        (address payer, uint64 seq, address asset, uint256 amount, uint256 fee, address treasury, uint32 period) = abi.decode(
            log.data,
            (address, uint64, address, uint256, uint256, address, uint32)
        );
        uint64 provider = _uint64(log.topics[2]);
        _close(provider, seq);
        _bookPayment(provider, payer, asset, amount, fee, treasury);
        Book storage book = books[log.topics[1]];
        book.spent = period == book.period ? book.spent + amount : amount;
        book.period = period;
        book.total += amount;
    }

    function _bookPayment(
        uint64 provider,
        address payer,
        address asset,
        uint256 amount,
        uint256 fee,
        address treasury
    ) private {
        if (fee != (amount * _feeOf(provider)) / 10_000 || fee > (amount * FEE_CAP) / 10_000) revert FeeIsNotItsShare(amount, fee);
        if (treasury != known[provider].treasury) revert WrongTreasury(treasury);
        _move(payer, treasury, asset, amount - fee);
        _move(payer, feeReceiver, asset, fee);
    }

    function _bookRefunded(address caller, Vm.Log memory log) private {
        (uint64 refundSeq, address asset, uint256 amount) = abi.decode(log.data, (uint64, address, uint256));
        uint64 provider = _uint64(log.topics[1]);
        if (refunded[provider][0] & (1 << refundSeq) != 0) revert RefundedTwice(provider, refundSeq);
        refunded[provider][0] |= 1 << refundSeq;
        _move(caller, _address(log.topics[3]), asset, amount);
    }

    function _close(uint64 provider, uint64 seq) private {
        if (closed[provider][0] & (1 << seq) != 0) revert ClosedTwice(provider, seq);
        closed[provider][0] |= 1 << seq;
    }
}
