// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProviderRegistry} from "./interfaces/IProviderRegistry.sol";
import {ProviderId} from "./types/ProviderId.sol";
import {ADMIN, Roles} from "./types/Roles.sol";

/// @title The admin of a provider, as contracts beside the registry see it
library ProviderAdmin {
    /// @notice Whether a caller is the provider's admin and no recovery waits. As in the registry, an admin that the platform wants to
    /// replace changes nothing before it has objected: its key may be a thief's.
    function isFreeAdmin(IProviderRegistry registry, ProviderId id, address caller) internal view returns (bool) {
        (, , Roles roles) = registry.operable(id, caller);
        return roles.includesAny(ADMIN) && registry.pendingRecovery(id).next == address(0);
    }
}
