// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IPrepaidCredit} from "../../contracts/interfaces/IPrepaidCredit.sol";
import {PrepaidCredit} from "../../contracts/PrepaidCredit.sol";
import {PrepaidCreditFactory} from "../../contracts/PrepaidCreditFactory.sol";
import {ProviderRegistry} from "../../contracts/ProviderRegistry.sol";
import {Account, GUARDIAN, PrepaidCreditHandler} from "./PrepaidCreditHandler.sol";
import {PROVIDER} from "./PrepaidCreditModel.sol";
import {vm} from "./Vm.sol";

/// @title What holds of credit after every call, whoever makes it and whenever
/// @notice The handler itself fails on any answer or event that the model does not expect; it expects the same of redemptions, expiry and
/// refunds in a pause as outside (C5), and fails on a number that comes twice (C4). The laws look at the contract and its events.
contract PrepaidCreditInvariants {
    error NeverMet(bytes4 reason);

    uint256 private constant _HOLDERS = 3;

    PrepaidCreditHandler private _handler;
    PrepaidCredit private _credit;

    /// @dev There is credit from the start, so that short histories get far.
    function setUp() external {
        vm.warp(1_795_000_000); // 2026-11-18.
        address admin = address(0xA0);
        ProviderRegistry registry = new ProviderRegistry(0, address(this), GUARDIAN, address(this), 0, address(this));
        registry.createProvider(PROVIDER, admin, address(0xE0));
        PrepaidCreditFactory factory = new PrepaidCreditFactory(registry);
        vm.prank(admin);
        _credit = PrepaidCredit(factory.createCredit(PROVIDER, 2, "EUR", 1_000, "Demo Credit", "DEMO"));
        _handler = new PrepaidCreditHandler(_credit, address(this), admin);
        _handler.issue(1, 1 << 4, 200 << 4 | 2, 0, 1, "a");
        _handler.issue(1, 2 << 4, 200 << 4 | 2, 2, 1, "b");
        _handler.issue(1, 1 << 4, 200 << 4 | 2, 4, 3 << 3 | 1, "c");
    }

    /// @notice Read by the runner: it calls nothing else.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @notice C1, C3, and expiry: one walk over the holders, since the runner plays all histories again for each invariant. Short histories,
    /// since there is credit from the start.
    /// hardhat-config: invariant.depth = 4
    function invariant_C1_C3_TheBooksAgree() external view {
        uint32 month = _handler.month();
        assert(_credit.currentEpoch() == month);
        uint256 sum;
        for (uint256 i = 0; i < _HOLDERS; ++i) {
            address holder = _handler.holderAt(i);
            uint256 unburnt = _credit.unburntOf(holder);
            // What a holder has came by issue to this holder and went by its own ways: nothing passes from one to another.
            assert(unburnt == _owed(_handler.accountOf(holder)));
            assert(unburnt == _handler.heldFrom(holder, 0));
            assert(_credit.balanceOf(holder) == _handler.heldFrom(holder, month));
            uint32 epoch = month - 1 + uint32(unburnt % 13); // One month a look: histories differ, so all are looked at.
            assert(_credit.balanceOfAtEpoch(epoch, holder) == _handler.heldAt(holder, epoch));
            sum += unburnt;
        }
        assert(_credit.totalSupply() == sum && sum == _owed(_handler.total()));
    }

    /// @notice The laws would hold of a contract that refuses everything, and of a handler that asks for nothing.
    function test_TheHandlerMeetsEveryAnswer() external {
        for (uint256 i = 0; i < 300; ++i) {
            uint256 random = uint256(keccak256(abi.encode(i)));
            uint256 other = uint256(keccak256(abi.encode(random)));
            _handler.issue(random, random >> 16, random >> 32, random >> 160, random >> 64, bytes32(i));
            _handler.redeem(random, random >> 16, random >> 32, bytes32(i));
            _handler.redeemWithSig(other, other >> 16, other >> 32, bytes32(i), other >> 64);
            _handler.refundCredit(other, other >> 8, other >> 16, other >> 40, bytes32(i));
            _handler.move(random, other, 1, i);
            _handler.govern(random >> 8);
            if (i % 4 == 0) _handler.expire(other >> 96);
            if (i % 8 == 0) _handler.setMinter(other, random, uint48(other));
            if (i % 8 == 1) _handler.setDailyCap(other, uint128(random));
            if (i % 16 < 2) _handler.wait(other >> 12);
        }
        bytes4[6] memory calls = [
            IPrepaidCredit.setMinter.selector,
            IPrepaidCredit.setDailyCap.selector,
            IPrepaidCredit.issue.selector,
            IPrepaidCredit.redeem.selector,
            IPrepaidCredit.redeemWithSig.selector,
            IPrepaidCredit.refundCredit.selector
        ];
        for (uint256 i = 0; i < calls.length; ++i) assert(_handler.accepted(calls[i]) > 0);
        assert(_handler.total().expired > 0);
        bytes4[14] memory reasons = [
            IPrepaidCredit.PrepaidCreditNotMinter.selector,
            IPrepaidCredit.PrepaidCreditNotProviderAdmin.selector,
            IPrepaidCredit.PrepaidCreditNotRefunder.selector,
            IPrepaidCredit.PrepaidCreditProviderInactive.selector,
            IPrepaidCredit.PrepaidCreditSeqUsed.selector,
            IPrepaidCredit.PrepaidCreditMintCapExceeded.selector,
            IPrepaidCredit.PrepaidCreditTransferNotAllowed.selector,
            IPrepaidCredit.PrepaidCreditEpochOutOfRange.selector,
            IPrepaidCredit.PrepaidCreditAmountOutOfRange.selector,
            IPrepaidCredit.PrepaidCreditSignatureExpired.selector,
            IPrepaidCredit.PrepaidCreditInvalidSignature.selector,
            IPrepaidCredit.PrepaidCreditZeroAddress.selector,
            Pausable.EnforcedPause.selector,
            IERC20Errors.ERC20InsufficientBalance.selector
        ];
        for (uint256 i = 0; i < reasons.length; ++i) if (_handler.refused(reasons[i]) == 0) revert NeverMet(reasons[i]);
    }

    function _owed(Account memory account) private pure returns (uint256) {
        return account.issued - account.redeemed - account.expired - account.refunded;
    }
}
