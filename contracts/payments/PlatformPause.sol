// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IPlatformPause} from "../interfaces/IPlatformPause.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";

/// @title The pause that `IPlatformPause` describes
abstract contract PlatformPause is IPlatformPause, Pausable {
    uint48 private constant _PAUSE = 7 days;
    bytes32 private constant _DEFAULT_ADMIN_ROLE = 0x00;
    bytes32 private constant _GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    /// @notice Who providers are, and who the platform is.
    IProviderRegistry public immutable registry;

    /// @dev Alone decides: the flag of `Pausable` beside it, in the same slot, stays set when a pause ends by itself.
    uint48 private _pausedUntil;

    constructor(IProviderRegistry registry_) {
        registry = registry_;
    }

    /// @inheritdoc IPlatformPause
    function pause() external {
        _requireRole(_GUARDIAN_ROLE);
        _pause();
        _pausedUntil = uint48(block.timestamp) + _PAUSE;
    }

    /// @inheritdoc IPlatformPause
    function unpause() external {
        _requireRole(_DEFAULT_ADMIN_ROLE);
        _unpause();
        _pausedUntil = 0;
    }

    /// @inheritdoc IPlatformPause
    function pausedUntil() external view returns (uint48) {
        return _pausedUntil;
    }

    /// @notice Are new payments stopped now?
    function paused() public view override returns (bool) {
        return block.timestamp < _pausedUntil;
    }

    function _requireRole(bytes32 role) private view {
        if (!IAccessControl(address(registry)).hasRole(role, msg.sender))
            revert IAccessControl.AccessControlUnauthorizedAccount(msg.sender, role);
    }
}
