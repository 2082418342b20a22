// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IPrepaidCredit} from "../../contracts/interfaces/IPrepaidCredit.sol";
import {PrepaidCredit} from "../../contracts/PrepaidCredit.sol";
import {PrepaidCreditFactory} from "../../contracts/PrepaidCreditFactory.sol";
import {ProviderRegistry} from "../../contracts/ProviderRegistry.sol";
import {Seq} from "../../contracts/types/Seq.sol";
import {ExpectedAnswers} from "./ExpectedAnswers.sol";
import {PROVIDER, PrepaidCreditModel} from "./PrepaidCreditModel.sol";
import {Vm, vm} from "./Vm.sol";

/// @dev What the events say of a holder, or of all.
struct Account {
    uint256 issued;
    uint256 redeemed;
    uint256 expired;
    uint256 refunded;
}

address constant GUARDIAN = address(0xF1);

/// @title Everybody who may speak to a credit token, in any order and over years
/// @notice Makes calls out of random numbers, most of them such as an honest hand would make, and compares each answer and each event
/// with the model's. Keeps accounts from the events alone, for laws that know nothing of the model.
contract PrepaidCreditHandler is PrepaidCreditModel, ExpectedAnswers {
    error NumberedTwice(bytes32 topic, bytes32 number);

    uint256 internal constant HOLDERS = 3;
    address private constant _MINTER = address(0xA1);
    address private constant _REFUNDER = address(0xA2);
    address private constant _RELAYER = address(0xA3);
    address private constant _SUCCESSOR = address(0xA4);

    PrepaidCredit public immutable credit;
    PrepaidCreditFactory public immutable factory;
    ProviderRegistry public immutable registry;
    address private immutable _platform;
    /// @dev Keys of the holders, who sign.
    uint256[HOLDERS] private _keys = [uint256(0x51), 0x52, 0x53];
    address[HOLDERS] private _holders;
    mapping(address holder => Account) private _accounts;
    Account private _total;
    mapping(bytes32 number => bool) private _seen;

    /// @dev `platform` is the registry's default admin; the token was just created by `admin_`, who has set no keys yet.
    constructor(PrepaidCredit credit_, address platform, address admin_) {
        (credit, _platform, admin) = (credit_, platform, admin_);
        registry = ProviderRegistry(address(credit_.registry()));
        factory = PrepaidCreditFactory(address(credit_.factory()));
        (cap, ) = credit_.dailyCap();
        for (uint256 i = 0; i < HOLDERS; ++i) _holders[i] = vm.addr(_keys[i]);
        vm.prank(admin);
        registry.setRefunder(PROVIDER, _REFUNDER, type(uint48).max);
        refunders[_REFUNDER] = true;
        setMinter(1, 1, type(uint48).max);
    }

    function setMinter(uint256 actor, uint256 key, uint48 validUntil) public {
        address caller = _adminOr(actor);
        address minter = key % 8 == 0 ? address(0) : _MINTER;
        if (validUntil % 4 != 0) validUntil = type(uint48).max;
        bytes memory refusal = _setMinter(caller, minter, validUntil);
        if (refusal.length == 0) _expectCredit(IPrepaidCredit.MinterSet.selector, _words(_word(minter)), abi.encode(validUntil));
        _send(caller, abi.encodeCall(IPrepaidCredit.setMinter, (minter, validUntil)), refusal);
    }

    function setDailyCap(uint256 actor, uint128 cap_) external {
        address caller = _adminOr(actor);
        if (cap_ % 8 != 0) cap_ = cap_ % 2_000;
        bytes memory refusal = _setDailyCap(caller, cap_);
        if (refusal.length == 0) _expectCredit(IPrepaidCredit.DailyCapSet.selector, new bytes32[](0), abi.encode(cap_));
        _send(caller, abi.encodeCall(IPrepaidCredit.setDailyCap, (cap_)), refusal);
    }

    function issue(uint256 actor, uint256 to, uint256 amount, uint256 seq, uint256 epoch, bytes32 ref) external {
        address caller = actor % 8 == 0 ? _RELAYER : _MINTER;
        _issueBy(caller, to % 16 == 0 ? address(0) : holderAt(to >> 4), _amount(amount), _seq(seq), _epoch(epoch), ref);
    }

    function redeem(uint256 holder, uint256 amount, uint256 seq, bytes32 ref) external {
        address caller = holderAt(holder);
        (uint256 units, Seq number) = (_amountOf(caller, amount), _seq(seq));
        bytes memory refusal = _expectRedemption(caller, units, ref, number);
        _send(caller, abi.encodeCall(IPrepaidCredit.redeem, (units, ref, number)), refusal);
    }

    function redeemWithSig(uint256 holder, uint256 amount, uint256 seq, bytes32 ref, uint256 damage) external {
        address signer = holderAt(holder);
        (uint256 units, Seq number) = (_amountOf(signer, amount), _seq(seq));
        uint48 deadline = uint48(damage % 8 == 0 ? block.timestamp - ((damage >> 3) % 2) : block.timestamp + 1 + (damage % 1 days));
        bytes memory sig = _signature(holder, credit.hashRedeem(signer, units, ref, number, deadline));
        bytes memory refusal;
        if (deadline <= block.timestamp)
            refusal = abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditSignatureExpired.selector, deadline);
        else if (damage % 8 == 1) {
            signer = holderAt((holder % HOLDERS) + 1 + ((damage >> 3) % 2)); // Somebody else's credit, by this holder's signature.
            refusal = abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditInvalidSignature.selector, signer);
        } else refusal = _expectRedemption(signer, units, ref, number);
        _send(_RELAYER, abi.encodeCall(IPrepaidCredit.redeemWithSig, (signer, units, ref, number, deadline, sig)), refusal);
    }

    function expire(uint256 holder) external {
        address of_ = holderAt(holder);
        // In the order of the ring.
        for (uint32 i = 0; i < 13; ++i) for (uint32 epoch = i; epoch + 1 < _month(); epoch += 13) _expectExpiry(of_, epoch);
        _send(_RELAYER, abi.encodeCall(IPrepaidCredit.expire, (of_)), "");
    }

    function refundCredit(uint256 actor, uint256 holder, uint256 amount, uint256 seq, bytes32 ref) external {
        address caller = actor % 8 == 0 ? _MINTER : _REFUNDER;
        (address of_, Seq number) = (holderAt(holder), _seq(seq));
        uint256 units = amount % 4 == 0 ? _heldFrom(of_, _month() - 1) : _amountOf(of_, amount);
        bytes memory refusal = !refunders[caller]
            ? abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditNotRefunder.selector, caller)
            : _mayTake(of_, units, number, _refundNumber(number), _month() - 1);
        if (refusal.length == 0) {
            _taken(of_, units, _refundNumber(number), _month() - 1);
            _expectTransfer(of_, address(0), units);
            bytes32[] memory ids = _words(_word(of_), _wordOf(number));
            _expectCredit(IPrepaidCredit.CreditRefunded.selector, ids, abi.encode(units, ref));
        }
        _send(caller, abi.encodeCall(IPrepaidCredit.refundCredit, (of_, units, number, ref)), refusal);
    }

    /// @notice Tries the ways that other tokens have.
    function move(uint256 from, uint256 to, uint256 amount, uint256 way) external {
        (address by, address other) = (holderAt(from), holderAt(to));
        bytes memory refusal = abi.encodeWithSelector(IPrepaidCredit.PrepaidCreditTransferNotAllowed.selector, by, other);
        if (way % 3 == 0) _send(by, abi.encodeCall(IERC20.transfer, (other, amount)), refusal);
        if (way % 3 == 1) _send(by, abi.encodeCall(IERC20.approve, (other, amount)), refusal);
        if (way % 3 == 2) _send(other, abi.encodeCall(IERC20.transferFrom, (by, other, amount)), refusal);
    }

    /// @notice Whoever is in charge of the keys turns them.
    function govern(uint256 what) external {
        uint256 kind = what % 6;
        if (kind == 0 && !_isPaused()) {
            vm.prank(GUARDIAN);
            factory.pause();
            pausedUntil = block.timestamp + 7 days;
        }
        if (kind == 1 && _isPaused()) {
            vm.prank(_platform);
            factory.unpause();
            pausedUntil = 0;
        }
        if (kind == 2) {
            vm.prank(GUARDIAN);
            registry.setProviderPaused(PROVIDER, true);
            isProviderPaused = true;
        }
        if (kind == 3 && !isRecovering) {
            vm.prank(admin);
            registry.setProviderPaused(PROVIDER, false);
            isProviderPaused = false;
        }
        if (kind == 4 && !isRecovering) {
            vm.prank(_platform);
            registry.proposeRecovery(PROVIDER, _SUCCESSOR);
            isRecovering = true;
        }
        if (kind == 5 && isRecovering) {
            vm.prank(admin);
            registry.vetoRecovery(PROVIDER);
            isRecovering = false;
        }
    }

    /// @notice Time goes on by minutes, or by months.
    function wait(uint256 time) external {
        vm.warp(block.timestamp + (time % 3 == 0 ? (time >> 2) % 1 days : (time >> 2) % 100 days));
    }

    /// @notice What the events say of a holder.
    function accountOf(address holder) external view returns (Account memory) {
        return _accounts[holder];
    }

    /// @notice What the events say of all holders together.
    function total() external view returns (Account memory) {
        return _total;
    }

    /// @notice What the model says that a holder has of an epoch and all later ones.
    function heldFrom(address holder, uint32 first) external view returns (uint256) {
        return _heldFrom(holder, first);
    }

    /// @notice What the model says that a holder has of one epoch.
    function heldAt(address holder, uint32 epoch) external view returns (uint256) {
        return _heldOf(holder, epoch);
    }

    /// @notice The running month, as the model counts.
    function month() external view returns (uint32) {
        return _month();
    }

    function holderAt(uint256 i) public view returns (address) {
        return _holders[i % HOLDERS];
    }

    function _issueBy(address caller, address to, uint256 amount, Seq seq, uint32 epoch, bytes32 ref) private {
        bytes memory refusal = _mayIssue(caller, to, amount, seq, epoch);
        if (refusal.length == 0) {
            // Units of a turn of the ring before lie in the way.
            if (epoch >= 13) _expectExpiry(to, epoch - 13);
            _issued(to, amount, seq, epoch);
            _expectTransfer(address(0), to, amount);
            _expectCredit(IPrepaidCredit.CreditIssued.selector, _words(_word(to), _wordOf(seq)), abi.encode(amount, epoch, ref));
        }
        _send(caller, abi.encodeCall(IPrepaidCredit.issue, (to, amount, seq, epoch, ref)), refusal);
    }

    function _expectRedemption(address holder, uint256 amount, bytes32 ref, Seq seq) private returns (bytes memory refusal) {
        bytes32 number = _redeemNumber(holder, seq);
        refusal = _mayTake(holder, amount, seq, number, _month());
        if (refusal.length > 0) return refusal;
        _taken(holder, amount, number, _month());
        _expectTransfer(holder, address(0), amount);
        _expectCredit(IPrepaidCredit.CreditRedeemed.selector, _words(_word(holder), ref, _wordOf(seq)), abi.encode(amount));
    }

    function _expectExpiry(address holder, uint32 epoch) private {
        uint256 amount = _burnt(holder, epoch);
        if (amount == 0) return;
        _expectTransfer(holder, address(0), amount);
        _expectCredit(IPrepaidCredit.CreditExpired.selector, _words(_word(holder)), abi.encode(amount, epoch));
    }

    function _expectTransfer(address from, address to, uint256 amount) private {
        _expectCredit(IERC20.Transfer.selector, _words(_word(from), _word(to)), abi.encode(amount));
    }

    function _expectCredit(bytes32 topic, bytes32[] memory ids, bytes memory data) private {
        _expect(address(credit), topic, ids, data);
    }

    function _send(address caller, bytes memory data, bytes memory refusal) private {
        Vm.Log[] memory logs = _call(caller, address(credit), data, refusal);
        for (uint256 i = 0; i < logs.length; ++i) _keepAccounts(logs[i]);
    }

    function _keepAccounts(Vm.Log memory log) private {
        bytes32 topic = log.topics[0];
        address holder = address(uint160(uint256(log.topics.length > 1 ? log.topics[1] : bytes32(0))));
        if (topic == IPrepaidCredit.CreditExpired.selector) {
            (uint256 amount, ) = abi.decode(log.data, (uint256, uint32));
            _accounts[holder].expired += amount;
            _total.expired += amount;
        }
        if (topic == IPrepaidCredit.CreditIssued.selector) {
            (uint256 amount, , ) = abi.decode(log.data, (uint256, uint32, bytes32));
            _countOnce(topic, log.topics[2]);
            _accounts[holder].issued += amount;
            _total.issued += amount;
        }
        if (topic == IPrepaidCredit.CreditRefunded.selector) {
            (uint256 amount, ) = abi.decode(log.data, (uint256, bytes32));
            _countOnce(topic, log.topics[2]);
            _accounts[holder].refunded += amount;
            _total.refunded += amount;
        }
        if (topic == IPrepaidCredit.CreditRedeemed.selector) {
            _countOnce(topic, keccak256(abi.encode(holder, log.topics[3])));
            _accounts[holder].redeemed += abi.decode(log.data, (uint256));
            _total.redeemed += abi.decode(log.data, (uint256));
        }
    }

    /// @dev C4, whatever the model says.
    function _countOnce(bytes32 topic, bytes32 number) private {
        bytes32 id = keccak256(abi.encode(topic, number));
        if (_seen[id]) revert NumberedTwice(topic, number);
        _seen[id] = true;
    }

    function _signature(uint256 holder, bytes32 digest) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[holder % HOLDERS], digest);
        return abi.encodePacked(r, s, v);
    }

    function _adminOr(uint256 actor) private view returns (address) {
        return actor % 8 == 0 ? _MINTER : admin;
    }

    /// @dev Few numbers, so that they meet; some across the words of the bitmap.
    function _seq(uint256 random) private pure returns (Seq) {
        return Seq.wrap(uint64(random % 2 == 0 ? (random >> 1) % 12 : 250 + ((random >> 1) % 12)));
    }

    function _epoch(uint256 random) private view returns (uint32) {
        return random % 8 == 0 ? _month() - 1 + 13 * uint32((random >> 3) % 2) : _month() + uint32((random >> 3) % 12);
    }

    function _amount(uint256 random) private pure returns (uint256) {
        return random % 16 == 0 ? 0 : random % 8 == 1 ? random : 1 + ((random >> 4) % 300);
    }

    /// @dev Mostly something that the holder can spend.
    function _amountOf(address holder, uint256 random) private view returns (uint256) {
        uint256 spendable = _heldFrom(holder, _month());
        if (random % 8 < 2) return spendable + random % 8;
        return random % 16 == 15 ? 0 : spendable == 0 ? 1 : 1 + ((random >> 4) % spendable);
    }

    function _wordOf(Seq seq) private pure returns (bytes32) {
        return bytes32(uint256(Seq.unwrap(seq)));
    }
}
