// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The platform's pause of new payments
/// @notice What pays out, cancels or revokes works while paused, and a pause ends by itself after 7 days. Who may is asked of the registry, so
/// that a stolen key of the platform is revoked once. New payments then revert with `EnforcedPause`.
interface IPlatformPause {
    /// @notice Stops new payments for 7 days. Only a guardian of the registry may, and not while they are stopped.
    function pause() external;

    /// @notice Lets new payments in again. Only the default admin of the registry may.
    function unpause() external;

    /// @notice Until when new payments are stopped, in Unix seconds; in the past or 0 when they are not. The end emits no event.
    function pausedUntil() external view returns (uint48);
}
