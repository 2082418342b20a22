// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IFeeVault} from "../../contracts/interfaces/IFeeVault.sol";
import {IProviderSettlement} from "../../contracts/interfaces/IProviderSettlement.sol";
import {SettlementWorld} from "./SettlementWorld.sol";
import {Vm} from "./Vm.sol";

/// @title The books, from the events alone
/// @notice After each call every balance must have moved as the events say, and by nothing else (I3, I4, I5, I8); what the books hold is
/// what the contract holds (I1, I2, I7).
abstract contract SettlementReplay is SettlementWorld {
    error ClosedTwice(uint64 provider, uint64 seq);
    error RefundedTwice(uint64 provider, uint64 refundSeq);
    error FeeIsNotItsShare(uint256 amount, uint256 fee);
    error MovedOtherwise(address account, address asset, int256 expected, int256 actual);
    error WrongTreasury(address treasury);
    error ApprovedTwice(bytes32 mandate);

    uint256 internal constant ACCOUNTS = 9;

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
    mapping(uint256 asset => uint256) internal owed;
    mapping(uint256 asset => uint256) internal strayed;
    mapping(bytes32 mandate => Book) internal books;
    /// @dev Hundredths of a percent that a payment of the running step costs.
    uint256[PROVIDERS] internal feeNow;

    int256[ASSETS][ACCOUNTS] private _expected;

    function accountOf(uint256 i) internal view returns (address) {
        if (i < 3) return payerOf(i);
        if (i < 5) return signerOf(i - 3);
        if (i < 7) return treasuryOf(i - 5);
        return i == 7 ? FEE_RECEIVER : address(settlement);
    }

    function _balances() internal view returns (uint256[ASSETS][ACCOUNTS] memory held) {
        for (uint256 i = 0; i < ACCOUNTS; ++i) for (uint256 a = 0; a < ASSETS; ++a) held[i][a] = _balance(accountOf(i), a);
    }

    function _balance(address account, uint256 asset) internal view returns (uint256) {
        return asset == 0 ? account.balance : IERC20(assetOf(asset)).balanceOf(account);
    }

    /// @dev Books the events of one call, and looks whether the money went where they say.
    function _book(address caller, Vm.Log[] memory logs, uint256[ASSETS][ACCOUNTS] memory before) internal {
        delete _expected;
        for (uint256 i = 0; i < logs.length; ++i) if (logs[i].emitter == address(settlement)) _bookOne(caller, logs[i]);
        for (uint256 i = 0; i < ACCOUNTS; ++i)
            for (uint256 a = 0; a < ASSETS; ++a) {
                int256 moved = int256(_balance(accountOf(i), a)) - int256(before[i][a]);
                if (moved != _expected[i][a]) revert MovedOtherwise(accountOf(i), assetOf(a), _expected[i][a], moved);
            }
    }

    function _bookOne(address caller, Vm.Log memory log) private {
        bytes32 kind = log.topics[0];
        if (kind == IProviderSettlement.Settled.selector) _bookSettled(log);
        else if (kind == IProviderSettlement.Collected.selector) _bookCollected(log);
        else if (kind == IProviderSettlement.SeqCancelled.selector) _close(_uint64(log.topics[1]), _uint64(log.topics[2]));
        else if (kind == IProviderSettlement.Refunded.selector) _bookRefunded(caller, log);
        else if (kind == IFeeVault.FeeAccrued.selector) _bookOwed(log, true);
        else if (kind == IFeeVault.FeesClaimed.selector) _bookOwed(log, false);
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
        if (fee != (amount * feeNow[provider]) / 10_000 || fee > (amount * FEE_CAP) / 10_000) revert FeeIsNotItsShare(amount, fee);
        if (treasury != treasuryOf(provider)) revert WrongTreasury(treasury);
        uint256 a = _assetIndex(asset);
        _expected[_accountIndex(payer)][a] -= int256(amount);
        _expected[5 + provider][a] += int256(amount - fee);
        _expected[7][a] += int256(fee);
    }

    function _bookRefunded(address caller, Vm.Log memory log) private {
        (uint64 refundSeq, address asset, uint256 amount) = abi.decode(log.data, (uint64, address, uint256));
        uint64 provider = _uint64(log.topics[1]);
        if (refunded[provider][0] & (1 << refundSeq) != 0) revert RefundedTwice(provider, refundSeq);
        refunded[provider][0] |= 1 << refundSeq;
        _expected[_accountIndex(caller)][_assetIndex(asset)] -= int256(amount);
        _expected[_accountIndex(_address(log.topics[3]))][_assetIndex(asset)] += int256(amount);
    }

    /// @dev A fee that waits is with the contract instead of its receiver.
    function _bookOwed(Vm.Log memory log, bool isAccrued) private {
        uint256 amount = abi.decode(log.data, (uint256));
        uint256 a = _assetIndex(_address(log.topics[2]));
        int256 toReceiver = isAccrued ? -int256(amount) : int256(amount);
        owed[a] = isAccrued ? owed[a] + amount : owed[a] - amount;
        _expected[7][a] += toReceiver;
        _expected[8][a] -= toReceiver;
    }

    function _close(uint64 provider, uint64 seq) private {
        if (closed[provider][0] & (1 << seq) != 0) revert ClosedTwice(provider, seq);
        closed[provider][0] |= 1 << seq;
    }

    function _accountIndex(address account) private view returns (uint256 i) {
        while (accountOf(i) != account) ++i;
    }

    function _assetIndex(address asset) private view returns (uint256) {
        if (asset == address(0)) return 0;
        return asset == address(token) ? 1 : 2;
    }

    function _uint64(bytes32 topic) private pure returns (uint64) {
        return uint64(uint256(topic));
    }

    function _address(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
