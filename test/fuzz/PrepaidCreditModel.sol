// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IPrepaidCredit} from "../../contracts/interfaces/IPrepaidCredit.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {Seq} from "../../contracts/types/Seq.sol";

ProviderId constant PROVIDER = ProviderId.wrap(7);

/// @title What `PrepaidCredit` has to do, said once more and plainly
/// @notice Lots in a list instead of a ring, months by counting days, a set instead of bitmaps. Every call answers the error that the
/// contract has to end with, empty where it has to take the call; then the model has changed as the contract has to change.
abstract contract PrepaidCreditModel {
    struct Lot {
        address holder;
        uint32 epoch;
        uint256 amount;
    }

    address internal admin;
    bool internal isRecovering;
    bool internal isProviderPaused;
    /// @dev When the platform's pause ends.
    uint256 internal pausedUntil;
    mapping(address key => uint48) internal minters;
    mapping(address key => bool) internal refunders;
    uint256 internal cap;
    mapping(uint256 day => uint256) internal issuedOn;
    mapping(bytes32 number => bool) internal used;
    /// @dev Never shortened: a spent or burnt lot has no amount.
    Lot[] internal lots;

    function _setMinter(address caller, address key, uint48 validUntil) internal returns (bytes memory) {
        if (!_isFreeAdmin(caller)) return abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditNotProviderAdmin.selector, caller);
        if (key == address(0)) return abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditZeroAddress.selector);
        minters[key] = validUntil;
        return "";
    }

    function _setDailyCap(address caller, uint128 cap_) internal returns (bytes memory) {
        if (!_isFreeAdmin(caller)) return abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditNotProviderAdmin.selector, caller);
        if (cap_ >= 2 ** 104) return _outOfRange(cap_);
        cap = cap_;
        return "";
    }

    function _mayIssue(address caller, address to, uint256 amount, Seq seq, uint32 epoch) internal view returns (bytes memory) {
        uint32 month = _month();
        if (minters[caller] <= block.timestamp) return abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditNotMinter.selector, caller);
        if (_isPaused()) return abi.encodeWithSelector(Pausable.EnforcedPause.selector);
        if (isProviderPaused) return abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditProviderInactive.selector, PROVIDER);
        if (epoch < month || epoch > month + 11)
            return abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditEpochOutOfRange.selector, epoch, month, month + 11);
        if (used[_issueNumber(seq)]) return abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditSeqUsed.selector, seq);
        if (amount == 0) return _outOfRange(amount);
        uint256 issued = issuedOn[block.timestamp / 1 days];
        uint256 left = issued < cap ? cap - issued : 0;
        if (amount > left) return abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditMintCapExceeded.selector, amount, left);
        if (to == address(0)) return abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, to);
        return "";
    }

    function _issued(address to, uint256 amount, Seq seq, uint32 epoch) internal {
        used[_issueNumber(seq)] = true;
        issuedOn[block.timestamp / 1 days] += amount;
        lots.push(Lot({holder: to, epoch: epoch, amount: amount}));
    }

    /// @dev `number` is of a redemption or a refund; `first` the oldest epoch that the call may touch.
    function _mayTake(address holder, uint256 amount, Seq seq, bytes32 number, uint32 first) internal view returns (bytes memory) {
        if (used[number]) return abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditSeqUsed.selector, seq);
        if (amount == 0) return _outOfRange(amount);
        uint256 held = _heldFrom(holder, first);
        if (amount > held) return abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, holder, held, amount);
        return "";
    }

    /// @dev Unit by unit of each epoch, in the calendar's order.
    function _taken(address holder, uint256 amount, bytes32 number, uint32 first) internal {
        used[number] = true;
        for (uint32 epoch = first; amount > 0; ++epoch) {
            for (uint256 i = 0; i < lots.length; ++i) {
                if (lots[i].holder != holder || lots[i].epoch != epoch) continue;
                uint256 part = lots[i].amount < amount ? lots[i].amount : amount;
                lots[i].amount -= part;
                amount -= part;
            }
        }
    }

    /// @dev Burns all that a holder has of one epoch.
    function _burnt(address holder, uint32 epoch) internal returns (uint256 amount) {
        for (uint256 i = 0; i < lots.length; ++i) {
            if (lots[i].holder != holder || lots[i].epoch != epoch) continue;
            amount += lots[i].amount;
            lots[i].amount = 0;
        }
    }

    function _heldOf(address holder, uint32 epoch) internal view returns (uint256 amount) {
        for (uint256 i = 0; i < lots.length; ++i) if (lots[i].holder == holder && lots[i].epoch == epoch) amount += lots[i].amount;
    }

    function _heldFrom(address holder, uint32 first) internal view returns (uint256 amount) {
        for (uint256 i = 0; i < lots.length; ++i) if (lots[i].holder == holder && lots[i].epoch >= first) amount += lots[i].amount;
    }

    function _isFreeAdmin(address caller) internal view returns (bool) {
        return caller == admin && !isRecovering;
    }

    function _isPaused() internal view returns (bool) {
        return block.timestamp < pausedUntil;
    }

    function _issueNumber(Seq seq) internal pure returns (bytes32) {
        return keccak256(abi.encode("issue", seq));
    }

    function _redeemNumber(address holder, Seq seq) internal pure returns (bytes32) {
        return keccak256(abi.encode("redeem", holder, seq));
    }

    function _refundNumber(Seq seq) internal pure returns (bytes32) {
        return keccak256(abi.encode("refund", seq));
    }

    /// @dev Counted day by day, as a calendar on the wall is.
    function _month() internal view returns (uint32 month) {
        uint256 day = block.timestamp / 1 days - 18_262; // 2020-01-01.
        while (day >= _daysOf(month)) day -= _daysOf(month++);
    }

    function _daysOf(uint32 month) private pure returns (uint256) {
        uint256 year = 2020 + month / 12;
        bool isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if (month % 12 == 1) return isLeap ? 29 : 28;
        return month % 12 == 3 || month % 12 == 5 || month % 12 == 8 || month % 12 == 10 ? 30 : 31;
    }

    function _outOfRange(uint256 amount) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditAmountOutOfRange.selector, amount);
    }
}
