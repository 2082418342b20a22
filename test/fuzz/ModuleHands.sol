// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IFeeVault} from "../../contracts/interfaces/IFeeVault.sol";
import {IPlatformPause} from "../../contracts/interfaces/IPlatformPause.sol";
import {BlocklistToken} from "../solidity/OddTokens.sol";
import {MoneyBook} from "./MoneyBook.sol";
import {ProviderHands} from "./ProviderHands.sol";
import {Vm} from "./Vm.sol";

/// @title What settlement and escrow have in common: a platform that pauses them, and fees that wait for their receiver
abstract contract ModuleHands is ProviderHands, MoneyBook {
    /// @dev When the platform's pause ends.
    uint256 internal pausedUntil;
    /// @dev Who is on the blocklist of the token that has one.
    mapping(address account => bool) internal isBlocked;
    mapping(address receiver => mapping(address asset => uint256)) internal owed;

    function claim(uint256 random) external {
        address asset = assetOf((random >> 16) % ASSETS);
        address caller = random % 4 == 0 ? STRANGER : random % 4 == 1 ? NEXT_FEE_RECEIVER : FEE_RECEIVER;
        bytes memory refusal;
        if (owed[caller][asset] == 0)
            refusal = abi.encodeWithSelector(IFeeVault.FeeVaultNothingOwed.selector, caller, asset);
        else if (_isShunned(caller, asset)) refusal = _blocked(caller);
        else {
            bytes32[] memory ids = _words(_word(caller), _word(asset));
            _expect(_module(), IFeeVault.FeesClaimed.selector, ids, abi.encode(owed[caller][asset]));
        }
        _step(caller, 0, abi.encodeCall(IFeeVault.claimFees, (asset)), refusal);
    }

    /// @notice The platform's pause, by the guardian or somebody else, and its end by the platform's admin.
    function pause(uint256 random) external {
        address caller = random % 4 == 0 ? STRANGER : PLATFORM;
        bool isEnd = (random >> 8) % 2 == 0;
        bytes memory refusal = _refusesRole(caller, isEnd ? bytes32(0) : keccak256("GUARDIAN_ROLE"));
        if (refusal.length == 0 && isEnd != time < pausedUntil)
            refusal = abi.encodeWithSelector(isEnd ? Pausable.ExpectedPause.selector : Pausable.EnforcedPause.selector);
        bytes memory data = isEnd ? abi.encodeCall(IPlatformPause.unpause, ()) : abi.encodeCall(IPlatformPause.pause, ());
        _ask(caller, _module(), 0, data, refusal);
        if (refusal.length == 0) pausedUntil = isEnd ? 0 : time + 7 days;
        assert(Pausable(_module()).paused() == time < pausedUntil);
    }

    /// @dev The contract that is asked.
    function _module() internal view virtual returns (address);

    /// @dev Books one event of a call that was taken.
    function _bookOne(address caller, Vm.Log memory log) internal virtual;

    function _step(address caller, uint256 value, bytes memory data, bytes memory refusal) internal {
        Vm.Log[] memory logs = _call(caller, _module(), value, data, refusal);
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == IFeeVault.FeeAccrued.selector) _bookOwed(logs[i], true);
            else if (logs[i].topics[0] == IFeeVault.FeesClaimed.selector) _bookOwed(logs[i], false);
            else _bookOne(caller, logs[i]);
        }
    }

    /// @dev A fee waits if its receiver cannot have it, and only then.
    function _expectFee(address asset, uint256 fee) internal {
        if (fee == 0 || !_isShunned(feeReceiver, asset)) return;
        bytes32[] memory ids = _words(_word(feeReceiver), _word(asset));
        _expect(_module(), IFeeVault.FeeAccrued.selector, ids, abi.encode(fee));
    }

    function _block(address account, bool isIt) internal {
        isBlocked[account] = isIt;
        token.blockAccount(account, isIt);
    }

    function _refusesNow() internal view returns (bytes memory) {
        return time < pausedUntil ? abi.encodeWithSelector(Pausable.EnforcedPause.selector) : bytes("");
    }

    function _isShunned(address account, address asset) internal view returns (bool) {
        return asset == address(token) && isBlocked[account];
    }

    function _blocked(address account) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(BlocklistToken.Blocked.selector, account);
    }

    function _uint64(bytes32 topic) internal pure returns (uint64) {
        return uint64(uint256(topic));
    }

    function _address(bytes32 topic) internal pure returns (address) {
        return address(uint160(uint256(topic)));
    }

    /// @dev A fee that waits is with the contract instead of its receiver.
    function _bookOwed(Vm.Log memory log, bool isAccrued) private {
        (address receiver, address asset) = (_address(log.topics[1]), _address(log.topics[2]));
        uint256 amount = abi.decode(log.data, (uint256));
        owed[receiver][asset] = isAccrued ? owed[receiver][asset] + amount : owed[receiver][asset] - amount;
        if (isAccrued) _move(receiver, _module(), asset, amount);
        else _move(_module(), receiver, asset, amount);
    }
}
