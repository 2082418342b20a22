// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {ProviderId} from "./types/ProviderId.sol";
import {ADMIN, REFUNDER, Roles, SIGNER} from "./types/Roles.sol";

/// @title The registry that `IProviderRegistry` describes
/// @notice Immutable: no proxy, no upgrade, and no pause of its own, so that keys can be revoked at any time.
contract ProviderRegistry is IProviderRegistry, AccessControlDefaultAdminRules {
    /// @dev One slot, so that `operable` reads at once what somebody is. Hot keys end by themselves.
    struct Key {
        uint48 signsUntil;
        uint48 collectsUntil;
        uint48 refundsUntil;
        /// @dev `_admins` names this key.
        bool isAdmin;
    }

    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
    bytes32 public constant FEE_ADMIN_ROLE = keccak256("FEE_ADMIN_ROLE");

    uint48 private constant _ADMIN_DELAY = 2 days;
    uint48 private constant _TREASURY_DELAY = 2 days;
    uint48 private constant _RECOVERY_DELAY = 14 days;
    uint48 private constant _FEE_RISE_DELAY = 7 days;
    uint8 private constant _ACTIVE = 1;
    uint8 private constant _PAUSED = 2;
    uint8 private constant _MAX_DECIMALS = 18;
    uint16 private constant _ALL_BPS = 10_000;
    address private constant _NATIVE = address(0);

    /// @inheritdoc IProviderRegistry
    uint16 public immutable feeCap;
    /// @inheritdoc IProviderRegistry
    address public feeReceiver;

    mapping(ProviderId id => Provider) private _providers;
    mapping(ProviderId id => address) private _admins;
    mapping(ProviderId id => Pending) private _nextAdmin;
    mapping(ProviderId id => Pending) private _nextTreasury;
    mapping(ProviderId id => Pending) private _recovery;
    mapping(ProviderId id => mapping(address token => bool)) private _tokens;
    mapping(ProviderId id => mapping(address key => Key)) private _keys;

    /// @dev A recovery that waits freezes the admin, so that whoever stole its key cannot use the 14 days, save for the veto.
    modifier onlyProviderAdmin(ProviderId id) {
        if (_admins[id] != msg.sender) revert ProviderRegistryNotProviderAdmin(id, msg.sender);
        _requireNoRecovery(id);
        _;
    }

    modifier onlyAdminOrTreasury(ProviderId id) {
        if (_admins[id] != msg.sender && _providers[id].treasury != msg.sender)
            revert ProviderRegistryNotAdminOrTreasury(id, msg.sender);
        _;
    }

    /// @param adminDelay Seconds that a change of the platform's admin waits.
    /// @param admin The platform's admin; a multisig or a timelock.
    /// @param guardian The first guardian.
    /// @param feeAdmin The first fee admin.
    /// @param feeCap_ Hundredths of a percent that no fee exceeds.
    /// @param feeReceiver_ Where fees go at first.
    constructor(
        uint48 adminDelay,
        address admin,
        address guardian,
        address feeAdmin,
        uint16 feeCap_,
        address feeReceiver_
    ) AccessControlDefaultAdminRules(adminDelay, admin) {
        if (feeCap_ > _ALL_BPS) revert ProviderRegistryFeeAboveCap(feeCap_, _ALL_BPS);
        _requireAddress(guardian);
        _requireAddress(feeAdmin);
        feeCap = feeCap_;
        _grantRole(GUARDIAN_ROLE, guardian);
        _grantRole(FEE_ADMIN_ROLE, feeAdmin);
        _setFeeReceiver(feeReceiver_);
    }

    /// @inheritdoc IProviderRegistry
    function createProvider(ProviderId id, address admin, address treasury) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _requireAddress(admin);
        _requireAddress(treasury);
        Provider storage provider = _providers[id];
        if (provider.flags != 0) revert ProviderRegistryProviderExists(id);
        provider.treasury = treasury;
        provider.flags = _ACTIVE;
        _setAdmin(id, admin);
        emit ProviderCreated(id, admin, treasury);
    }

    /// @inheritdoc IProviderRegistry
    function setFee(ProviderId id, uint16 bps) external onlyRole(FEE_ADMIN_ROLE) {
        if (bps > feeCap) revert ProviderRegistryFeeAboveCap(bps, feeCap);
        Provider memory provider = _providers[id];
        _requireCreated(id, provider);
        uint16 current = _feeNow(provider.feeBps, provider.nextFeeBps, provider.feeFrom);
        bool isRise = bps > current;
        uint48 from = uint48(block.timestamp) + (isRise ? _FEE_RISE_DELAY : 0);
        provider.feeBps = isRise ? current : bps;
        provider.nextFeeBps = bps;
        provider.feeFrom = from;
        _providers[id] = provider;
        emit FeeSet(id, bps, from);
    }

    /// @inheritdoc IProviderRegistry
    function setFeeReceiver(address to) external onlyRole(FEE_ADMIN_ROLE) {
        _setFeeReceiver(to);
    }

    /// @inheritdoc IProviderRegistry
    function proposeRecovery(ProviderId id, address next) external onlyRole(DEFAULT_ADMIN_ROLE) {
        _requireCreated(id, _providers[id]);
        emit RecoveryProposed(id, next, _propose(_recovery[id], next, _RECOVERY_DELAY));
    }

    /// @inheritdoc IProviderRegistry
    function applyRecovery(ProviderId id) external onlyRole(DEFAULT_ADMIN_ROLE) {
        address admin = _take(id, _recovery[id]);
        if (_drop(_nextAdmin[id])) emit AdminCancelled(id, msg.sender);
        if (_drop(_nextTreasury[id])) emit TreasuryCancelled(id, msg.sender);
        _setAdmin(id, admin);
        emit RecoveryApplied(id, admin);
    }

    /// @inheritdoc IProviderRegistry
    function vetoRecovery(ProviderId id) external onlyAdminOrTreasury(id) {
        if (!_drop(_recovery[id])) revert ProviderRegistryNothingPending(id);
        emit RecoveryVetoed(id);
    }

    /// @inheritdoc IProviderRegistry
    function proposeAdmin(ProviderId id, address next) external onlyProviderAdmin(id) {
        emit AdminProposed(id, next, _propose(_nextAdmin[id], next, _ADMIN_DELAY));
    }

    /// @inheritdoc IProviderRegistry
    function cancelAdmin(ProviderId id) external onlyAdminOrTreasury(id) {
        if (!_drop(_nextAdmin[id])) revert ProviderRegistryNothingPending(id);
        emit AdminCancelled(id, msg.sender);
    }

    /// @inheritdoc IProviderRegistry
    function acceptAdmin(ProviderId id) external {
        if (_nextAdmin[id].next != msg.sender) revert ProviderRegistryNotProposed(id, msg.sender);
        _requireNoRecovery(id);
        _setAdmin(id, _take(id, _nextAdmin[id]));
        emit AdminAccepted(id, msg.sender);
    }

    /// @inheritdoc IProviderRegistry
    function proposeTreasury(ProviderId id, address next) external onlyProviderAdmin(id) {
        emit TreasuryProposed(id, next, _propose(_nextTreasury[id], next, _TREASURY_DELAY));
    }

    /// @inheritdoc IProviderRegistry
    function cancelTreasury(ProviderId id) external onlyAdminOrTreasury(id) {
        if (!_drop(_nextTreasury[id])) revert ProviderRegistryNothingPending(id);
        emit TreasuryCancelled(id, msg.sender);
    }

    /// @inheritdoc IProviderRegistry
    function applyTreasury(ProviderId id) external onlyProviderAdmin(id) {
        address treasury = _take(id, _nextTreasury[id]);
        _providers[id].treasury = treasury;
        emit TreasuryApplied(id, treasury);
    }

    /// @inheritdoc IProviderRegistry
    function setProviderPaused(ProviderId id, bool paused) external {
        Provider storage provider = _providers[id];
        _requireCreated(id, provider);
        // A guardian's pause holds against a stolen admin key only together with a recovery, which keeps the admin from lifting it.
        if (!paused || !hasRole(GUARDIAN_ROLE, msg.sender)) {
            if (_admins[id] != msg.sender) revert ProviderRegistryNotProviderAdmin(id, msg.sender);
            _requireNoRecovery(id);
        }
        provider.flags = paused ? _ACTIVE | _PAUSED : _ACTIVE;
        emit ProviderPausedSet(id, paused);
    }

    /// @inheritdoc IProviderRegistry
    function setSigner(ProviderId id, address key, uint48 validUntil) external onlyProviderAdmin(id) {
        _requireAddress(key);
        _keys[id][key].signsUntil = validUntil;
        emit SignerSet(id, key, validUntil);
    }

    /// @inheritdoc IProviderRegistry
    function setCollector(ProviderId id, address key, uint48 validUntil) external onlyProviderAdmin(id) {
        _requireAddress(key);
        _keys[id][key].collectsUntil = validUntil;
        emit CollectorSet(id, key, validUntil);
    }

    /// @inheritdoc IProviderRegistry
    function setRefunder(ProviderId id, address key, uint48 validUntil) external onlyProviderAdmin(id) {
        _requireAddress(key);
        _keys[id][key].refundsUntil = validUntil;
        emit RefunderSet(id, key, validUntil);
    }

    /// @inheritdoc IProviderRegistry
    function setToken(ProviderId id, address token, bool allowed, uint8 decimalsExpected) external onlyProviderAdmin(id) {
        _requireAddress(token);
        if (allowed) _requireDecimals(token, decimalsExpected);
        _tokens[id][token] = allowed;
        emit TokenSet(id, token, allowed, decimalsExpected);
    }

    /// @inheritdoc IProviderRegistry
    function quotable(ProviderId id, address token, address signer) external view returns (address, uint16, address) {
        if (block.timestamp >= _keys[id][signer].signsUntil) revert ProviderRegistrySignerNotAuthorised(signer);
        return _payable(id, token);
    }

    /// @inheritdoc IProviderRegistry
    function collectable(ProviderId id, address token, address collector) external view returns (address, uint16, address) {
        if (block.timestamp >= _keys[id][collector].collectsUntil) revert ProviderRegistryNotCollector(collector);
        return _payable(id, token);
    }

    /// @inheritdoc IProviderRegistry
    function operable(ProviderId id, address caller) external view returns (address, address, Roles) {
        Key storage key = _keys[id][caller];
        (bool isAdmin, uint48 signsUntil, uint48 refundsUntil) = (key.isAdmin, key.signsUntil, key.refundsUntil);
        Roles roles = isAdmin ? ADMIN : Roles.wrap(0);
        if (block.timestamp < signsUntil) roles = roles | SIGNER;
        if (block.timestamp < refundsUntil) roles = roles | REFUNDER;
        Provider storage provider = _providers[id];
        (address treasury, uint16 feeBps, uint16 nextFeeBps) = (provider.treasury, provider.feeBps, provider.nextFeeBps);
        bool isFeeless = feeBps == 0 && nextFeeBps == 0;
        return (treasury, isFeeless ? address(0) : feeReceiver, roles);
    }

    /// @inheritdoc IProviderRegistry
    function providerOf(ProviderId id) external view returns (Provider memory, address) {
        return (_providers[id], _admins[id]);
    }

    /// @inheritdoc IProviderRegistry
    function isTokenAllowed(ProviderId id, address token) external view returns (bool) {
        return token == _NATIVE || _tokens[id][token];
    }

    /// @inheritdoc IProviderRegistry
    function signerUntil(ProviderId id, address key) external view returns (uint48) {
        return _keys[id][key].signsUntil;
    }

    /// @inheritdoc IProviderRegistry
    function collectorUntil(ProviderId id, address key) external view returns (uint48) {
        return _keys[id][key].collectsUntil;
    }

    /// @inheritdoc IProviderRegistry
    function refunderUntil(ProviderId id, address key) external view returns (uint48) {
        return _keys[id][key].refundsUntil;
    }

    /// @inheritdoc IProviderRegistry
    function pendingAdmin(ProviderId id) external view returns (Pending memory) {
        return _nextAdmin[id];
    }

    /// @inheritdoc IProviderRegistry
    function pendingTreasury(ProviderId id) external view returns (Pending memory) {
        return _nextTreasury[id];
    }

    /// @inheritdoc IProviderRegistry
    function pendingRecovery(ProviderId id) external view returns (Pending memory) {
        return _recovery[id];
    }

    /// @dev The receiver is read only for who pays a fee: 2,100 gas less for all others.
    function _payable(ProviderId id, address token) private view returns (address, uint16, address) {
        Provider storage provider = _providers[id];
        (address treasury, uint8 flags) = (provider.treasury, provider.flags);
        (uint16 feeBps, uint16 nextFeeBps, uint48 feeFrom) = (provider.feeBps, provider.nextFeeBps, provider.feeFrom);
        if (flags != _ACTIVE) revert ProviderRegistryProviderInactive(id);
        if (token != _NATIVE && !_tokens[id][token]) revert ProviderRegistryTokenNotAllowed(token);
        uint16 bps = _feeNow(feeBps, nextFeeBps, feeFrom);
        return (treasury, bps, bps == 0 ? address(0) : feeReceiver);
    }

    function _feeNow(uint16 feeBps, uint16 nextFeeBps, uint48 feeFrom) private view returns (uint16) {
        return block.timestamp < feeFrom ? feeBps : nextFeeBps;
    }

    function _setAdmin(ProviderId id, address admin) private {
        _keys[id][_admins[id]].isAdmin = false;
        _keys[id][admin].isAdmin = true;
        _admins[id] = admin;
    }

    function _setFeeReceiver(address to) private {
        _requireAddress(to);
        feeReceiver = to;
        emit FeeReceiverSet(to);
    }

    function _propose(Pending storage pending, address next, uint48 delay) private returns (uint48 readyAt) {
        _requireAddress(next);
        readyAt = uint48(block.timestamp) + delay;
        pending.next = next;
        pending.readyAt = readyAt;
    }

    /// @dev Answers what waited, and ends the waiting.
    function _take(ProviderId id, Pending storage pending) private returns (address next) {
        next = pending.next;
        if (next == address(0)) revert ProviderRegistryNothingPending(id);
        if (block.timestamp < pending.readyAt) revert ProviderRegistryDelayNotOver(pending.readyAt);
        _drop(pending);
    }

    function _drop(Pending storage pending) private returns (bool wasPending) {
        wasPending = pending.next != address(0);
        pending.next = address(0);
        pending.readyAt = 0;
    }

    function _requireNoRecovery(ProviderId id) private view {
        Pending memory recovery = _recovery[id];
        if (recovery.next != address(0)) revert ProviderRegistryRecoveryPending(id, recovery.readyAt);
    }

    function _requireCreated(ProviderId id, Provider memory provider) private pure {
        if (provider.flags == 0) revert ProviderRegistryProviderInactive(id);
    }

    function _requireAddress(address account) private pure {
        if (account == address(0)) revert ProviderRegistryZeroAddress();
    }

    function _requireDecimals(address token, uint8 expected) private view {
        if (token.code.length == 0) revert ProviderRegistryTokenWithoutCode(token);
        uint8 decimals = IERC20Metadata(token).decimals();
        if (decimals != expected) revert ProviderRegistryDecimalsMismatch(decimals, expected);
        if (decimals == 0 || decimals > _MAX_DECIMALS) revert ProviderRegistryDecimalsOutOfRange(decimals);
    }
}
