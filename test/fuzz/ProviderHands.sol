// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {ProviderId} from "../../contracts/types/ProviderId.sol";
import {ExpectedAnswers} from "./ExpectedAnswers.sol";
import {ProviderModel} from "./ProviderModel.sol";
import {vm} from "./Vm.sol";

/// @title Who turns the keys of providers: their admins, the platform, and whoever would like to
abstract contract ProviderHands is ProviderModel, ExpectedAnswers {
    uint256 public constant GOVERNING = 16;
    bytes32 private constant _FEE_ADMIN = keccak256("FEE_ADMIN_ROLE");

    /// @notice One of the changes that the registry knows, of a provider, by who may make it or by somebody else.
    /// @param kind Which change.
    /// @param random The lowest byte chooses the provider, the next three who asks, the rest is what is asked for.
    function govern(uint256 kind, uint256 random) external {
        uint256 p = random % PROVIDERS;
        bool isForeign = (random >> 8) % 8 == 1;
        random >>= 32;
        kind %= GOVERNING;
        address admin = isForeign ? adminOf(1 - p) : known[p].admin;
        address platform = isForeign ? STRANGER : PLATFORM;
        if (kind < 3) _setKey(p, Right(kind), admin, random);
        if (kind == 3) _setToken(p, admin, random);
        if (kind == 4) _setPaused(p, random % 4 == 0 ? PLATFORM : admin, (random >> 8) % 2 == 0);
        if (kind == 5) _propose(p, Change.Admin, admin, _nextAdmin(p));
        if (kind == 6) _accept(p, isForeign ? STRANGER : _nextAdmin(p));
        if (kind == 7) _object(p, Change.Admin, random % 2 == 0 ? admin : known[p].treasury);
        if (kind == 8) _propose(p, Change.Treasury, admin, treasuryOf(known[p].treasury == treasuryOf(p) ? p + PROVIDERS : p));
        if (kind == 9) _applyTreasury(p, admin);
        if (kind == 10) _object(p, Change.Treasury, random % 2 == 0 ? admin : known[p].treasury);
        if (kind == 11) _propose(p, Change.Recovery, platform, adminOf(p));
        if (kind == 12) _applyRecovery(p, platform);
        if (kind == 13) _object(p, Change.Recovery, random % 2 == 0 ? admin : known[p].treasury);
        if (kind == 14) _setFee(p, platform, random % (FEE_CAP + 2));
        if (kind == 15) _setFeeReceiver(platform, random % 2 == 0 ? FEE_RECEIVER : NEXT_FEE_RECEIVER);
    }

    function _wait(uint256 seconds_) internal {
        time += seconds_;
        vm.warp(time);
    }

    /// @dev Takes the key its right, lets it end within the hour, or gives it for good.
    function _setKey(uint256 p, Right right, address caller, uint256 random) private {
        address key = signerOf(random % 4 == 0 ? p + PROVIDERS : p);
        if (right == Right.Collect) key = COLLECTOR;
        if (right == Right.Refund) key = random % 4 == 0 ? signerOf(1 - p) : REFUNDER;
        uint256 until = (random >> 8) % 4;
        until = until == 0 ? time : until == 1 ? time + 1 hours : FOREVER;
        ProviderId id = ProviderId.wrap(uint64(p));
        bytes memory data = right == Right.Sign ? abi.encodeCall(IProviderRegistry.setSigner, (id, key, uint48(until))) : right ==
            Right.Collect
            ? abi.encodeCall(IProviderRegistry.setCollector, (id, key, uint48(until)))
            : abi.encodeCall(IProviderRegistry.setRefunder, (id, key, uint48(until)));
        if (_tell(caller, data, _refusesAdmin(p, caller))) rightUntil[p][right][key] = until;
    }

    function _setToken(uint256 p, address caller, uint256 random) private {
        address asset = assetOf(1 + (random % (ASSETS - 1)));
        bool isAllowed = (random >> 8) % 4 > 0;
        bytes memory data = abi.encodeCall(IProviderRegistry.setToken, (ProviderId.wrap(uint64(p)), asset, isAllowed, 6));
        if (_tell(caller, data, _refusesAdmin(p, caller))) isListed[p][asset] = isAllowed;
    }

    /// @dev The guardian stops, and does not start again.
    function _setPaused(uint256 p, address caller, bool isPaused) private {
        bytes memory refusal = isPaused && caller == PLATFORM ? bytes("") : _refusesAdmin(p, caller);
        bytes memory data = abi.encodeCall(IProviderRegistry.setProviderPaused, (ProviderId.wrap(uint64(p)), isPaused));
        if (_tell(caller, data, refusal)) known[p].isPaused = isPaused;
    }

    function _propose(uint256 p, Change change, address caller, address next) private {
        ProviderId id = ProviderId.wrap(uint64(p));
        bool isRecovery = change == Change.Recovery;
        bytes memory data = isRecovery ? abi.encodeCall(IProviderRegistry.proposeRecovery, (id, next)) : change == Change.Admin
            ? abi.encodeCall(IProviderRegistry.proposeAdmin, (id, next))
            : abi.encodeCall(IProviderRegistry.proposeTreasury, (id, next));
        if (_tell(caller, data, isRecovery ? _refusesRole(caller, 0) : _refusesAdmin(p, caller)))
            waiting[p][change] = Waiting(next, time + (isRecovery ? 14 days : 2 days));
    }

    function _accept(uint256 p, address caller) private {
        bytes memory refusal = waiting[p][Change.Admin].next != caller
            ? abi.encodeWithSelector(IProviderRegistry.ProviderRegistryNotProposed.selector, p, caller)
            : _refusesInRecovery(p);
        if (refusal.length == 0) refusal = _refusesChange(p, Change.Admin);
        if (!_tell(caller, abi.encodeCall(IProviderRegistry.acceptAdmin, (ProviderId.wrap(uint64(p)))), refusal)) return;
        known[p].admin = caller;
        delete waiting[p][Change.Admin];
    }

    function _applyTreasury(uint256 p, address caller) private {
        bytes memory refusal = _refusesAdmin(p, caller);
        if (refusal.length == 0) refusal = _refusesChange(p, Change.Treasury);
        if (!_tell(caller, abi.encodeCall(IProviderRegistry.applyTreasury, (ProviderId.wrap(uint64(p)))), refusal)) return;
        known[p].treasury = waiting[p][Change.Treasury].next;
        delete waiting[p][Change.Treasury];
    }

    /// @dev What the replaced admin had begun ends with it.
    function _applyRecovery(uint256 p, address caller) private {
        bytes memory refusal = _refusesRole(caller, 0);
        if (refusal.length == 0) refusal = _refusesChange(p, Change.Recovery);
        if (!_tell(caller, abi.encodeCall(IProviderRegistry.applyRecovery, (ProviderId.wrap(uint64(p)))), refusal)) return;
        known[p].admin = waiting[p][Change.Recovery].next;
        for (uint256 i = 0; i < 3; ++i) delete waiting[p][Change(i)];
    }

    function _object(uint256 p, Change change, address caller) private {
        ProviderId id = ProviderId.wrap(uint64(p));
        bytes memory data = change == Change.Recovery
            ? abi.encodeCall(IProviderRegistry.vetoRecovery, (id))
            : change == Change.Admin
                ? abi.encodeCall(IProviderRegistry.cancelAdmin, (id))
                : abi.encodeCall(IProviderRegistry.cancelTreasury, (id));
        if (_tell(caller, data, _refusesObjection(p, change, caller))) delete waiting[p][change];
    }

    /// @dev A rise waits seven days.
    function _setFee(uint256 p, address caller, uint256 bps) private {
        bytes memory refusal = _refusesRole(caller, _FEE_ADMIN);
        if (refusal.length == 0 && bps > FEE_CAP)
            refusal = abi.encodeWithSelector(IProviderRegistry.ProviderRegistryFeeAboveCap.selector, bps, FEE_CAP);
        bytes memory data = abi.encodeCall(IProviderRegistry.setFee, (ProviderId.wrap(uint64(p)), uint16(bps)));
        if (!_tell(caller, data, refusal)) return;
        uint256 current = _feeOf(p);
        known[p].fee = bps > current ? current : bps;
        known[p].nextFee = bps;
        known[p].feeFrom = bps > current ? time + 7 days : time;
    }

    function _setFeeReceiver(address caller, address to) private {
        bytes memory data = abi.encodeCall(IProviderRegistry.setFeeReceiver, (to));
        if (_tell(caller, data, _refusesRole(caller, _FEE_ADMIN))) feeReceiver = to;
    }

    function _nextAdmin(uint256 p) private view returns (address) {
        return adminOf(known[p].admin == adminOf(p) ? p + PROVIDERS : p);
    }

    function _tell(address caller, bytes memory data, bytes memory refusal) private returns (bool) {
        _ask(caller, address(registry), 0, data, refusal);
        return refusal.length == 0;
    }
}
