// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {ProviderWorld} from "./ProviderWorld.sol";
import {vm} from "./Vm.sol";

/// @title What the registry has to answer, said once more and plainly
/// @notice Refusals are whole errors; an empty one is a call that has to be taken.
abstract contract ProviderModel is ProviderWorld {
    enum Right {
        Sign,
        Collect,
        Refund
    }

    enum Change {
        Admin,
        Treasury,
        Recovery
    }

    struct Waiting {
        address next;
        uint256 readyAt;
    }

    /// @dev What is known of a provider.
    struct Known {
        address admin;
        address treasury;
        bool isPaused;
        uint256 fee;
        uint256 nextFee;
        uint256 feeFrom;
    }

    uint256 internal time = 1_800_000_000;
    address internal feeReceiver = FEE_RECEIVER;
    Known[PROVIDERS] internal known;
    mapping(uint256 provider => mapping(Change => Waiting)) internal waiting;
    mapping(uint256 provider => mapping(Right => mapping(address key => uint256))) internal rightUntil;
    mapping(uint256 provider => mapping(address token => bool)) internal isListed;

    constructor() {
        vm.warp(time);
        for (uint256 p = 0; p < PROVIDERS; ++p) {
            (known[p].admin, known[p].treasury) = (adminOf(p), treasuryOf(p));
            rightUntil[p][Right.Sign][signerOf(p)] = FOREVER;
            rightUntil[p][Right.Collect][COLLECTOR] = FOREVER;
            isListed[p][address(0)] = isListed[p][address(token)] = isListed[p][address(dollar)] = true;
        }
    }

    /// @notice The registry tells what is known.
    function assertProvidersAreKnown() external view {
        assert(registry.feeReceiver() == feeReceiver);
        for (uint256 p = 0; p < PROVIDERS; ++p) {
            ProviderId id = ProviderId.wrap(uint64(p));
            (IProviderRegistry.Provider memory provider, address admin) = registry.providerOf(id);
            assert(admin == known[p].admin && provider.treasury == known[p].treasury);
            assert(provider.flags == (known[p].isPaused ? 3 : 1));
            _assertWaits(registry.pendingAdmin(id), waiting[p][Change.Admin]);
            _assertWaits(registry.pendingTreasury(id), waiting[p][Change.Treasury]);
            _assertWaits(registry.pendingRecovery(id), waiting[p][Change.Recovery]);
        }
    }

    function _hasRight(uint256 p, Right right, address key) internal view returns (bool) {
        return time < rightUntil[p][right][key];
    }

    /// @dev Hundredths of a percent.
    function _feeOf(uint256 p) internal view returns (uint256) {
        return time < known[p].feeFrom ? known[p].fee : known[p].nextFee;
    }

    /// @dev May the provider be paid in this asset by this key's word?
    function _refusesPayment(uint256 p, address asset, Right right, address key) internal view returns (bytes memory) {
        if (!_hasRight(p, right, key))
            return
                abi.encodeWithSelector(
                    right == Right.Collect
                        ? IProviderRegistry.ProviderRegistryNotCollector.selector
                        : IProviderRegistry.ProviderRegistrySignerNotAuthorised.selector,
                    key
                );
        if (known[p].isPaused) return abi.encodeWithSelector(IProviderRegistry.ProviderRegistryProviderInactive.selector, p);
        if (!isListed[p][asset]) return abi.encodeWithSelector(IProviderRegistry.ProviderRegistryTokenNotAllowed.selector, asset);
        return "";
    }

    function _refusesAdmin(uint256 p, address caller) internal view returns (bytes memory) {
        if (caller != known[p].admin)
            return abi.encodeWithSelector(IProviderRegistry.ProviderRegistryNotProviderAdmin.selector, p, caller);
        return _refusesInRecovery(p);
    }

    function _refusesInRecovery(uint256 p) internal view returns (bytes memory) {
        Waiting storage recovery = waiting[p][Change.Recovery];
        if (recovery.next == address(0)) return "";
        return abi.encodeWithSelector(IProviderRegistry.ProviderRegistryRecoveryPending.selector, p, recovery.readyAt);
    }

    /// @dev Is the change due, and whose is it?
    function _refusesChange(uint256 p, Change change) internal view returns (bytes memory) {
        Waiting storage one = waiting[p][change];
        if (one.next == address(0)) return abi.encodeWithSelector(IProviderRegistry.ProviderRegistryNothingPending.selector, p);
        if (time < one.readyAt)
            return abi.encodeWithSelector(IProviderRegistry.ProviderRegistryDelayNotOver.selector, one.readyAt);
        return "";
    }

    /// @dev A veto and the end of a change are the admin's or the treasury's.
    function _refusesObjection(uint256 p, Change change, address caller) internal view returns (bytes memory) {
        if (caller != known[p].admin && caller != known[p].treasury)
            return abi.encodeWithSelector(IProviderRegistry.ProviderRegistryNotAdminOrTreasury.selector, p, caller);
        if (waiting[p][change].next == address(0))
            return abi.encodeWithSelector(IProviderRegistry.ProviderRegistryNothingPending.selector, p);
        return "";
    }

    function _refusesRole(address caller, bytes32 role) internal pure returns (bytes memory) {
        if (caller == PLATFORM) return "";
        return abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, caller, role);
    }

    function _assertWaits(IProviderRegistry.Pending memory pending, Waiting storage one) private view {
        assert(pending.next == one.next && pending.readyAt == one.readyAt);
    }
}
