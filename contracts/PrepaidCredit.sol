// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {CivilMonth} from "./CivilMonth.sol";
import {IPrepaidCredit} from "./interfaces/IPrepaidCredit.sol";
import {IPrepaidCreditFactory} from "./interfaces/IPrepaidCreditFactory.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {SignedBy} from "./payments/SignedBy.sol";
import {SlotBitmap, Slots} from "./payments/SlotBitmap.sol";
import {ProviderAdmin} from "./ProviderAdmin.sol";
import {ProviderId} from "./types/ProviderId.sol";
import {REFUNDER, Roles} from "./types/Roles.sol";
import {Seq} from "./types/Seq.sol";

/// @title The token that `IPrepaidCredit` describes
/// @notice Immutable. Holds no money and calls nothing but views: the registry, the factory and, for a holder that is a contract, ERC-1271.
contract PrepaidCredit is IPrepaidCredit, ERC20, EIP712 {
    using ProviderAdmin for IProviderRegistry;
    using SlotBitmap for Slots;

    /// @dev One slot.
    struct Bucket {
        uint32 epoch;
        uint128 amount;
    }

    /// @dev A ring: the units of an epoch lie in bucket `epoch % _RING`. As many buckets as epochs can be live, so two live ones never meet, and
    /// an expired one is burnt before its bucket is taken.
    struct Holding {
        /// @dev Bit i: bucket i is not empty. Spending reads this and the buckets that it needs.
        uint256 filled;
        mapping(uint256 i => Bucket) buckets;
    }

    /// @dev One slot.
    struct Issuance {
        uint128 cap;
        uint104 issued;
        uint24 day;
    }

    /// @dev Epochs that can be spent: the running month and eleven more.
    uint32 private constant _SPENDABLE = 12;
    /// @dev Epochs that can only be refunded.
    uint32 private constant _GRACE = 1;
    uint32 private constant _RING = _SPENDABLE + _GRACE;
    /// @dev Flags of a provider that takes new payments.
    uint8 private constant _ACTIVE = 1;
    bytes32 private constant _REDEEM_TYPEHASH =
        keccak256("Redeem(address holder,uint256 amount,bytes32 invoiceRef,uint64 seq,uint48 deadline)");

    /// @inheritdoc IPrepaidCredit
    IProviderRegistry public immutable registry;
    /// @inheritdoc IPrepaidCredit
    IPrepaidCreditFactory public immutable factory;
    /// @inheritdoc IPrepaidCredit
    ProviderId public immutable providerId;
    /// @inheritdoc IPrepaidCredit
    bytes3 public immutable currency;
    uint8 private immutable _decimals;

    Issuance private _issuance;
    mapping(address holder => Holding) private _holdings;
    mapping(address key => uint48 validUntil) private _minters;
    Slots private _issued;
    Slots private _refunded;
    mapping(address holder => Slots) private _redeemed;

    /// @dev The factory that creates the token is the caller.
    constructor(
        IProviderRegistry registry_,
        ProviderId providerId_,
        uint8 decimals_,
        bytes3 currency_,
        uint128 dailyCap_,
        string memory name_,
        string memory symbol_
    ) ERC20(name_, symbol_) EIP712(name_, "1") {
        registry = registry_;
        factory = IPrepaidCreditFactory(msg.sender);
        providerId = providerId_;
        currency = currency_;
        _decimals = decimals_;
        _setDailyCap(dailyCap_);
    }

    /// @inheritdoc IPrepaidCredit
    function setMinter(address key, uint48 validUntil) external {
        _requireAdmin();
        if (key == address(0)) revert PrepaidCreditZeroAddress();
        _minters[key] = validUntil;
        emit MinterSet(key, validUntil);
    }

    /// @inheritdoc IPrepaidCredit
    function setDailyCap(uint128 cap) external {
        _requireAdmin();
        _setDailyCap(cap);
    }

    /// @inheritdoc IPrepaidCredit
    function issue(address to, uint256 amount, Seq seq, uint32 epoch, bytes32 ref) external {
        if (block.timestamp >= _minters[msg.sender]) revert PrepaidCreditNotMinter(msg.sender);
        if (Pausable(address(factory)).paused()) revert Pausable.EnforcedPause();
        (IProviderRegistry.Provider memory provider, ) = registry.providerOf(providerId);
        if (provider.flags != _ACTIVE) revert PrepaidCreditProviderInactive(providerId);
        uint32 current = currentEpoch();
        if (epoch < current || epoch >= current + _SPENDABLE)
            revert PrepaidCreditEpochOutOfRange(epoch, current, current + _SPENDABLE - 1);
        _use(_issued, seq);
        _countIssued(amount);
        _fill(to, amount, epoch);
        _mint(to, amount);
        emit CreditIssued(to, seq, amount, epoch, ref);
    }

    /// @inheritdoc IPrepaidCredit
    function redeem(uint256 amount, bytes32 invoiceRef, Seq seq) external {
        _redeem(msg.sender, amount, invoiceRef, seq);
    }

    /// @inheritdoc IPrepaidCredit
    function redeemWithSig(
        address holder,
        uint256 amount,
        bytes32 invoiceRef,
        Seq seq,
        uint48 deadline,
        bytes calldata sig
    ) external {
        if (block.timestamp >= deadline) revert PrepaidCreditSignatureExpired(deadline);
        bytes32 digest = hashRedeem(holder, amount, invoiceRef, seq, deadline);
        if (!SignedBy.isSignedBy(digest, holder, sig)) revert PrepaidCreditInvalidSignature(holder);
        _redeem(holder, amount, invoiceRef, seq);
    }

    /// @inheritdoc IPrepaidCredit
    function expire(address holder) external {
        uint32 current = currentEpoch();
        uint256 filled = _holdings[holder].filled;
        for (uint256 i = 0; i < _RING; ++i) {
            if (_isSet(filled, i) && _isExpired(_holdings[holder].buckets[i].epoch, current)) _burnBucket(holder, i);
        }
    }

    /// @inheritdoc IPrepaidCredit
    function refundCredit(address holder, uint256 amount, Seq seq, bytes32 ref) external {
        (, , Roles roles) = registry.operable(providerId, msg.sender);
        if (!roles.includesAny(REFUNDER)) revert PrepaidCreditNotRefunder(msg.sender);
        _use(_refunded, seq);
        uint32 current = currentEpoch();
        _take(holder, amount, current - _GRACE, current + _SPENDABLE - 1);
        emit CreditRefunded(holder, seq, amount, ref);
    }

    /// @notice Always reverts: a closed loop.
    function transfer(address to, uint256) public view override returns (bool) {
        revert PrepaidCreditTransferNotAllowed(msg.sender, to);
    }

    /// @notice Always reverts: a closed loop.
    function transferFrom(address from, address to, uint256) public pure override returns (bool) {
        revert PrepaidCreditTransferNotAllowed(from, to);
    }

    /// @notice Always reverts: there is nothing that a spender could do.
    function approve(address spender, uint256) public view override returns (bool) {
        revert PrepaidCreditTransferNotAllowed(msg.sender, spender);
    }

    /// @inheritdoc IPrepaidCredit
    function balanceOfAtEpoch(uint32 epoch, address holder) external view returns (uint256) {
        return _amountAt(_holdings[holder], epoch);
    }

    /// @inheritdoc IPrepaidCredit
    function unburntOf(address holder) external view returns (uint256) {
        return super.balanceOf(holder);
    }

    /// @inheritdoc IPrepaidCredit
    function dailyCap() external view returns (uint128 cap, uint128 left) {
        cap = _issuance.cap;
        left = uint128(_leftToday(_issuance));
    }

    /// @inheritdoc IPrepaidCredit
    function minterValidUntil(address key) external view returns (uint48) {
        return _minters[key];
    }

    /// @inheritdoc IPrepaidCredit
    function issuedWord(uint256 word) external view returns (uint256) {
        return _issued.words[providerId][word];
    }

    /// @inheritdoc IPrepaidCredit
    function redeemedWord(address holder, uint256 word) external view returns (uint256) {
        return _redeemed[holder].words[providerId][word];
    }

    /// @inheritdoc IPrepaidCredit
    function refundedWord(uint256 word) external view returns (uint256) {
        return _refunded.words[providerId][word];
    }

    /// @notice What a holder can spend: units in grace and expired ones are left out, though the supply holds them until they are burnt.
    function balanceOf(address holder) public view override returns (uint256 spendable) {
        uint32 current = currentEpoch();
        for (uint32 epoch = current; epoch < current + _SPENDABLE; ++epoch) spendable += _amountAt(_holdings[holder], epoch);
    }

    /// @notice Decimals of the currency, or 6.
    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    /// @inheritdoc IPrepaidCredit
    function currentEpoch() public view returns (uint32) {
        return CivilMonth.monthsSince2020(block.timestamp);
    }

    /// @inheritdoc IPrepaidCredit
    function hashRedeem(
        address holder,
        uint256 amount,
        bytes32 invoiceRef,
        Seq seq,
        uint48 deadline
    ) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(_REDEEM_TYPEHASH, holder, amount, invoiceRef, seq, deadline)));
    }

    function _redeem(address holder, uint256 amount, bytes32 invoiceRef, Seq seq) private {
        _use(_redeemed[holder], seq);
        uint32 current = currentEpoch();
        _take(holder, amount, current, current + _SPENDABLE - 1);
        emit CreditRedeemed(holder, invoiceRef, seq, amount);
    }

    function _use(Slots storage slots, Seq seq) private {
        if (!slots.close(providerId, seq)) revert PrepaidCreditSeqUsed(seq);
    }

    function _countIssued(uint256 amount) private {
        if (amount == 0) revert PrepaidCreditAmountOutOfRange(amount);
        Issuance memory issuance = _issuance;
        uint256 left = _leftToday(issuance);
        if (amount > left) revert PrepaidCreditMintCapExceeded(amount, left);
        // The cap fits into 104 bits, and so does what it allows.
        _issuance.issued = uint104(_issuedToday(issuance) + amount);
        _issuance.day = _today();
    }

    function _setDailyCap(uint128 cap) private {
        if (cap > type(uint104).max) revert PrepaidCreditAmountOutOfRange(cap);
        _issuance.cap = cap;
        emit DailyCapSet(cap);
    }

    function _fill(address holder, uint256 amount, uint32 epoch) private {
        Holding storage holding = _holdings[holder];
        uint256 i = epoch % _RING;
        // Whatever lies there of another epoch is older by a turn of the ring: expired.
        if (_isSet(holding.filled, i) && holding.buckets[i].epoch != epoch) _burnBucket(holder, i);
        // No overflow: a day adds 104 bits at most.
        holding.buckets[i] = Bucket({epoch: epoch, amount: holding.buckets[i].amount + uint128(amount)});
        holding.filled |= 1 << i;
    }

    /// @dev Burns units of the epochs from `first` to `last`, the oldest first.
    function _take(address holder, uint256 amount, uint32 first, uint32 last) private {
        if (amount == 0) revert PrepaidCreditAmountOutOfRange(amount);
        Holding storage holding = _holdings[holder];
        uint256 left = amount;
        for (uint32 epoch = first; epoch <= last && left > 0; ++epoch) {
            uint256 i = epoch % _RING;
            if (_isSet(holding.filled, i)) {
                uint256 held = _amountAt(holding, epoch);
                uint256 part = Math.min(held, left);
                left -= part;
                if (part < held) holding.buckets[i].amount = uint128(held - part);
                else if (held > 0) _empty(holding, i);
            }
        }
        if (left > 0) revert ERC20InsufficientBalance(holder, amount - left, amount);
        _burn(holder, amount);
    }

    function _burnBucket(address holder, uint256 i) private {
        Holding storage holding = _holdings[holder];
        Bucket memory bucket = holding.buckets[i];
        _empty(holding, i);
        _burn(holder, bucket.amount);
        emit CreditExpired(holder, bucket.amount, bucket.epoch);
    }

    function _empty(Holding storage holding, uint256 i) private {
        delete holding.buckets[i];
        holding.filled &= ~(1 << i);
    }

    function _requireAdmin() private view {
        if (!registry.isFreeAdmin(providerId, msg.sender)) revert PrepaidCreditNotProviderAdmin(msg.sender);
    }

    function _leftToday(Issuance memory issuance) private view returns (uint256) {
        return Math.saturatingSub(issuance.cap, _issuedToday(issuance));
    }

    function _issuedToday(Issuance memory issuance) private view returns (uint256) {
        return issuance.day == _today() ? issuance.issued : 0;
    }

    function _today() private view returns (uint24) {
        return uint24(block.timestamp / 1 days);
    }

    /// @dev Nothing, where the bucket is empty or holds an expired epoch.
    function _amountAt(Holding storage holding, uint32 epoch) private view returns (uint256) {
        Bucket memory bucket = holding.buckets[epoch % _RING];
        return bucket.epoch == epoch ? bucket.amount : 0;
    }

    function _isExpired(uint32 epoch, uint32 current) private pure returns (bool) {
        return epoch + _GRACE < current;
    }

    function _isSet(uint256 bits, uint256 i) private pure returns (bool) {
        return bits & (1 << i) != 0;
    }
}
